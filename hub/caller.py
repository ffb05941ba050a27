"""Who types the command: the person whose token is in HUB_TOKEN, or in the file that `jukihub people login` wrote.

The file is refused where others could read it. This is the command line's way to prove who one is; the HTTP API has
its own (the same token as a bearer), and a console will have a third. What the person may do is decided elsewhere.
"""

import os
from datetime import datetime
from pathlib import Path
from typing import Final

from hub import tokens
from hub.config import Settings
from hub.database import Database
from hub.errors import NotPermitted
from hub.own_files import is_open_to_others
from hub.people import Person
from hub.tokens import Bearer

_REVOKE: Final = "Others could read it: revoke the token, and log in again"


async def caller(settings: Settings, database: Database, now: datetime) -> Person:
    """The person who calls; NotPermitted: no-token, token-unknown, token-expired, token-revoked, account-retired."""
    found = await present(settings, database, now)
    found.check()
    return found.person


async def present(settings: Settings, database: Database, now: datetime) -> Bearer:
    """Whose token it is, whether it still counts or not; NotPermitted where it is nobody's."""
    return await tokens.bearer(database, _token(settings), now)


def has_token(settings: Settings) -> bool:
    """Whether somebody has logged in here, or a token is in the environment; nothing is said about what it is worth."""
    return bool(_token(settings))


def token_file(settings: Settings) -> Path:
    """Where `jukihub people login` puts the token."""
    return settings.token_file or Path.home() / ".config" / "jukihub" / "token"


def write(file: Path, token: str) -> None:
    """The token into `file`, which its owner alone can read from its first moment on."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as opened:
        opened.write(f"{token}\n")
    draft.replace(file)


def _token(settings: Settings) -> str:
    return settings.token.get_secret_value() or written(token_file(settings), "token-file-open", _REVOKE)


def written(file: Path, code: str, remedy: str) -> str:
    """The secret in `file`, empty where there is none; NotPermitted under `code` where others could read it."""
    try:
        if is_open_to_others(file):
            raise NotPermitted(code, str(file), remedy)
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
