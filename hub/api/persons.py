"""Routes about persons: oneself, the accounts, the audit. A new token is not to be had here: a token makes no other."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from hub import audit
from hub.api.door import APIRouter, Call, Caller, Path, Query
from hub.api.forms import AccountForm, EntryForm, MadeAccount, NewAccount, NewDuties, TokenForm
from hub.people import Act
from hub.registrar import Registrar

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9._-]{1,39}$", description="the name of an account")]

router = APIRouter(tags=["people"])


def _office(caller: Call) -> Registrar:
    return Registrar(caller.database, caller.bearer, caller.now)


@router.get("/me")
async def me(caller: Caller) -> AccountForm:
    """Who you are, by your token."""
    return AccountForm.model_validate((await _office(caller).shown()).as_json())


@router.get("/me/tokens")
async def my_tokens(caller: Caller) -> list[TokenForm]:
    """What is known of your tokens."""
    return [TokenForm.model_validate(one.as_json()) for one in await _office(caller).tokens()]


@router.delete("/me/tokens/{token}", status_code=204)
async def revoke_my_token(caller: Caller, token: UUID) -> None:
    """A token of yours no longer counts."""
    await _office(caller).revoke(token)


@router.get("/people")
async def people(caller: Caller) -> list[AccountForm]:
    """Every account, also those that are retired."""
    return [AccountForm.model_validate(one.as_json()) for one in await _office(caller).everybody()]


@router.post("/people", status_code=201)
async def add(caller: Caller, account: NewAccount) -> MadeAccount:
    """Make an account; its password has to be changed before anything else."""
    made, password = await _office(caller).add(account.name, frozenset(account.duties))
    return MadeAccount.model_validate(made.as_json() | {"password": password})


@router.get("/people/{name}")
async def person(caller: Caller, name: Name) -> AccountForm:
    """One account."""
    return AccountForm.model_validate((await _office(caller).shown(name)).as_json())


@router.put("/people/{name}/duties")
async def duties(caller: Caller, name: Name, given: NewDuties) -> AccountForm:
    """Other duties from now on."""
    return AccountForm.model_validate((await _office(caller).set_duties(name, frozenset(given.duties))).as_json())


@router.post("/people/{name}/retire")
async def retire(caller: Caller, name: Name) -> AccountForm:
    """Neither the account nor its tokens count any more."""
    return AccountForm.model_validate((await _office(caller).retire(name)).as_json())


@router.get("/audit")
async def entries(
    caller: Caller,
    days: Annotated[int, Query(ge=1, le=3660)] = 7,
    person: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9._-]{1,39}$")] = None,
    act: Act | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> list[EntryForm]:
    """Who did or tried what, oldest first."""
    details: dict[str, str | int] = {"days": days, "filter": f"{person or ''} {act or ''}".strip()}
    async with caller.acting(Act.AUDIT_SEE, "audit", details):
        found = await audit.entries(caller.database, caller.now() - timedelta(days=days), person, act, limit)
    return [EntryForm.model_validate(one.as_json()) for one in found]
