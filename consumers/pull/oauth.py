"""The token endpoint and introspection, as values: who has proved what, and the closed code of what was lacking.

A client proves itself by an assertion that counts once. What the errors of RFC 6749 5.2 are called stands beside our
own closed code. Only who has proved to be a client learns that it was revoked, or that its contract is not in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from consumers.pull import access, clients
from consumers.pull.access import LASTS, AccessKeys
from consumers.pull.assertions import TYPE, client_of, proof
from consumers.pull.clients import Client
from consumers.pull.scopes import Right, asked, spelled
from contracts.book import Book
from contracts.change import JAPAN
from contracts.contract import DEPARTMENTAL, Contract
from hub import log
from hub.api.door import Window
from hub.config import Settings
from hub.database import Database
from hub.stops import holds
from hub.ways import PULLED
from hub.wrapping import KeyWrapper

TOKEN: Final = "/oauth2/token"  # noqa: S105 - a path
INTROSPECT: Final = "/oauth2/introspect"
FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of RFC 6749 5.2, and our own code."""

    error: str
    code: str
    status: HTTPStatus = HTTPStatus.BAD_REQUEST


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues tokens. `url`: under which subscribers know it; `window`: how often a client may ask."""

    settings: Settings
    book: Book
    wrapper: KeyWrapper
    database: Database
    keys: AccessKeys
    url: str
    window: Window

    async def token(self, body: bytes, now: datetime) -> dict[str, Any] | Refusal:
        """An access token for what stands in the form `body`."""
        form = read_form(body)
        if isinstance(form, Refusal):
            return form
        if form.get("grant_type") != "client_credentials":
            return Refusal("unsupported_grant_type", "grant-type")
        client = await self.proved(form, now)
        if isinstance(client, Refusal):
            return client
        if code := standing(self.book, client, now):
            return Refusal("unauthorized_client", code, HTTPStatus.FORBIDDEN)
        rights = asked(form.get("scope"), self.settings.system, client.contract, client.rights)
        if not rights:
            return Refusal("invalid_scope", "scope-not-granted")
        return await self._issued(client, rights, now)

    async def introspection(self, body: bytes, now: datetime) -> dict[str, Any] | Refusal:
        """What is known of the token in the form `body`, to the client that it was issued to."""
        form = read_form(body)
        if isinstance(form, Refusal):
            return form
        client = await self.proved(form, now)
        if isinstance(client, Refusal):
            return client
        if "token" not in form:
            return Refusal("invalid_request", "no-token-given")
        found = await access.read(self.keys, form["token"], self.url, now)
        if isinstance(found, str) or found.client != client.id or standing(self.book, client, now):
            return {"active": False}
        return {
            "active": True, "scope": " ".join(found.scopes), "client_id": str(client.id), "token_type": "Bearer",
            "exp": found.expires_at, "iat": found.issued_at, "sub": str(client.id), "aud": self.url, "iss": self.url,
            "jti": found.jti,
        }  # fmt: skip

    async def proved(self, form: Mapping[str, str], now: datetime) -> Client | Refusal:
        """The client whose assertion stands in the form, which is used up by it; TooMany where it asks too often."""
        if form.get("client_assertion_type") != TYPE or "client_assertion" not in form:
            return _unproved("no-assertion")
        assertion = form["client_assertion"]
        number = client_of(assertion)
        client = await clients.found(self.database, number) if number else None
        if client is None or form.get("client_id", str(number)) != str(number):
            return _unproved("assertion-refused")
        found = proof(assertion, client.secret(self.wrapper), client.id, self.url + TOKEN, now)
        if isinstance(found, str):
            return _unproved(found)
        self.window.take(str(client.id), now)  # before anything is kept of it, and once it is proved to be the client
        if not await self.database.execute(clients.SQL["use"], client.id, found.jti, found.expires_at):
            return _unproved("assertion-replayed")
        return client

    async def _issued(self, client: Client, rights: tuple[Right, ...], now: datetime) -> dict[str, Any]:
        scope = spelled(self.settings.system, client.contract, rights)
        token = await access.issued(self.keys, client, scope, self.url, now)
        log.get().info("access-token-issued", contract=client.contract)
        return {
            "access_token": token, "token_type": "Bearer", "expires_in": int(LASTS.total_seconds()), "scope": scope,
        }  # fmt: skip


def standing(book: Book, client: Client, now: datetime) -> str:
    """Why a client may do nothing now; empty where it may."""
    if client.revoked_at is not None:
        return "client-revoked"
    contract = book.contracts.get(client.contract)
    if contract is None or not may_ask(contract, client.rights):
        return "contract-not-pulled"
    if holds(client.stopped_on, contract):
        return "contract-stopped"
    return "" if contract.in_force(now.astimezone(JAPAN).date()) else "contract-not-in-force"


def may_ask(contract: Contract, rights: Iterable[Right]) -> bool:
    """Whether programs of this contract can have these rights: all where it is fetched, else those to keys alone."""
    if contract.via in PULLED:
        return True
    return contract.via in DEPARTMENTAL and {*rights} == {Right.KEYS}


def read_form(body: bytes) -> dict[str, str] | Refusal:
    """The parameters of a form; one that stands there twice is an error (RFC 6749 3.2)."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=_FIELDS,
                          errors="strict")  # fmt: skip
    except ValueError:
        return Refusal("invalid_request", "bad-form")
    if len(dict(pairs)) != len(pairs):
        return Refusal("invalid_request", "parameter-twice")
    return {name: value for name, value in pairs if value}


def _unproved(code: str) -> Refusal:
    log.get().warning("client-unproved", code=code)
    return Refusal("invalid_client", code, HTTPStatus.UNAUTHORIZED)
