"""Routes about letters and replay: what the command line does, for a console and for other programs.

Nothing is decided here. A plan is made, shown, approved, paused, resumed and cancelled over HTTP, and never run: a run
needs somebody who stays with it (`jukihub replay run`; the README says why). Bodies are closed forms (api_forms.py).
"""

from typing import Annotated
from uuid import UUID

from consumers.api_forms import (
    ClosedForm,
    ClosingForm,
    GroupForm,
    InsideForm,
    LetterForm,
    LettersForm,
    NewCorrection,
    NewDiscard,
    NewPlan,
    NewReveal,
    OverviewForm,
    RevealedForm,
    Time,
    WaitingForm,
)
from consumers.office import Office
from consumers.planning import ALL, Filter
from hub.api.door import APIRouter, Call, Caller, Query
from hub.errors import UsageError

_Contract = Annotated[str | None, Query(max_length=63, pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
_Code = Annotated[str | None, Query(max_length=80, pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
_Limit = Annotated[int, Query(ge=1, le=1000)]
_Since = Annotated[Time | None, Query(description="first failed then or later")]
_Until = Annotated[Time | None, Query(description="first failed before then")]
_Ids = Annotated[list[UUID] | None, Query(alias="id", max_length=100, description="this letter; repeat for more")]


def routes() -> APIRouter:
    """All of them."""
    router = APIRouter()
    router.include_router(_letters())
    router.include_router(_closings())
    router.include_router(_plans())
    return router


def _office(caller: Call) -> Office:
    return Office(caller.settings, caller.database, caller.bearer, caller.now)


def _meant(given: NewDiscard | NewPlan) -> Filter:
    ids = tuple(given.letters) or None
    return Filter(given.contract, given.code, ids, given.since, given.until, given.limit or ALL)


def _letters() -> APIRouter:
    router = APIRouter(prefix="/letters", tags=["letters"])

    @router.get("/groups")
    async def groups(caller: Caller, contract: _Contract = None) -> list[GroupForm]:
        """Dead letters by contract, state and code."""
        return [GroupForm.model_validate(one.as_json()) for one in await _office(caller).groups(contract)]

    @router.get("")
    async def letters(  # noqa: PLR0913 - the filter, one by one
        caller: Caller, contract: _Contract = None, code: _Code = None, since: _Since = None, until: _Until = None,
        ids: _Ids = None, limit: _Limit = 100,
    ) -> LettersForm:  # fmt: skip
        """Dead letters one by one, the oldest first, and how many there are."""
        wanted = Filter(contract or "", code, tuple(ids) if ids else None, since, until, limit)
        found, total = await _office(caller).letters(wanted)
        return LettersForm(total=total, letters=[LetterForm.model_validate(one.as_json()) for one in found])

    @router.get("/{letter}")
    async def inside(caller: Caller, letter: UUID) -> InsideForm:
        """What is in one letter, without a value."""
        return InsideForm.model_validate((await _office(caller).inside(letter)).as_json())

    @router.post("/{letter}/reveal")
    async def reveal(caller: Caller, letter: UUID, given: NewReveal) -> RevealedForm:
        """The values of one letter: counted, and noted before it is answered."""
        return RevealedForm.model_validate(await _office(caller).revealed(letter, given.reason))

    @router.post("/{letter}/corrections", status_code=201)
    async def correct(caller: Caller, letter: UUID, given: NewCorrection) -> ClosingForm:
        """Ask for a letter to be closed, because a later change stands for it."""
        asked = await _office(caller).correct(letter, given.change, given.reason)
        return ClosingForm(request=asked.id, kind=asked.kind, contract=asked.contract, letters=[*asked.letters])

    return router


def _closings() -> APIRouter:
    router = APIRouter(prefix="/closings", tags=["letters"])

    @router.get("")
    async def waiting(caller: Caller) -> list[WaitingForm]:
        """What was asked for and waits for another person's approval."""
        return [WaitingForm.model_validate(one.as_json()) for one in await _office(caller).closings()]

    @router.post("", status_code=201)
    async def discard(caller: Caller, given: NewDiscard) -> ClosingForm:
        """Ask for letters never to be told: these, or those with a code."""
        if not (given.letters or given.code):
            raise UsageError("no-filter", "letters", "Say which letters are meant, by their ids or their code")
        asked = await _office(caller).discard(_meant(given), given.reason)
        return ClosingForm(request=asked.id, kind=asked.kind, contract=asked.contract, letters=[*asked.letters])

    @router.post("/{request}/approval")
    async def approve(caller: Caller, request: UUID) -> ClosedForm:
        """Approve what another person has asked for."""
        asked, count = await _office(caller).approve_closing(request)
        return ClosedForm(request=asked.id, kind=asked.kind, count=count)

    return router


def _plans() -> APIRouter:
    router = APIRouter(prefix="/replays", tags=["replay"])

    @router.get("")
    async def plans(caller: Caller) -> list[OverviewForm]:
        """The newest plans."""
        return [OverviewForm.model_validate(one.as_json()) for one in await _office(caller).plans()]

    @router.post("", status_code=201)
    async def plan(caller: Caller, given: NewPlan) -> OverviewForm:
        """Make a plan; nothing is sent."""
        made = await _office(caller).plan(_meant(given), given.reason)
        return OverviewForm.model_validate(made.as_json())

    @router.get("/{plan}")
    async def shown(caller: Caller, plan: UUID) -> OverviewForm:
        """One plan, with how every letter of it ended."""
        return OverviewForm.model_validate((await _office(caller).shown(plan, every_letter=True)).as_json())

    @router.post("/{plan}/approval")
    async def approve(caller: Caller, plan: UUID) -> OverviewForm:
        """Approve this very set, as somebody who has not asked for it."""
        return OverviewForm.model_validate((await _office(caller).approve(plan)).as_json())

    @router.post("/{plan}/pause")
    async def pause(caller: Caller, plan: UUID) -> OverviewForm:
        """Hand over nothing more of it until it is resumed."""
        return OverviewForm.model_validate((await _office(caller).move(plan, "paused")).as_json())

    @router.post("/{plan}/resumption")
    async def resume(caller: Caller, plan: UUID) -> OverviewForm:
        """Let it go on."""
        return OverviewForm.model_validate((await _office(caller).move(plan, "resumed")).as_json())

    @router.post("/{plan}/cancellation")
    async def cancel(caller: Caller, plan: UUID) -> OverviewForm:
        """End it; what was not handed over stays a dead letter."""
        return OverviewForm.model_validate((await _office(caller).move(plan, "cancelled")).as_json())

    return router
