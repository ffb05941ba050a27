"""The content keys that were granted to a subscriber: a JWE to its own public key, opened with its private one.

A grant holds every key that existed on its day, the days to come included. So a key of an earlier day that is not in
it was destroyed, and one of a later day was not granted yet. A file that has changed is read again; one that is just
being written, and does not open, leaves what was granted before and is looked at again.
"""

import json
from pathlib import Path
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey

from consumers.subscribe.errors import SubscriptionError

LARGEST: Final = 1_048_576
"""Bytes of a grant: twenty years of daily keys, where the JOSE library would stop after one and a half."""


class Grants(jwe.JWERegistry):
    """What a grant may be sealed with, and how large it may be."""

    max_ciphertext_length = LARGEST


_GRANT: Final = Grants(algorithms=["ECDH-ES+A256KW", "A256GCM"])


class Keys:
    """The keys of one contract. `granted`: what `jukihub keys grant` printed; `private`: the subscriber's own JWK."""

    def __init__(self, granted: Path, private: Path) -> None:
        self._granted, self._private = granted, private
        self._changed: tuple[int, int] | None = None
        self._keys: dict[str, OctKey] = {}

    def find(self, kid: str) -> OctKey | None:
        """The key of this id; None where it is not in the grant, which is read again if its file has changed."""
        if kid not in self._keys:
            self._refresh()
        return self._keys.get(kid)

    def destroyed(self, kid: str) -> bool:
        """Whether the key of this id must have been destroyed: it is not there, and one of a later day is."""
        contract, day = kid.rsplit(".", 1)
        days = [known.rsplit(".", 1)[1] for known in self._keys if known.rsplit(".", 1)[0] == contract]
        return kid not in self._keys and day < max(days, default="")

    def _refresh(self) -> None:
        try:
            seen = self._granted.stat()
            if (changed := (seen.st_mtime_ns, seen.st_ino)) != self._changed:
                self._take(self._opened(), changed)
        except OSError:
            raise SubscriptionError("no-keys", self._granted.name) from None

    def _take(self, keys: dict[str, OctKey] | None, changed: tuple[int, int]) -> None:
        if keys is not None:
            self._keys, self._changed = keys, changed
        elif not self._keys:
            raise SubscriptionError("keys-do-not-open", self._granted.name)

    def _opened(self) -> dict[str, OctKey] | None:
        try:
            private = ECKey.import_key(json.loads(self._private.read_text(encoding="utf-8")))
            granted = jwe.decrypt_compact(self._granted.read_text(encoding="ascii").strip(), private, registry=_GRANT)
            return {each["kid"]: _key(each) for each in json.loads(granted.plaintext or b"")["keys"]}
        except (JoseError, ValueError, KeyError, TypeError):
            return None  # an error of ours is raised elsewhere, so that what was opened is not in the chain of it


def _key(said: dict[str, Any]) -> OctKey:
    return OctKey.import_key({name: said[name] for name in ("kty", "kid", "k")})
