"""What a counterpart knows: whom it was told of, in which order, under which receipt; with a journal that survives.

A disclosure that it took once is answered with the same receipt for ever and changes nothing again. Of one subject the
version only rises. The journal has one JSON line per disclosure taken, flushed before the answer goes out. What a kind
knows beside disclosures (`Own`) and the faults that are switched on (faults.py) outlive a restart too. Three things do
not, on purpose: the counts of requests, repeats and refusals, which are those of this run; and planted differences
(planting.py), because a restart is the way to take them back.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Told:
    """One disclosure that was taken: its place in the order, its idempotency key, and what was said."""

    n: int
    id: str
    subject: str
    version: int
    receipt: str
    state: str
    body: dict[str, Any]


class Kind(Protocol):
    """What differs from counterpart to counterpart; the modules beside this one."""

    PATH: str
    PREFIX: str

    def fault(self, body: Any) -> tuple[str, str] | None: ...
    def subject(self, body: Any) -> str: ...
    def version(self, body: Any) -> int: ...
    def keep(self, records: dict[str, Any], told: Told) -> str: ...


def _whole_lines(file: Path | None) -> list[str]:
    """The lines of a journal; a last one that was cut off was never answered, and is dropped for good."""
    if file is None or not file.exists():
        return []
    whole = file.read_text(encoding="utf-8").split("\n")[:-1]
    file.write_text("".join(line + "\n" for line in whole), encoding="utf-8")
    return whole


class Own:
    """What a kind knows beside disclosures, one JSON line each: in the order in which it came, and after a restart."""

    def __init__(self, journal: Path | None) -> None:
        self._file = journal.with_suffix(".own.jsonl") if journal else None
        self.noted: list[dict[str, Any]] = [json.loads(line) for line in _whole_lines(self._file)]

    def note(self, line: dict[str, Any]) -> None:
        """Note it for ever."""
        self.noted.append(line)
        if self._file is not None:
            self._file.touch(mode=0o600)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def forget(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)


@dataclass
class Memory:
    """The counterpart's own data. `records` holds None for a subject whose record was erased."""

    kind: Kind
    journal: Path | None = None
    told: list[Told] = field(default_factory=list)
    by_id: dict[str, Told] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)
    refused: list[dict[str, str]] = field(default_factory=list)
    repeats: int = 0
    requests: int = 0

    def remember(self) -> None:
        """Read the journal of an earlier run."""
        for line in _whole_lines(self.journal):
            self._enter(Told(**json.loads(line)))

    def repeated(self, key: str) -> Told | None:
        """What was taken under this idempotency key before; counts the repeat."""
        known = self.by_id.get(key)
        self.repeats += known is not None
        return known

    def under(self, receipt: str) -> Told | None:
        """What was taken with this receipt."""
        number = receipt.rpartition("-")[2]
        n = int(number) if number.isascii() and number.isdigit() else 0
        return self.told[n - 1] if 0 < n <= len(self.told) and self.told[n - 1].receipt == receipt else None

    def out_of_order(self, body: Any) -> bool:
        return self.kind.version(body) <= self.versions.get(self.kind.subject(body), 0)

    def take(self, key: str, body: dict[str, Any]) -> Told:
        """Take a disclosure that was checked: journal first, then memory."""
        n = len(self.told) + 1
        told = Told(n, key, self.kind.subject(body), self.kind.version(body), f"{self.kind.PREFIX}-{n:08d}", "", body)
        told = replace(told, state=self.kind.keep({}, told))
        if self.journal is not None:
            self.journal.touch(mode=0o600)
            with self.journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(told), ensure_ascii=False) + "\n")
        self._enter(told)
        return told

    def _enter(self, told: Told) -> None:
        self.kind.keep(self.records, told)
        self.told.append(told)
        self.by_id[told.id] = told
        self.versions[told.subject] = told.version

    def as_json(self) -> dict[str, Any]:
        """Everything, for tests and the demonstration."""
        return {
            "told": [asdict(told) for told in self.told], "repeats": self.repeats, "refused": self.refused,
            "requests": self.requests, "records": self.records,
        }  # fmt: skip
