"""A file is sealed in pieces (JWE compact, `dir`, A256GCM), each bound to its place by its protected header.

`typ` says what it is, `aud` for which contract, `file` in which file, `piece` and `last` where in it, `kid` under which
content key, `ctr` under which contract hash. So what was cut off, swapped, repeated or brought from another file does
not open as what it is taken for; and no token of a topic passes for a piece, nor the other way round. Piece 0 is
that of the manifest. A piece is padded with spaces behind its last end of line, as tokens are. It is far larger than
what the library opens unless it is told: whoever reads allows `LARGEST`, as infra/examples/tax_files.py does.
"""

from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from hub import metrics
from hub.errors import TokenRefused
from hub.seal import ContentKey, padded

PIECE: Final = "juki-file"
MANIFEST: Final = "juki-file-manifest"
LARGEST: Final = 8 * 2**20
"""Bytes of base64url in the longest ciphertext: a piece has 1.4 MiB; a manifest of a thousand pieces half a MiB."""


class Sealing(jwe.JWERegistry):
    """What a piece may be sealed with, and how large it may be."""

    max_ciphertext_length = LARGEST


_JWE: Final = Sealing(algorithms=["dir", "A256GCM"], strict_check_header=False)  # members of our own


@dataclass(frozen=True, slots=True)
class Binding:
    """What every piece of one file is bound to. `ctr`: hash of the contract; `iat`: seconds since 1970."""

    contract: str
    file: str
    kid: str
    ctr: str
    iat: int

    def header(self, piece: int, *, last: bool) -> dict[str, Any]:
        """The protected header of one piece; 0 is the manifest's."""
        return {
            "alg": "dir", "enc": "A256GCM", "typ": PIECE if piece else MANIFEST, "kid": self.kid, "aud": self.contract,
            "file": self.file, "piece": piece, "last": last, "iat": self.iat, "ctr": self.ctr,
        }  # fmt: skip


def sealed(key: ContentKey, binding: Binding, piece: int, payload: bytes, *, last: bool) -> bytes:
    """One piece."""
    metrics.SEALS.labels(binding.contract).inc()
    header = binding.header(piece, last=last)
    return jwe.encrypt_compact(header, padded(payload), OctKey.import_key(key.key), registry=_JWE).encode()


def opened(key: ContentKey, binding: Binding, piece: int, token: bytes, *, last: bool) -> bytes:
    """What lies under the seal of this very piece, padded as it is; TokenRefused where it is another one or altered."""
    try:
        found = jwe.decrypt_compact(token, OctKey.import_key(key.key), registry=_JWE)
    except (JoseError, ValueError):
        raise TokenRefused("altered-token") from None
    if found.headers() != binding.header(piece, last=last):
        raise TokenRefused("moved-token")
    return found.plaintext or b""
