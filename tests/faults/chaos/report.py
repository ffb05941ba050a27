"""What a run says at its end: what was injected, what is missing, and how long the recovery took."""

from collections import Counter, defaultdict
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.faults.chaos.judge import LOSSES
from tests.faults.chaos.play import Outcome
from tests.faults.chaos.schedule import KINDS

NAMED = 20
"""How many losses are named one by one."""


def document(outcome: Outcome) -> dict[str, Any]:
    """Everything as JSON."""
    return {
        "seed": outcome.seed, "seconds": round(outcome.seconds, 1), "well": outcome.well,
        "injected": {kind: {"count": count, "seconds": round(seconds, 1)}
                     for kind, (count, seconds) in _injected(outcome).items()},
        "left_out": outcome.refused, "too_late": outcome.late, "minted": outcome.minted, "due": outcome.due,
        "recovery_seconds": _rounded(outcome.recovery), "fresh_change_seconds": _rounded(outcome.fresh),
        "notices": outcome.answers, "ended": outcome.ended, "crashed": outcome.crashed, "losses": _columns(outcome),
        "named": [f"{loss.kind} {loss.where} {loss.what}" for loss in outcome.losses[:NAMED]],
    }  # fmt: skip


def shown(outcome: Outcome) -> None:
    """Two tables and a few sentences, on stdout."""
    console = Console(width=100)
    console.print(_faults(outcome))
    console.print(_losses(outcome))
    for loss in outcome.losses[:NAMED]:
        console.print(f"{loss.kind}: {loss.where} {loss.what}")
    console.print(
        f"seed {outcome.seed}: {outcome.minted} changes, {outcome.seconds:.0f} s of faults ({outcome.late} came too"
        f" late); from healing until all had arrived: {_seconds(outcome.recovery)}; one change more:"
        f" {_seconds(outcome.fresh)}"
    )
    console.print(_of_record(outcome), soft_wrap=True)
    console.print(f"notices {outcome.answers}; ended and started again {outcome.ended}; crashed {outcome.crashed}")


def _faults(outcome: Outcome) -> Table:
    table, injected = Table("fault", "count", "seconds", title="injected"), _injected(outcome)
    for kind in KINDS:
        count, seconds = injected.get(kind.name, (0, 0.0))
        table.add_row(kind.name, f"{count}", outcome.refused.get(kind.name) or f"{seconds:.1f}")
    return table


def _losses(outcome: Outcome) -> Table:
    table = Table("where", "due", *LOSSES, title="losses")
    columns = _columns(outcome)
    for name, count in {"changes": outcome.minted, **outcome.due}.items():
        table.add_row(name, f"{count}", *(f"{columns[name][kind]}" for kind in LOSSES))
    return table


def _columns(outcome: Outcome) -> dict[str, dict[str, int]]:
    """Losses by contract (those of no contract under `changes`) and kind."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for loss in outcome.losses:
        name = next((name for name in outcome.due if name in loss.where or name in loss.what), "changes")
        found[name][loss.kind] += 1
    return {name: {kind: found[name][kind] for kind in LOSSES} for name in ("changes", *outcome.due)}


def _injected(outcome: Outcome) -> dict[str, tuple[int, float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for fault, seconds in outcome.done:
        found[fault.kind].append(seconds)
    return {kind: (len(each), sum(each)) for kind, each in found.items()}


def _of_record(outcome: Outcome) -> str:
    """The row of the table in tests/README.md."""
    losses = Counter(loss.kind for loss in outcome.losses)
    cells = (
        outcome.seed, round(outcome.seconds / 60), len(outcome.done), outcome.minted, sum(outcome.due.values()),
        _seconds(outcome.recovery), *(losses[kind] for kind in LOSSES),
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _seconds(measured: float | None) -> str:
    return "NOT IN TIME" if measured is None else f"{measured:.1f} s"


def _rounded(measured: float | None) -> float | None:
    return None if measured is None else round(measured, 1)
