"""The content keys of a subscriber, fetched from the hub one by one as tokens name them: a Keyring without any file.

The program proves itself by `client_secret_jwt` and gets each key as a JWE to its own registered public key. A key that
the hub says was destroyed (410) is gone for good: what it sealed is erased, and the feed goes on. Whatever else keeps a
key from coming (network, limit, a key that was not registered yet) leaves it wanted: it is asked for again after a
while, and nothing is skipped.
"""

import json
import time
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from joserfc import jwe, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from consumers.subscribe.errors import SubscriptionError

SECONDS: Final = 10.0
"""For an answer of the hub."""

ASK_AGAIN_SECONDS: Final = 60.0
"""Until a key that did not come is asked for again: the hub answers a contract so many times an hour."""

LARGEST: Final = 1_048_576
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SEALED: Final = jwe.JWERegistry(algorithms=["ECDH-ES+A256KW", "A256GCM"])
_MEMBERS: Final = ("kty", "kid", "k")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

Answer = tuple[int, bytes]


class KeyService:
    """The keys of one contract. `url`: of the hub's pull API; `private`: the file of the subscriber's own JWK."""

    def __init__(self, url: str, client_id: str, client_secret: str, private: Path) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise SubscriptionError("not-encrypted", "url")
        self._url, self._client, self._secret, self._private = url.rstrip("/"), client_id, client_secret, private
        self._keys: dict[str, OctKey] = {}
        self._gone: set[str] = set()
        self._due: dict[str, float] = {}
        self._token = ""

    def find(self, kid: str) -> OctKey | None:
        """The key of this id; None where it does not come (now), or never will."""
        if kid not in self._keys and kid not in self._gone and time.monotonic() >= self._due.get(kid, 0.0):
            self._ask(kid)
        return self._keys.get(kid)

    def destroyed(self, kid: str) -> bool:
        """Whether the hub has said that it is gone for good."""
        return kid in self._gone

    def _ask(self, kid: str) -> None:
        self._due[kid] = time.monotonic() + ASK_AGAIN_SECONDS
        status, body = self._fetched(kid)
        if status == HTTPStatus.UNAUTHORIZED:  # the token is over
            self._token = ""
            status, body = self._fetched(kid)
        if status == HTTPStatus.GONE:
            self._gone.add(kid)
        elif status == HTTPStatus.OK:
            self._keys |= self._opened(body)

    def _fetched(self, kid: str) -> Answer:
        self._token = self._token or self._new_token()
        if not self._token:
            return 0, b""
        return self._sent(f"/v1/keys/{kid}", {"Authorization": f"Bearer {self._token}"}, None)

    def _new_token(self) -> str:
        now, where = int(time.time()), f"{self._url}/oauth2/token"
        own = self._client
        claims = {"iss": own, "sub": own, "aud": where, "iat": now, "exp": now + 60, "jti": str(uuid4())}
        assertion = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self._secret))
        form = {"grant_type": "client_credentials", "client_assertion_type": _ASSERTION, "client_assertion": assertion}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        status, body = self._sent("/oauth2/token", kind, urlencode(form).encode())
        return str(_said(body).get("access_token", "")) if status == HTTPStatus.OK else ""

    def _sent(self, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Status and body of the answer; 0 where there was none."""
        request = urllib.request.Request(self._url + path, body, dict(headers))  # noqa: S310 - checked when it was made
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
                return answer.status, answer.read(LARGEST)
        except HTTPError as refused:
            with refused:
                return refused.code, b""
        except OSError:
            return 0, b""

    def _opened(self, sealed: bytes) -> dict[str, OctKey]:
        """The keys in it; none where it does not open with our own: then they stay wanted."""
        try:
            private = ECKey.import_key(json.loads(self._private.read_text(encoding="utf-8")))
            plain = jwe.decrypt_compact(sealed, private, registry=_SEALED).plaintext or b""
            return {one["kid"]: OctKey.import_key({n: one[n] for n in _MEMBERS}) for one in _said(plain)["keys"]}
        except (JoseError, OSError, ValueError, KeyError, TypeError):
            return {}


def _said(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
