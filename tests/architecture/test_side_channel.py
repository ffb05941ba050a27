"""Nothing outside a seal depends on an item, a kind or a person: the rules, kept by our code and shown to bite.

An exemption says where, what and why; one that objects to nothing any more is a fault itself.
"""

from pathlib import Path
from typing import Final

import pytest
from prometheus_client.metrics import MetricWrapperBase

from contracts.law import items
from hub import envelope, log, metrics, quarantine, seal
from hub.bus import Incoming
from tests.architecture.side_channels import (
    LABELS,
    MEMBERS,
    Rule,
    codes_of_errors,
    columns_of_letters,
    constant_headers,
    headers_of_a_record,
    labels_of_metrics,
    members_of_a_header,
    names_on_the_broker,
)

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("contracts", "hub", "producers", "consumers")
EVERYWHERE = tuple(str(file.relative_to(ROOT)) for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))

RULES: Final[dict[Rule, tuple[str, ...]]] = {
    names_on_the_broker: ("hub/topics.py",), members_of_a_header: ("hub/seal.py",),
    constant_headers: ("hub/envelope.py",),
    columns_of_letters: ("consumers/letters.sql",), headers_of_a_record: EVERYWHERE, labels_of_metrics: EVERYWHERE,
    codes_of_errors: EVERYWHERE,
}  # fmt: skip
EXEMPT: Final[dict[tuple[Rule, str, str], str]] = {
    (headers_of_a_record, "hub/bus/encoded.py", "headers self.headers"):
        "those that the kernel was given for the whole batch",
    (headers_of_a_record, "hub/kernel/twin.py", "headers headers"):
        "given by hub/telling.py: those of a disclosure, and none for the ledger",
    (headers_of_a_record, "hub/quarantine.py", "headers headers"):
        "the constant ones and a code of the closed list CODES",
    (headers_of_a_record, "hub/quarantine.py", "headers _of_contract(contract, _HELD)"):
        "constants and the name of a contract: what its own topic says, on a topic that the hub alone reads",
    (headers_of_a_record, "hub/quarantine.py", "headers _of_contract(contract, _SETTLED)"):
        "the same, and beside no resident",
    (headers_of_a_record, "consumers/mirror.py", "headers said"):
        "the names of Kafka Connect and ours, listed by a test; their values are places, ids, codes and times",
    (codes_of_errors, "contracts/wire.py", "code _code(error['type'])"):
        "a table of pydantic's kinds of error, or bad-type",
    (codes_of_errors, "consumers/adapters/http.py", "code f'counterpart-{_listed(body)}'"):
        "only codes that the adapter lists; any other is one and the same word",
    (codes_of_errors, "consumers/adapters/http.py", "code _DEFERRED.get(answer.status, 'nonsense')"):
        "by the status of the answer, out of a table",
    (codes_of_errors, "consumers/opening.py", "code UNKNOWN_CONTRACT"): "a constant of the module",
    (codes_of_errors, "hub/tokens.py", "code self.refused"): "one of three constants, and of an account",
    (codes_of_errors, "hub/migrate.py", "code f'sqlstate-{sqlstate}'"): "PostgreSQL's own closed list, of a migration",
    (codes_of_errors, "hub/broker_admin.py", "code name"): "the broker's own closed list of errors",
    (codes_of_errors, "hub/demo/play.py", "code answer['code']"): "the registry's answer to a made-up notice",
    (codes_of_errors, "consumers/pull/acknowledge.py", "code f'{_CODE}{code}'"):
        "a member of the enumeration Code, which the door has checked",
    (codes_of_errors, "consumers/pull/caller.py", "code found"): "one of the constants of consumers.pull.access",
}  # fmt: skip
BITES: Final[list[tuple[Rule, str, str]]] = [
    (names_on_the_broker, "def dead(prefix, contract, kind): ...", "dead is made of kind"),
    (names_on_the_broker, "def dead(prefix, **more): ...", "dead is made of anything"),
    (members_of_a_header, 'constant = {"alg": "dir", "kind": change.kind}', "member kind"),
    (members_of_a_header, 'protected = b\'%b,"seq":%d,"state":"%b"}\' % own', "member state"),
    (members_of_a_header, "class Sheet:\n    seq: int\n    items: dict", "sheet with items"),
    (constant_headers, "CHANGE: Final = _headers(change.kind)", "made of change.kind"),
    (headers_of_a_record, "Outgoing(key, token, (('kind', kind),), at)", "headers (('kind', kind),)"),
    (headers_of_a_record, "Outgoing(*pair, of(change), at)", "headers of(change)"),
    (labels_of_metrics, 'Counter("hub_told", "Told", ["contract", "kind"])', "label kind"),
    (labels_of_metrics, 'Gauge("hub_told", "Told", labelnames=("item",))', "label item"),
    (labels_of_metrics, 'Counter("hub_told", "Told", ITEMS)', "labels ITEMS"),
    (codes_of_errors, 'raise ChangeRefused(f"bad-{item}")', "code f'bad-{item}'"),
    (codes_of_errors, 'raise TokenRefused("Bad token")', "code 'Bad token'"),
    (codes_of_errors, "return Refused(str(refused))", "code str(refused)"),
    (columns_of_letters, "SELECT d.id, d.kind FROM inbox.disclosures d", "column kind"),
]  # fmt: skip
CASES = [(rule, name) for rule, names in RULES.items() for name in names]


