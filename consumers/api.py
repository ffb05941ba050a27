"""Routes about letters and replay: what the command line does, for a console and for other programs.

Nothing is decided here. Running a plan is a matter of minutes and belongs to `jukihub replay run`; over HTTP a plan is
made, shown, approved, paused, resumed and cancelled. Bodies are closed forms (api_forms.py).
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
)
from consumers.office import Office
from consumers.planning import Filter
from hub.api.door import APIRouter, Call, Caller, Query

_Contract = Annotated[str | None, Query(max_length=63, pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
_Code = Annotated[str | None, Query(max_length=80, pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]
_Limit = Annotated[int, Query(ge=1, le=1000)]


def routes() -> APIRouter:
    """All of them."""
    router = APIRouter()
    router.include_router(_letters())
    router.include_router(_closings())
    router.include_router(_plans())
    return router


def _office(caller: Call) -> Office:
    return Office(caller.settings, caller.database, caller.bearer, caller.now)


def _letters() -> APIRouter:
    router = APIRouter(prefix="/letters", tags=["letters"])

    @router.get("/groups")
    async def groups(caller: Caller, contract: _Contract = None) -> list[GroupForm]:
        """Dead letters by contract, state and code."""
        return [GroupForm.model_validate(one.as_json()) for one in await _office(caller).groups(contract)]

    @router.get("")
    async def letters(
        caller: Caller, contract: _Contract = None, code: _Code = None, limit: _Limit = 100
    ) -> LettersForm:
        """Dead letters one by one, the oldest first, and how many there are."""
        found, total = await _office(caller).letters(Filter(contract or "", code, limit=limit))
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

    @router.post("", status_code=201)
    async def discard(caller: Caller, given: NewDiscard) -> ClosingForm:
        """Ask for letters never to be told."""
        wanted = Filter(given.contract, ids=tuple(given.letters))
        asked = await _office(caller).discard(wanted, given.reason)
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
        wanted = Filter(given.contract, given.code, tuple(given.letters) or None)
        return OverviewForm.model_validate((await _office(caller).plan(wanted, given.reason)).as_json())

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
