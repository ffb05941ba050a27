"""Handing content keys to a subscriber: a JWE to the subscriber's own public key (RFC 7516, RFC 7517).

`ECDH-ES+A256KW` with `A256GCM`. The plaintext is a JWK set with one `oct` key per day; `kid` is that of the tokens.
Whoever copied its keys keeps them: destruction of ours does not reach a copy, the subscriber's receipt does.
"""

import orjson
import pybase64
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from hub.errors import UsageError
from hub.keys import KeyStore


async def grant(keys: KeyStore, contract: str, public_jwk: bytes) -> str:
    """A JWE compact with every content key of `contract` that exists, readable by the holder of the private key."""
    recipient = _recipient(public_jwk)
    members = [
        {"kty": "oct", "kid": key.kid, "use": "enc", "k": pybase64.urlsafe_b64encode(key.key).rstrip(b"=").decode()}
        for key in await keys.content_keys(contract)
    ]
    return jwe.encrypt_compact(
        {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}, orjson.dumps({"keys": members}), recipient,
        algorithms=["ECDH-ES+A256KW", "A256GCM"],
    )  # fmt: skip


def _recipient(public_jwk: bytes) -> ECKey:
    try:
        read = orjson.loads(public_jwk)
        if "d" in read:
            raise UsageError("private-key-given", "--to")
        return ECKey.import_key(read)
    except (ValueError, TypeError, JoseError):
        raise UsageError("not-a-public-jwk", "--to") from None