def objections(rule: Rule, name: str) -> set[str]:
    return set(rule((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.threat("B1")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_our_code_keeps_the_rule(rule: Rule) -> None:
    found = {(rule, name, fault) for name in RULES[rule] for fault in objections(rule, name)}
    assert {(name, fault) for _, name, fault in found - EXEMPT.keys()} == set()


def test_no_exemption_is_stale_and_each_has_a_reason() -> None:
    stale = {(name, fault) for rule, name, fault in EXEMPT if fault not in objections(rule, name)}
    assert stale == set()
    assert [fault for (_, _, fault), reason in EXEMPT.items() if len(reason) < 20] == []


@pytest.mark.parametrize(("rule", "source", "fault"), BITES)
def test_the_rule_bites(rule: Rule, source: str, fault: str) -> None:
    assert list(rule(source)) == [fault]


def test_every_rule_is_shown_to_bite() -> None:
    assert {rule for rule, _, _ in BITES} == set(RULES)


def test_a_token_with_another_member_is_refused() -> None:
    assert seal._MEMBERS == MEMBERS


def test_the_metrics_have_no_other_labels() -> None:
    declared = {name: set(metric._labelnames) for name, metric in vars(metrics).items()
                if isinstance(metric, MetricWrapperBase)}  # fmt: skip
    assert {name: labels - LABELS for name, labels in declared.items() if labels - LABELS} == {}
    assert len(declared) > 15


def test_metrics_are_declared_in_one_place() -> None:
    importing = {name for name in EVERYWHERE if "from prometheus_client" in (ROOT / name).read_text(encoding="utf-8")}
    assert importing == {"hub/metrics.py", "hub/lifecycle.py", "hub/times.py"}  # shown by one, a kind of its own


def test_no_line_of_a_log_can_name_an_item_a_kind_a_person_or_a_change() -> None:
    personal = {"item", "items", "kind", "resident", "subject", "change", "before", "after", "protected", "key", "jti"}
    assert log.ALLOWED & (personal | set(items())) == set()


def test_a_letter_in_quarantine_has_the_constant_headers_and_a_code() -> None:
    record = Incoming("juki.changes", 0, 1, b"k" * 16, b"sealed", (("kind", b"BIRTH"),), 5)
    letter = quarantine.letter(record, "bad-date")
    assert letter.headers == (*envelope.CHANGE, (envelope.CODE_HEADER, b"bad-date"))
    assert (letter.key, letter.value, letter.timestamp_ms) == (record.key, record.value, record.timestamp_ms)


def test_every_code_of_quarantine_is_a_closed_word() -> None:
    names = set(items()) | {name.replace("_", "-") for name in items()}
    assert [code for code in quarantine.CODES if code in names] == []
