"""Access tokens: signed JWTs (RFC 9068) of five minutes, one key per day, kept wrapped by the KEK.

A token says which client, which contract and which scopes, and nothing else. That it is signed is not enough: whoever
is shown one asks the database whether its client still counts, each time, so that a revoked client stops at once.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from consumers.pull.clients import SQL, Client
from contracts.change import JAPAN
from hub.database import Database
from hub.wrapping import KeyWrapper, kek_of

LASTS: Final = timedelta(minutes=5)
ALGORITHM: Final = "HS256"
TYPE: Final = "at+jwt"
_NO_TOKEN: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What the library and ourselves stumble over in what is no token of ours: a header may be any JSON."""
LARGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Access:
    """What a token says. `scopes`: as they are spelled."""

    client: UUID
    contract: str
    scopes: tuple[str, ...]
    jti: str
    issued_at: int
    expires_at: int


class AccessKeys:
    """The keys that access tokens are signed with, by day; each is unwrapped once."""

    def __init__(self, database: Database, wrapper: KeyWrapper) -> None:
        self._database = database
        self._wrapper = wrapper
        self._known: dict[str, OctKey] = {}

    async def of(self, day: date) -> tuple[str, OctKey]:
        """The key of a day and its name, made where there is none; of two who make it both get the same."""
        kid = day.isoformat()
        if kid not in self._known and await self.named(kid) is None:
            wrapped = self._wrapper.wrap(os.urandom(32), _bound(kid))
            await self._database.execute(SQL["new_access_key"], kid, wrapped, kek_of(wrapped))
            await self.named(kid)
        return kid, self._known[kid]

    async def named(self, kid: str) -> OctKey | None:
        """The key of this name, if there is one."""
        if kid not in self._known:
            wrapped = await self._database.fetchval(SQL["access_key"], kid)
            if wrapped is None:
                return None
            self._known[kid] = OctKey.import_key(self._wrapper.unwrap(wrapped, _bound(kid)))
        return self._known[kid]


async def issued(keys: AccessKeys, client: Client, scopes: str, issuer: str, now: datetime) -> str:
    """A token for `client`, to be shown to `issuer` alone."""
    kid, key = await keys.of(_day(now))
    at = int(now.timestamp())
    claims = {
        "iss": issuer, "aud": issuer, "sub": str(client.id), "client_id": str(client.id), "contract": client.contract,
        "scope": scopes, "iat": at, "exp": at + int(LASTS.total_seconds()), "jti": str(uuid4()),
    }  # fmt: skip
    return jwt.encode({"typ": TYPE, "alg": ALGORITHM, "kid": kid}, claims, key, algorithms=[ALGORITHM])


async def read(keys: AccessKeys, token: str, issuer: str, now: datetime) -> Access | str:
    """What a token says, or why it does not count: token-unknown, token-expired. Whose it is may be revoked since."""
    kid = _kid(token)
    key = await keys.named(kid) if kid else None
    if key is None:
        return "token-unknown"
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        found = _access(claims, issuer)
    except _NO_TOKEN:
        return "token-unknown"
    return found if now.timestamp() < found.expires_at else "token-expired"


def _access(claims: Mapping[str, Any], issuer: str) -> Access:
    if (claims["iss"], claims["aud"]) != (issuer, issuer):
        raise ValueError
    return Access(UUID(claims["client_id"]), claims["contract"], tuple(claims["scope"].split(" ")), claims["jti"],
                  claims["iat"], claims["exp"])  # fmt: skip


def _kid(token: str) -> str | None:
    """The day whose key a token names; None where it is none of our form."""
    if len(token) > LARGEST or not token.isascii():
        return None
    try:
        header = jws.extract_compact(token.encode()).headers()
        fits = (header.get("typ"), header.get("alg")) == (TYPE, ALGORITHM)
        return date.fromisoformat(header["kid"]).isoformat() if fits else None
    except _NO_TOKEN:
        return None


def _day(now: datetime) -> date:
    return now.astimezone(JAPAN).date()


def _bound(kid: str) -> str:
    """Under which a key is wrapped, so that no other can stand in for it."""
    return f"access:{kid}"
