"""What is wrong, of the facts that status.py has gathered, and per trouble the command to type. Pure.

A command is a leaf: it mends, or it shows what nothing else here shows. None leads back to `jukihub status`. Words in
angle brackets are for a person to fill in. The bounds are those of the alerts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from hub.status import Facts, Kept
from hub.ways import FILED, PULLED

STALLED, LEDGER, OUTBOX = timedelta(minutes=15), timedelta(minutes=2), timedelta(minutes=1)
"""Of DeliveryStalled, LedgerBehind and OutboxStalled."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong: a closed code, where, a sentence, and the command to type."""

    code: str
    place: str
    what: str
    command: str


def troubles(facts: Facts) -> list[Trouble]:
    """What is wrong, what stops most first. Nothing: all is well."""
    down = [*_down(facts)]
    if down and not any(row["state"] in ("running", "unhealthy") for row in facts.rows):
        return [Trouble("nothing-runs", "", "Nothing runs here", "jukihub up")]
    return [*down, *_database(facts), *_routing(facts), *_contracts(facts), *_counted(facts)]


def _down(facts: Facts) -> Iterator[Trouble]:
    by_state = {state: [row["name"] for row in facts.rows if row["state"] == state]
                for state in ("unreachable", "stopped", "unhealthy")}  # fmt: skip
    for state, names in by_state.items():
        place = ", ".join(names)
        if names and state == "unreachable":
            yield Trouble("broker-unavailable", place, "Kafka does not answer; nothing is lost, nothing moves",
                          "jukihub topics plan")  # fmt: skip
        elif names and state == "stopped":
            yield Trouble("process-down", place, f"Not running: {place}", "jukihub up")
        elif names:
            yield Trouble("process-stalled", place, f"Running, and not getting on: {place}", facts.tail(*names))


def _database(facts: Facts) -> Iterator[Trouble]:
    if facts.kept is None and not any(row["name"] == "postgres" and row["state"] == "stopped" for row in facts.rows):
        yield Trouble("database-unavailable", "postgres", "The database does not answer: what waits is not known",
                      "jukihub up")  # fmt: skip


def _routing(facts: Facts) -> Iterator[Trouble]:
    if (behind := facts.since("hub_ledger_level_timestamp_seconds", "ledger")) > LEDGER:
        yield Trouble("ledger-behind", "ledger", f"The ledger is not archived since {_words(behind)}", "jukihub up")
    if (waits := facts.since("hub_oldest_outbox_timestamp_seconds", "relay")) > OUTBOX:
        yield Trouble("outbox-stalled", "relay", f"A change waits in the outbox for {_words(waits)}",
                      facts.tail("relay"))  # fmt: skip
    for metric, code, what, command in (
        ("hub_stopped_partitions", "partition-stopped",
         "partition(s) stopped: a record names nobody; which, says `partition-stopped` in the router's log",
         "jukihub partitions pass --partition <p> --offset <o> --reason <why>"),
        ("hub_parked_residents", "resident-parked", "resident(s) wait in quarantine", "jukihub quarantine list"),
        ("hub_halted_residents", "resident-halted", "resident(s) halted in the outbox",
         """psql "$HUB_REGISTRY" -c 'SELECT resident, code, since FROM registry.halted'"""),
    ):
        if count := int(facts.highest(metric)):
            yield Trouble(code, "", f"{count} {what}", command)


def _contracts(facts: Facts) -> Iterator[Trouble]:
    kept = facts.kept or Kept()
    for one in kept.standings:
        letters = f"jukihub letters list --contract {one.contract}"
        if one.oldest_due and facts.now - one.oldest_due > STALLED:
            waited = _words(facts.now - one.oldest_due)
            yield Trouble("delivery-stalled", one.contract, f"{one.contract}: nothing delivered for {waited}",
                          _why_it_waits(facts, one.contract))  # fmt: skip
        if one.dead:
            yield Trouble("dead-letters", one.contract,
                          f"{one.contract}: {one.dead} dead letter(s), {one.behind} behind", letters)  # fmt: skip
    for name, count in kept.gaps.items():
        yield Trouble("sequence-gap", name, f"{name}: {count} hole(s) in the sequence since yesterday",
                      _GAPS)  # fmt: skip
    for name, code in kept.breaches:
        yield Trouble(code, name, f"{name}: {_BREACHES[code]}",
                      _why_it_waits(facts, name) if code == "service-level" else _HOURS.format(name))  # fmt: skip


def _why_it_waits(facts: Facts, contract: str) -> str:
    """What to type where something of this contract waits: by the way it goes."""
    via = facts.ways.get(contract, "")
    if via in FILED:
        return f"jukihub files write --contract {contract}"
    own = f"deliver-{contract}"
    alone = any(row["name"] == own for row in facts.rows)
    return facts.tail("pull" if via in PULLED else own if alone else "deliver")


def _counted(facts: Facts) -> Iterator[Trouble]:
    differing = {contract: int(value) for series in facts.figures.values()
                 for (metric, contract), value in series.items() if metric == "hub_count_difference" and value}
    for name, count in sorted(differing.items()):
        yield Trouble("count-differs", name, f"{name}: holds {count} record(s) more or fewer than it was told",
                      f"jukihub reconcile --contract {name}")  # fmt: skip


_GAPS = """psql "$HUB_DATABASE" -c 'SELECT * FROM inbox.gaps ORDER BY noticed_at DESC LIMIT 20'"""
_HOURS = (
    'psql "$HUB_DATABASE" -c '
    "\"SELECT hour, told FROM hub.watch_hours WHERE contract = '{}' ORDER BY hour DESC LIMIT 48\""
)
_BREACHES = {
    "service-level": "something waits longer than its service level allows",
    "unusual-volume": "unusually many disclosures in an hour (大量抽出?)",
    "traffic-missing": "told nothing for longer than is usual",
}


def verdict(found: list[Trouble]) -> str:
    """The first line, in both languages."""
    if not found:
        return "異常なし / All is well"
    return f"異常 {len(found)} 件 / {len(found)} trouble(s): begin with the first"


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
