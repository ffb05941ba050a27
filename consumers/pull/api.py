"""The routes of REST pull: a token, what the contract permits, what is told, acknowledging it, and the keys to it.

Whoever fetches is a program of a subscriber, no account of a person: it has one contract, and sees nothing of any
other. Each request asks the database anew whether the client and the contract still count; somebody who waits is asked
for as well, before anything is handed out. The description (OpenAPI) is checked in beside this module.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import orjson

from consumers.pull import handing, permitted
from consumers.pull.acknowledge import acknowledge, wanted
from consumers.pull.caller import Caller, Pull, address, calling_at
from consumers.pull.feeds import LONGEST
from consumers.pull.forms import (
    AcknowledgementForm,
    ContractForm,
    IntrospectionAnswer,
    NewAcknowledgement,
    PageForm,
    TokenAnswer,
)
from consumers.pull.oauth import FORM, INTROSPECT, TOKEN, Refusal
from consumers.pull.pages import Page, page
from consumers.pull.scopes import Right
from contracts.change import JAPAN
from hub.api.door import APIRouter, Hub, Query, Request, Response
from hub.api.door import Path as InPath
from hub.api.machines import Depends, Header
from hub.api.problems import FOREIGN, MEDIA, SCHEMA, problem
from hub.api.service import Service
from hub.errors import UsageError

DOCUMENT: Final = Path(__file__).with_name("openapi.json")
"""The description as it is checked in: `jukihub run pull --describe`."""

LARGEST_BODY: Final = 160 * 1024
"""A thousand acknowledgements, and as many refusals."""

MOST: Final = 500
"""Disclosures on one page."""

JOSE: Final = "application/jose"
_JSON: Final = "application/json"
_ABOUT: Final = "What one subscriber's contract permits and tells, sealed, and its acknowledgement."
_OAUTH: Final[dict[str, Any]] = {**SCHEMA, "properties": {
    **SCHEMA["properties"], "error": {"type": "string", "description": "as RFC 6749 5.2 calls it"},
}}  # fmt: skip
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    "default": {"description": "Refused: a problem with a closed code", "content": {MEDIA: {"schema": _OAUTH}}},
}
_PROOF: Final[dict[str, Any]] = {
    "client_assertion_type": {"const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
    "client_assertion": {"type": "string", "description": "HS256 under the secret; iss = sub = client_id, aud = the "
                         "URL of the token endpoint, exp within five minutes, jti used once"},
    "client_id": {"type": "string", "format": "uuid"},
}  # fmt: skip
_UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The same as under If-None-Match"}}
_HANDED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A JWE compact with a JWK set", "content": {JOSE: {"schema": {"type": "string"}}}},
    410: {"description": "Destroyed, for good: what it sealed is erased", "content": {MEDIA: {"schema": SCHEMA}}},
}
_KID: Final = r"^(all|[a-z0-9-]{1,63}\.[0-9]{4}-[0-9]{2}-[0-9]{2})$"
_PRINT: Final = "^[A-Za-z0-9_-]{43}$"
_Known = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]


def service(pull: Pull) -> Service:
    """The service of one process."""
    return Service("pull", "juki-hub: REST pull", _ABOUT, lambda: [routes(pull)], None, LARGEST_BODY, "")


def routes(pull: Pull) -> APIRouter:
    """All of them."""
    router = APIRouter()
    router.include_router(_oauth(pull))
    router.include_router(_contract(pull))
    router.include_router(_disclosures(pull))
    router.include_router(_keys(pull))
    return router


def _oauth(pull: Pull) -> APIRouter:
    router = APIRouter(tags=["oauth2"])

    @router.post(TOKEN, responses={200: {"model": TokenAnswer}, **_REFUSED}, openapi_extra=_form(
        {"grant_type": {"const": "client_credentials"}, **_PROOF, "scope": {"type": "string"}}, "grant_type"
    ))  # fmt: skip
    async def token(request: Request) -> Response:
        """An access token of five minutes, for a client that proves itself (`client_secret_jwt`)."""
        return await _proved(request, lambda body, hub: pull.issuer(hub).token(body, hub.now()))

    @router.post(INTROSPECT, responses={200: {"model": IntrospectionAnswer}, **_REFUSED}, openapi_extra=_form(
        {"token": {"type": "string"}, "token_type_hint": {"type": "string"}, **_PROOF}, "token"
    ))  # fmt: skip
    async def introspect(request: Request) -> Response:
        """Whether a token of the client's own counts, and what it says (RFC 7662)."""
        return await _proved(request, lambda body, hub: pull.issuer(hub).introspection(body, hub.now()))

    return router


