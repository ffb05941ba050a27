"""Reading the folder of a Book: which files it has, what they are called towards people, and what stops them.

A folder has subscribers/<contract>.toml (or the contracts lie in the folder itself) and may have its own
law/bases.toml; without one the shipped bases hold. Items and kinds are closed lists: a folder may repeat them, not
change them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.errors import Finding
from contracts.form import Draft, draft
from contracts.law import FOLDER, Law, read_law
from contracts.objections import FORM
from contracts.source import Source, read

SHIPPED: Final = Path(__file__).parent
_CLOSED: Final = ("items.toml", "kinds.toml")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Book lies."""

    folder: Path

    def law(self) -> tuple[Law, tuple[Finding, ...]]:
        """The law that holds here, and what is wrong with it."""
        own = self.folder / "law" / "bases.toml"
        source, faults = self._read(own if own.is_file() else FOLDER / "bases.toml")
        law, found = read_law(source)
        return law, faults + found + tuple(self._changed_lists())

    def drafts(self) -> tuple[list[Draft], tuple[Finding, ...]]:
        """Every contract that can be read, sorted by its name, and what is wrong with the files."""
        files = sorted(self._subscribers.glob("*.toml"))
        if not files:
            return [], (Finding("no-contract", self._name(self._subscribers), 1, FORM["no-contract"]),)
        drafts: list[Draft] = []
        found: tuple[Finding, ...] = ()
        for file in files:
            source, faults = self._read(file)
            if not faults:
                read_draft, faults = draft(file.stem, source)
                drafts.append(read_draft)
            found += faults
        return drafts, found

    @property
    def _subscribers(self) -> Path:
        own = self.folder / "subscribers"
        return own if own.is_dir() else self.folder

    def _changed_lists(self) -> Iterator[Finding]:
        for name in _CLOSED:
            own = self.folder / "law" / name
            if own.is_file() and self._read(own)[0].tables != self._read(FOLDER / name)[0].tables:
                yield Finding("closed-list", self._name(own), 1, FORM["closed-list"].format(name=name))

    def _name(self, file: Path) -> str:
        return str(file.relative_to(SHIPPED.parent) if file.is_relative_to(SHIPPED) else file)

    def _read(self, file: Path) -> tuple[Source, tuple[Finding, ...]]:
        return read(file, self._name(file))
