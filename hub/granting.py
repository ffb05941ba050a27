"""Handing content keys to a subscriber: a JWE to the subscriber's own public key (RFC 7516, RFC 7517).

`ECDH-ES+A256KW` with `A256GCM`. The plaintext is a JWK set with one `oct` key per day; `kid` is that of the tokens.
Whoever copied its keys keeps them: destruction of ours does not reach a copy, the subscriber's receipt does.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import orjson
import pybase64
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from hub.errors import UsageError
from hub.keys import KeyStore
from hub.seal import ContentKey


async def grant(keys: KeyStore, contract: str, to: ECKey, days: Iterable[date] = ()) -> str:
    """A JWE compact with every content key of `contract` that exists, readable by the holder of the private key.

    The keys of `days` are made where they do not exist yet.
    """
    for day in days:
        await keys.content_key(contract, day)
    return sealed_to(to, await keys.content_keys(contract))


def days_from(today: date, ahead: int) -> list[date]:
    """Today, and so many days to come."""
    return [today + timedelta(days=number) for number in range(ahead + 1)]


def sealed_to(to: ECKey, keys: Sequence[ContentKey]) -> str:
    """A JWE compact with these keys."""
    members = [
        {"kty": "oct", "kid": key.kid, "use": "enc", "k": pybase64.urlsafe_b64encode(key.key).rstrip(b"=").decode()}
        for key in keys
    ]
    return jwe.encrypt_compact(
        {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}, orjson.dumps({"keys": members}), to,
        algorithms=["ECDH-ES+A256KW", "A256GCM"],
    )  # fmt: skip


def recipient(public_jwk: bytes) -> ECKey:
    """The public key of a JWK; UsageError where it is none, or a private one."""
    try:
        read = orjson.loads(public_jwk)
        if "d" in read:
            raise UsageError("private-key-given", "--to")
        return ECKey.import_key(read)
    except (ValueError, TypeError, JoseError):
        raise UsageError("not-a-public-jwk", "--to") from None