def _contract(pull: Pull) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["contract"])
    calling = calling_at(pull)

    @router.get("/contracts/{contract}", responses={200: {"model": ContractForm}, **_UNCHANGED})
    async def contract(
        caller: Annotated[Caller, Depends(calling)],
        contract: Annotated[str, InPath(max_length=63, description="`me`, or the id of one's own contract")],
        known: _Known = None,
    ) -> Response:
        """What one's contract permits: items with their articles, kinds heard, population, in force."""
        caller.allow(Right.CONTRACT)
        if contract not in {"me", caller.contract.id}:
            raise UsageError("unknown-contract", "contract")
        today = caller.hub.now().astimezone(JAPAN).date()
        topic = caller.feed.topic
        said = orjson.dumps(permitted.document(pull.book, caller.contract, topic, today))
        return _answer(said, '"' + hashlib.sha256(said).hexdigest()[:32] + '"', known)

    return router


def _disclosures(pull: Pull) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["disclosures"])
    calling = calling_at(pull)

    @router.get("/disclosures", responses={200: {"model": PageForm}, **_UNCHANGED})
    async def disclosures(
        caller: Annotated[Caller, Depends(calling)], cursor: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
        wait: Annotated[int, Query(ge=0, le=LONGEST, description="seconds until there is something new")] = 0,
        known: _Known = None,
    ) -> Response:  # fmt: skip
        """What was told and is not acknowledged, oldest first, sealed as it lies. Without a cursor from the first on.

        With `wait` the answer comes as soon as there is something, or something else than under If-None-Match.
        """
        caller.allow(Right.DISCLOSURES)
        found = await _looked(caller, cursor, limit, wait, known)
        last = str(found.cursor) if found.cursor else None
        said = {"items": found.items, "cursor": last, "more": found.more, "earlier": found.earlier}
        return _answer(orjson.dumps(said), found.etag, known)

    @router.post("/acknowledgements", responses={200: {"model": AcknowledgementForm}})
    async def acknowledged(caller: Annotated[Caller, Depends(calling)], given: NewAcknowledgement) -> Response:
        """Say what was taken and what was refused: all of it counts, or (409, 404) nothing. A repeat does nothing."""
        caller.allow(Right.ACKNOWLEDGE)
        receipt = uuid4()
        said = wanted(given.delivered, [(one.id, one.code) for one in given.refused], str(receipt))
        if not said:
            raise UsageError("empty", "acknowledgement")
        opener, where = caller.feed.opener, caller.contract.id
        settled = await acknowledge(caller.hub.database, opener, caller.settler, where, said)
        return Response(orjson.dumps({"receipt": receipt, "settled": settled}), media_type=_JSON)

    return router


def _keys(pull: Pull) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["keys"])
    calling = calling_at(pull)

    @router.get("/keys/{kid}", response_class=Response, responses=_HANDED)
    async def key(
        caller: Annotated[Caller, Depends(calling)],
        kid: Annotated[str, InPath(pattern=_KID, description="as a token's header names it; `all`: each there is")],
        to: Annotated[str | None, Query(pattern=_PRINT, description="thumbprint (RFC 7638); else the newest")] = None,
    ) -> Response:
        """A content key of one's own contract, sealed to a public key that two persons have registered."""
        caller.allow(Right.KEYS)
        who, hub = (caller.contract.id, caller.access.client), caller.hub
        sealed = await handing.handed(hub.database, caller.keys, *who, kid, to, hub.now())
        return Response(sealed, media_type=JOSE)

    return router


async def _looked(caller: Caller, cursor: UUID | None, limit: int, wait: int, known: str | None) -> Page:
    feed, settler, contract = caller.feed, caller.settler, caller.contract.id

    async def fetched() -> Page:
        return await page(caller.hub.database, feed.keys, settler, contract, feed.topic, cursor, limit)

    async def look() -> Page:
        await caller.check()  # each time: who waits may have been revoked
        return await fetched()

    def enough(found: Page) -> bool:
        return bool(found.items) and not _same(known, found.etag)

    if not wait:
        return await fetched()
    async with caller.pull.waiters.one(str(caller.access.client)):
        return await feed.until(look, enough, wait)


async def _proved(
    request: Request, answered: Callable[[bytes, Hub], Awaitable[dict[str, Any] | Refusal]]
) -> Response:  # fmt: skip
    """The answer to a form in which a client has proved itself, or a problem that also says what OAuth calls it."""
    if request.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower() != FORM:
        return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, FOREIGN[415], error="invalid_request")
    hub: Hub = request.app.state.hub
    found = await answered(await request.body(), hub)
    if not isinstance(found, Refusal):
        return Response(orjson.dumps(found), media_type=_JSON)
    if found.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.BAD_REQUEST}:
        hub.failures.take(address(request), hub.now())
    return problem(found.status, found.code, error=found.error)


def _answer(said: bytes, etag: str, known: str | None) -> Response:
    if _same(known, etag):
        return Response(status_code=304, headers={"ETag": etag})
    return Response(said, media_type=_JSON, headers={"ETag": etag})


def _same(known: str | None, etag: str) -> bool:
    return known is not None and not {"*", etag}.isdisjoint(
        part.strip().removeprefix("W/") for part in known.split(",")
    )


def _form(properties: Mapping[str, Any], *needed: str) -> dict[str, Any]:
    required = [*needed, "client_assertion_type", "client_assertion"]
    schema = {"type": "object", "required": required, "properties": dict(properties)}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}, "security": []}
