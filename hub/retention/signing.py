"""The key that signs certificates (Ed25519): a file in HUB_SECRETS, made once, that its owner alone may read.

What is signed is the canonical JSON (RFC 8785) of the member `certificate`. Whoever has the public key verifies a
document with nothing else; one who is shown a document alone has to know the key from elsewhere.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

import pybase64
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.canonical import canonical
from hub.config import Settings
from hub.errors import DependencyUnavailable, JukiError, UsageError
from hub.own_files import is_open_to_others, write_once

FILE: Final = "certificate-key"
ALGORITHM: Final = "Ed25519"
_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate, as it is kept: canonical bytes, public key, signature."""

    content: bytes
    key: bytes
    signature: bytes

    @property
    def document(self) -> dict[str, Any]:
        """What is handed out."""
        made = {"algorithm": ALGORITHM, "key": text(self.key), "value": text(self.signature)}
        return {"certificate": json.loads(self.content), "signature": made}


def signed(settings: Settings, certificate: dict[str, Any]) -> Signed:
    """The certificate with its signature."""
    key, content = _key(settings), canonical(certificate)
    return Signed(content, key.public_key().public_bytes_raw(), key.sign(content))


def public_key(settings: Settings) -> str:
    """What a verifier needs, in base64url."""
    return text(_key(settings).public_key().public_bytes_raw())


def verified(document: bytes, key: str) -> dict[str, Any]:
    """The certificate in it; JukiError where this key did not sign it as it stands, UsageError where it is no key."""
    try:
        public = Ed25519PublicKey.from_public_bytes(pybase64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
    except ValueError:
        raise UsageError("bad-key", "--key", "As `jukihub erase key` prints it") from None
    try:
        read = json.loads(document)
        certificate, made = read["certificate"], read["signature"]
        value = pybase64.urlsafe_b64decode(made["value"] + "=" * (-len(made["value"]) % 4))
        content = canonical(certificate)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise JukiError("not-a-certificate", "document") from None
    try:
        public.verify(value, content)
    except InvalidSignature:
        raise JukiError("signature-invalid", "document") from None
    found: dict[str, Any] = certificate
    return found


def text(content: bytes) -> str:
    """In base64url without its padding."""
    return pybase64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _key(settings: Settings) -> Ed25519PrivateKey:
    file = settings.secrets_dir / FILE
    if not file.exists():
        write_once(file, Ed25519PrivateKey.generate().private_bytes_raw())
    seed = file.read_bytes()
    if is_open_to_others(file) or len(seed) != _SIZE:
        raise DependencyUnavailable("certificate-key-not-safe", FILE, "32 bytes, readable by its owner alone")
    return Ed25519PrivateKey.from_private_bytes(seed)
