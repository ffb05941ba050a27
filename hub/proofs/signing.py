"""The keys that sign checkpoints: a file per log in HUB_SECRETS, made once, that its owner alone may read.

The name of a key is its log's origin and is fixed with it. Whoever has such a file can sign any tree, so an
auditor's own copy of an earlier checkpoint is what binds its holder.
"""

from pathlib import Path

from hub.config import Settings
from hub.errors import DependencyUnavailable, UsageError
from hub.own_files import is_open_to_others, write_once
from hub.proofs.logs import LEDGER, Log
from hub.proofs.note import Signer


def signer(settings: Settings, log: Log = LEDGER) -> Signer:
    """The key of these settings, made where there is none; DependencyUnavailable where it is not safe."""
    file = settings.secrets_dir / f"{log.name}-key"
    try:
        if not file.exists():
            write_once(file, f"{Signer.new(f'juki-hub/{settings.system}/{log.name}').written()}\n".encode())
        return _read(file)
    except OSError:
        remedy = "Its owner has to reach HUB_SECRETS"
        raise DependencyUnavailable("ledger-key-out-of-reach", file.name, remedy) from None


def _read(file: Path) -> Signer:
    if is_open_to_others(file):
        remedy = "It must be readable by its owner alone (chmod 600)"
        raise DependencyUnavailable("ledger-key-not-safe", file.name, remedy)
    try:
        return Signer.of(file.read_text(encoding="utf-8").strip())
    except (UsageError, UnicodeDecodeError):
        remedy = "Restore the file from where it is kept"
        raise DependencyUnavailable("ledger-key-unreadable", file.name, remedy) from None
