"""The key that signs the ledger's checkpoints: a file in HUB_SECRETS, made once, that its owner alone may read.

Its name is the ledger's origin and is fixed with it. Whoever has this file can sign any tree, so an auditor's own copy
of an earlier checkpoint is what binds its holder.
"""

from pathlib import Path
from typing import Final

from hub.config import Settings
from hub.errors import DependencyUnavailable, UsageError
from hub.kek.files import write_once
from hub.proofs.note import Signer

FILE: Final = "ledger-key"
_OPEN_TO_OTHERS: Final = 0o077


def signer(settings: Settings) -> Signer:
    """The key of these settings, made where there is none; DependencyUnavailable where it is not safe."""
    file = settings.secrets_dir / FILE
    try:
        if not file.exists():
            write_once(file, f"{Signer.new(f'juki-hub/{settings.system}/ledger').written()}\n".encode())
        return _read(file)
    except OSError:
        raise DependencyUnavailable("ledger-key-out-of-reach", FILE, "Its owner has to reach HUB_SECRETS") from None


def _read(file: Path) -> Signer:
    if file.stat().st_mode & _OPEN_TO_OTHERS:
        raise DependencyUnavailable("ledger-key-not-safe", FILE, "It must be readable by its owner alone (chmod 600)")
    try:
        return Signer.of(file.read_text(encoding="utf-8").strip())
    except (UsageError, UnicodeDecodeError):
        raise DependencyUnavailable("ledger-key-unreadable", FILE, "Restore the file from where it is kept") from None
