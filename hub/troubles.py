"""What is wrong, of the facts that status.py has gathered, and per trouble the command to type. Pure.

A command is a leaf: it mends, or it shows what nothing else here shows. None leads back to `jukihub status`. Words in
angle brackets are for a person to fill in. The bounds are those of the alerts; what an alert only sees moving is no
present, and is not judged here (tests/unit/hub/test_status.py says which, and why).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from hub.status import Facts, Kept
from hub.ways import FILED, PULLED

STALLED, LEDGER, OUTBOX = timedelta(minutes=15), timedelta(minutes=2), timedelta(minutes=1)
SIGNED = timedelta(minutes=10)
PROTECTION, UNREAD, UNCOUNTED = timedelta(minutes=1), timedelta(hours=26), timedelta(hours=28)
FAILS, JUDGED, TALLIED = timedelta(minutes=2), timedelta(minutes=2), timedelta(minutes=15)


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
    parts = (_database, _routing, _protections, _contracts, _proof, _counted, _recalls, _retention, _watch)
    return [*down, *(trouble for part in parts for trouble in part(facts))]


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
    if (unowned := int(facts.highest("hub_wanted_partitions") - facts.total("hub_owned_partitions"))) > 0:
        yield Trouble("partitions-unowned", "", f"{unowned} partition(s) have no router", "jukihub up")
    for name, fails in facts.by_process("hub_routing_fails_since_timestamp_seconds").items():
        if (long := facts.ago(fails)) > FAILS:
            yield Trouble("routing-fails", name, f"{name}: every attempt fails for {_words(long)}", facts.tail(name))
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
        ("hub_halted_residents", "resident-halted", "resident(s) halted in the outbox", "jukihub halted list"),
    ):
        if count := int(facts.highest(metric)):
            yield Trouble(code, "", f"{count} {what}", command)


def _protections(facts: Facts) -> Iterator[Trouble]:
    for name, since in (facts.kept or Kept()).protections.items():
        if (waits := facts.now - since) > PROTECTION:
            command = "files write" if facts.ways.get(name) in FILED else "letters list"
            yield Trouble("protection-waits", name, f"{name}: not told of a protection (支援措置) for {_words(waits)}",
                          f"jukihub {command} --contract {name}")  # fmt: skip


def _contracts(facts: Facts) -> Iterator[Trouble]:
    for name in facts.by_contract("hub_contract_held"):
        yield Trouble("contract-held", name, f"{name}: told nothing, for its key is gone; all of it is kept",
                      _DESTROYED.format(name))  # fmt: skip
    for name in facts.by_contract("hub_inbox_full"):
        yield Trouble("inbox-full", name, f"{name}: its inbox is full and reads no more", _why_it_waits(facts, name))
    for one in (facts.kept or Kept()).standings:
        name = one.contract
        if one.oldest_due and facts.now - one.oldest_due > STALLED:
            waited = _words(facts.now - one.oldest_due)
            yield Trouble("delivery-stalled", name, f"{name}: nothing delivered for {waited}",
                          _why_it_waits(facts, name))  # fmt: skip
        if one.dead:
            yield Trouble("dead-letters", name, f"{name}: {one.dead} dead letter(s), {one.behind} behind",
                          f"jukihub letters list --contract {name}")  # fmt: skip
    for name, at in facts.by_contract("hub_uncollected_since_timestamp_seconds").items():
        if (unread := facts.ago(at)) > UNREAD:
            yield Trouble("not-read", name, f"{name}: has read nothing for {_words(unread)}: ask the department",
                          "jukihub topics plan")  # fmt: skip


def _proof(facts: Facts) -> Iterator[Trouble]:
    kept = facts.kept or Kept()
    for name, count in kept.gaps.items():
        yield Trouble("sequence-gap", name, f"{name}: {count} hole(s) in the sequence since yesterday", _GAPS)
    for name, count in kept.ahead.items():
        yield Trouble("ledger-unbalanced", name, f"{name}: {count} that its inbox has read are not in the ledger",
                      _TOLD.format(name))  # fmt: skip
    if (unsigned := facts.since("hub_ledger_signed_timestamp_seconds", "ledger")) > SIGNED:
        yield Trouble("ledger-unsigned", "ledger", f"Ledger or audit is not signed since {_words(unsigned)}",
                      facts.tail("ledger"))  # fmt: skip
    if weeks := int(facts.highest("hub_audit_reviews_overdue")):
        yield Trouble("review-overdue", "audit", f"{weeks} week(s) of the audit (監査) are not reviewed and signed",
                      "jukihub audit review")  # fmt: skip


def _why_it_waits(facts: Facts, contract: str) -> str:
    """What to type where something of this contract waits: by the way it goes."""
    via = facts.ways.get(contract, "")
    if via in FILED:
        return f"jukihub files write --contract {contract}"
    own = f"deliver-{contract}"
    alone = any(row["name"] == own for row in facts.rows)
    return facts.tail("pull" if via in PULLED else own if alone else "deliver")


def _counted(facts: Facts) -> Iterator[Trouble]:
    for name, count in facts.by_contract("hub_count_difference").items():
        yield Trouble("count-differs", name, f"{name}: holds {int(count)} record(s) more or fewer than it was told",
                      f"jukihub reconcile --contract {name}")  # fmt: skip
    for name, at in facts.by_contract("hub_reconciled_timestamp_seconds").items():
        if (old := facts.ago(at)) > UNCOUNTED:
            yield Trouble("not-counted", name, f"{name}: not counted for {_words(old)}",
                          f"jukihub reconcile --contract {name}")  # fmt: skip


def _recalls(facts: Facts) -> Iterator[Trouble]:
    for one in (facts.kept or Kept()).owed:
        what, command = _OWED[one.code]
        yield Trouble(one.code, one.contract, f"{one.contract}: {what}", command.format(one.contract, one.recall))


def _retention(facts: Facts) -> Iterator[Trouble]:
    if count := int(facts.highest("hub_retention_overdue")):
        yield Trouble("retention-due", "", f"{count} key(s) or row(s) are past their period (保存期間): no daily run",
                      "jukihub erase due")  # fmt: skip


def _watch(facts: Facts) -> Iterator[Trouble]:
    kept = facts.kept or Kept()
    for name, code in kept.breaches:
        yield Trouble(code, name, f"{name}: {_BREACHES[code]}",
                      _why_it_waits(facts, name) if code == "service-level" else _HOURS.format(name))  # fmt: skip
    judged = facts.since("hub_watch_judged_timestamp_seconds", "watch")
    untold = facts.now - kept.unwatched if kept.unwatched else timedelta()
    if judged > JUDGED or untold > TALLIED:
        yield Trouble("watch-behind", "watch", f"The watch does not keep up: {_words(max(judged, untold))} behind",
                      facts.tail("watch"))  # fmt: skip


_OWED = {
    "recall-missing": ("it has ended or was narrowed, and nobody has recalled what it holds",
                       "jukihub recall plan {0} --to <section> --reason <why>"),
    "recall-not-run": ("a recall was approved and not carried out", "jukihub recall run {1}"),
    "recall-overdue": ("its subscriber has not confirmed within the term: ask it", "jukihub recall show {1}"),
}  # fmt: skip
_DESTROYED = (
    'psql "$HUB_DATABASE" -c '
    "\"SELECT kid, act, destroyed_at FROM hub.erased_keys WHERE kid LIKE '{}.%' ORDER BY kid DESC LIMIT 5\""
)
_TOLD = (
    'psql "$HUB_DATABASE" -c '
    "\"SELECT partition, max(seq), count(*) FROM hub.told WHERE contract = '{}' GROUP BY partition\""
)
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
