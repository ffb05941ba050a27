"""Routes about quarantine: who waits, asking for a release, and approving what another person has asked for."""

from uuid import UUID

from hub.acts import new_release
from hub.api.door import APIRouter, Call, Caller
from hub.api.forms import ActForm, LineForm, NewRelease, RequestForm
from hub.desk import Desk

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


def _desk(caller: Call) -> Desk:
    return Desk(caller.settings, caller.database, caller.bearer, caller.now, listing=caller.hub.listing)


@router.get("")
async def lines(caller: Caller) -> list[LineForm]:
    """One line per parked resident. Never who, never what."""
    return [LineForm.model_validate(one.as_json()) for one in await _desk(caller).lines()]


@router.get("/requests")
async def requests(caller: Caller) -> list[RequestForm]:
    """What waits for another person's approval."""
    return [RequestForm.model_validate(one.as_json()) for one in await _desk(caller).requests()]


@router.post("/requests", status_code=201)
async def ask(caller: Caller, given: NewRelease) -> RequestForm:
    """Ask for what waits in one line to be routed again; nothing happens until another person approves it."""
    release = new_release(given.partition, given.offset, given.discarded)
    return RequestForm.model_validate((await _desk(caller).ask(release, given.reason)).as_json())


@router.post("/requests/{request}/approval", status_code=202)
async def approve(caller: Caller, request: UUID) -> ActForm:
    """Approve what another person has asked for; the router then carries it out."""
    act = await _desk(caller).approve(request)
    return ActForm(act=act.id, partition=act.partition, offset=act.letter)
