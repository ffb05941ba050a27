"""What a client proves itself with: a JWT under its own secret (`client_secret_jwt`; RFC 7523, OpenID Connect Core 9).

Pure, and the one place where such a JWT is read. HS256 and nothing else; issuer and subject are the client; the
audience is our token endpoint and nobody else; it ends within five minutes, and has an id that counts once (which is
for the caller to remember). Until the signature has been verified nothing of it is believed but which client it is of.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHM: Final = "HS256"
LONGEST: Final = timedelta(minutes=5)
SKEW: Final = timedelta(seconds=30)
"""By how much the client's clock may be ahead of ours."""

LARGEST: Final = 4096
_JTI: Final = re.compile(r"[\x21-\x7e]{16,128}")


@dataclass(frozen=True, slots=True)
class Proof:
    """An assertion that holds. `jti`: counts once until `expires_at`."""

    jti: str
    expires_at: datetime


def client_of(assertion: str) -> UUID | None:
    """The client that `assertion` claims to be of; None where it is nothing that we could verify."""
    if len(assertion) > LARGEST or not assertion.isascii():
        return None
    try:
        read = jws.extract_compact(assertion.encode())
        claims = json.loads(read.payload)
        return UUID(claims["sub"]) if read.headers().get("alg") == ALGORITHM else None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def proof(assertion: str, secret: str, client: UUID, audience: str, now: datetime) -> Proof | str:
    """The proof, or the closed code of what it lacks. One code says all that is wrong before the signature holds."""
    try:
        read = jwt.decode(assertion, OctKey.import_key(secret), algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "assertion-refused"
    return judged(read.claims, client, audience, now)


def judged(claims: Mapping[str, Any], client: UUID, audience: str, now: datetime) -> Proof | str:
    """The same of verified claims."""
    if claims.get("iss") != str(client) or claims.get("sub") != str(client):
        return "assertion-not-own"
    if claims.get("aud") not in (audience, [audience]):
        return "assertion-of-another-audience"
    jti, ends = claims.get("jti"), _time(claims.get("exp"))
    if not isinstance(jti, str) or _JTI.fullmatch(jti) is None:
        return "assertion-without-id"
    if ends is None or ends > now + LONGEST + SKEW:
        return "assertion-too-long"
    begins = [_time(claims[name]) for name in ("iat", "nbf") if name in claims]
    if ends <= now or any(begin is None or begin > now + SKEW for begin in begins):
        return "assertion-not-in-time"
    return Proof(jti, ends)


def _time(seconds: Any) -> datetime | None:
    """A NumericDate; None where it is none of this age of the world."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 2**33:
        return None
    return datetime.fromtimestamp(seconds, UTC)
