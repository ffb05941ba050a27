"""tests/CATALOGUE.md: the 25 inputs, then the traps; per row what is tried, what must happen, where, and how fast."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from tests.catalogue.marks import MEMORY, TESTS, Marked, marked
from tests.catalogue.rows import INPUTS, TRAPS, Row, rows, tests_of

PAGE = TESTS / "CATALOGUE.md"
HEAD = """\
<!-- Generated from the marks on the tests and from tests/catalogue: `python -m tests.catalogue --write` -->
# What is tried, what must happen, and where

Every row is an input or a fault that has broken such systems. A test says with `@pytest.mark.trap("…")` to which rows
it belongs; a row without a test says why. Where nothing else is said, a test runs in memory. *Real servers* are a Kafka
and a PostgreSQL; *faults on real servers* is tests/faults, with processes that are killed under load. What bears *make
faults* is not run by `make test`, but by `make faults`.
"""
GROUPS = {
    "A": "Kafka's client and transactions", "F": "Faust", "P": "PostgreSQL: outbox and inbox",
    "C": "Cryptography and tokens", "V": "Input and validation", "D": "Dead letters, order, replay",
    "K": "The broker", "S": "AsyncAPI and schemas", "M": "Metrics and alerts", "W": "Passkeys",
}  # fmt: skip


def page() -> str:
    """The whole page."""
    marks, inputs, traps = marked(), rows(INPUTS), rows(TRAPS)
    parts = [HEAD, _summary(inputs, traps, marks), "## The 25 inputs and faults\n"]
    parts += [_shown(row, marks) for row in inputs]
    for letter, found in groupby(traps, key=lambda row: row.id[0]):
        parts += [f"## {letter} · {GROUPS[letter]}\n", *(_shown(row, marks) for row in found)]
    return "\n".join(parts)


def _summary(inputs: Sequence[Row], traps: Sequence[Row], marks: Sequence[Marked]) -> str:
    lines = ["| | rows | shown | shown in part | open |", "|---|---|---|---|---|"]
    for name, some in (("inputs and faults", inputs), ("traps", traps)):
        states = [_state(row, marks) for row in some]
        counts = " | ".join(str(states.count(state)) for state in ("", "in part", "open"))
        lines.append(f"| {name} | {len(some)} | {counts} |")
    return "\n".join(lines) + "\n"


def _state(row: Row, marks: Sequence[Marked]) -> str:
    return "" if not row.open else "in part" if tests_of(row, marks) else "open"


def _shown(row: Row, marks: Sequence[Marked]) -> str:
    state = _state(row, marks)
    lines = [f"**{row.id}**{f' ({state})' if state else ''} {row.tried}", f"*Must:* {row.must}"]
    if row.open:
        lines.append(f"*Open:* {row.open}")
    return "  \n".join(lines) + "\n" + "".join(_listed(tests_of(row, marks))) + "\n"


def _listed(tests: Sequence[Marked]) -> Iterator[str]:
    for place, found in groupby(tests, key=lambda one: one.place):
        some = [*found]
        speeds = {one.speed for one in some} - {MEMORY}
        yield f"- [{place}]({place}){''.join(f' ({speed})' for speed in sorted(speeds))}\n"
        yield from (f"  - `{one.name}`{' (make faults)' if one.rough else ''}\n" for one in some)
