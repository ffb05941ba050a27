"""What the weekly review lists, rule by rule; which weeks are late; and that nothing said in an entry is repeated."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.change import JAPAN
from hub.audit import DONE, Entry, Noted
from hub.auditing.judging import APPROVES, Finding, Judged, Kind
from hub.auditing.policy import SHIPPED, Policy, policy
from hub.auditing.reviewing import document
from hub.auditing.week import Week, overdue, unsigned
from hub.errors import UsageError
from hub.people import Act

WEEK = Week.of("2026-W21")
NOON = WEEK.start + timedelta(hours=12)
RULES = policy()
NAMES = ("ito", "kato", "sato", "abe")
Said = tuple[str, str, tuple[int, ...]]


def entry(
    number: int, name: str, act: Act, code: str = DONE, at: datetime = NOON, what: str = "x", **details: str | int
) -> Noted:
    return Noted(number, Entry(UUID(int=NAMES.index(name)), act, what, code, at, details), name)


def found(
    *entries: Noted, usual: Mapping[str, Sequence[int]] = {}, askers: Mapping[str, str] = {}, rules: Policy = RULES
) -> list[Said]:  # fmt: skip
    judged = Judged(rules)
    for one in entries:
        judged.add(one)
    return [(one.kind, " ".join(one.who), one.entries) for one in judged.findings(usual, askers)]


def ruled(part: str, **changed: object) -> Policy:
    """The shipped rules with another value."""
    return RULES.model_copy(update={part: getattr(RULES, part).model_copy(update=changed)})


@pytest.mark.parametrize(("at", "listed"), [
    ("2026-05-18T07:59:59", True), ("2026-05-18T08:00:00", False), ("2026-05-18T18:59:59", False),
    ("2026-05-18T19:00:00", True), ("2026-05-23T12:00:00", True), ("2026-05-24T12:00:00", True),
    ("2026-01-02T12:00:00", True), ("2026-01-05T12:00:00", False),
])  # fmt: skip
def test_what_is_done_while_the_office_is_closed_is_listed(at: str, listed: bool) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=JAPAN).astimezone(UTC)
    assert found(entry(7, "ito", Act.LETTERS_SEE, at=moment)) == ([(Kind.OUT_OF_HOURS, "ito", (7,))] if listed else [])


def test_a_day_that_the_city_closes_is_one_and_a_timer_may_run_at_night() -> None:
    closed = ruled("office", closed=("2026-05-18",))
    assert found(entry(7, "ito", Act.LETTERS_SEE), rules=closed) == [(Kind.OUT_OF_HOURS, "ito", (7,))]
    assert found(entry(7, "ito", Act.RETENTION_RUN, at=WEEK.start)) == []


def test_an_act_is_listed_once_by_how_it_ended_and_not_by_its_beginning() -> None:
    both = (entry(1, "ito", Act.REPLAY_RUN, "begun", WEEK.start), entry(2, "ito", Act.REPLAY_RUN, at=WEEK.start))
    assert found(*both) == [(Kind.OUT_OF_HOURS, "ito", (2,))]


def test_what_began_and_was_cut_off_is_listed_and_counts_as_done() -> None:
    cut = entry(1, "ito", Act.LETTERS_DISCARD, "begun", WEEK.start)
    assert found(cut) == [(kind, "ito", (1,)) for kind in (Kind.OUT_OF_HOURS, Kind.WITHOUT_CASE, Kind.CUT_OFF)]
    again = [entry(n, "ito", Act.LETTERS_DISCARD, code, reason="x") for n, code in ((2, "begun"), (3, DONE))]
    assert found(cut, *again) == found(cut)
    refused = entry(2, "ito", Act.LETTERS_DISCARD, "duty-missing", reason="x")
    assert found(cut, refused)[-1] == (Kind.CUT_OFF, "ito", (1,))
    approved = [entry(n, "kato", Act.ERASURE_APPROVE, "begun", what=f"r{n}") for n in range(6)]
    kinds = found(*approved, askers={f"r{n}": "ito" for n in range(6)}, rules=ruled("spike", floor=5))
    assert [kind for kind, _, _ in kinds] == [Kind.SPIKE, Kind.SAME_PAIR, Kind.CUT_OFF]
    assert (Kind.REVEAL, "ito", (1,)) in found(entry(1, "ito", Act.LETTERS_REVEAL, "begun", reason="x"))
    assert (Kind.REVEAL, "ito", (1,)) in found(entry(1, "ito", Act.LETTERS_REVEAL, "interrupted", reason="x"))


def test_what_ends_after_the_week_was_not_cut_off() -> None:
    judged = Judged(RULES)
    judged.add(entry(1, "ito", Act.REPLAY_RUN, "begun", WEEK.start))
    judged.over([1])
    assert judged.findings({}, {}) == []


@pytest.mark.parametrize(("count", "usual", "listed"), [
    (100, [], False), (101, [], True), (120, [60, 60, 60], False), (121, [60, 60, 60], True),
    (101, [0, 0, 60], False), (121, [0, 0, 60], True), (121, [60, 60, 9000], True), (130, [9000, 70, 60], False),
])  # fmt: skip
def test_a_spike_is_more_than_a_floor_and_than_twice_ones_own_usual_week(
    count: int, usual: list[int], listed: bool
) -> None:
    acts = [entry(n, "ito", Act.LETTERS_SEE) for n in range(count)]
    others = {"ito": usual, "kato": [1000]}
    assert [one[:2] for one in found(*acts, usual=others)] == ([(Kind.SPIKE, "ito")] if listed else [])


def test_the_same_two_persons_are_listed_when_one_approves_too_much_of_the_other() -> None:
    approved = [entry(n, "kato", Act.ERASURE_APPROVE, what=f"r{n}") for n in range(6)]
    askers = {f"r{n}": "ito" for n in range(6)}
    assert found(*approved, askers=askers) == [(Kind.SAME_PAIR, "ito kato", (0, 1, 2, 3, 4, 5))]
    assert found(*approved[:5], askers=askers) == []
    assert found(*approved, askers=askers | {"r5": "sato"}) == []
    assert found(*approved[:5], *approved[:5], askers=askers) == []
    failed = entry(9, "kato", Act.ERASURE_APPROVE, "request-expired", what="r5")
    assert found(*approved[:5], failed, askers=askers) == []


def test_every_act_that_approves_is_known_with_those_that_ask_for_it() -> None:
    assert {act for act in Act if act.value.endswith("-approve")} <= {*APPROVES}
    assert all(asked not in APPROVES for several in APPROVES.values() for asked in several)


@pytest.mark.parametrize(("words", "form", "listed"), [
    ({"reason": "決裁 令和8年第123号"}, "", False), ({}, "", True), ({"reason": "  "}, "", True),
    ({"purpose": "x"}, "", True), ({"reason": "決裁 令和8年第123号"}, r"第\d+号", False),
    ({"reason": "because"}, r"第\d+号", True),
])  # fmt: skip
def test_an_act_that_needs_a_case_is_listed_without_one(words: dict[str, str], form: str, listed: bool) -> None:
    rules = ruled("cases", form=form)
    expected = [(Kind.WITHOUT_CASE, "ito", (1,))] if listed else []
    assert found(entry(1, "ito", Act.LETTERS_DISCARD, **words), rules=rules) == expected
    assert found(entry(1, "ito", Act.LETTERS_DISCARD, "no-reason", **words), rules=rules) == expected
    assert found(entry(1, "ito", Act.LETTERS_SEE), rules=rules) == []


FILLED: Mapping[str, str | int] = {"basis": "own", "filter": "12条1項", "count": 1, "days": 7, "limit": 2}
"""What commands put into an entry by themselves."""


@pytest.mark.parametrize("act", RULES.cases.acts)
def test_as_shipped_no_act_has_a_case_by_what_its_command_fills_in(act: Act) -> None:
    assert (Kind.WITHOUT_CASE, "ito", (1,)) in found(entry(1, "ito", act, **FILLED))
    [word] = {"case", "reason", "purpose"} & {*RULES.cases.acts[act]}
    assert Kind.WITHOUT_CASE not in [kind for kind, _, _ in found(entry(1, "ito", act, **FILLED, **{word: "市第8号"}))]


def test_as_shipped_what_shows_residents_needs_a_case_but_for_the_lists_of_the_day() -> None:
    assert {*RULES.reveals.acts} - {*RULES.cases.acts} == {Act.REGISTER_LIST}


def test_every_reveal_is_listed_with_how_many_it_showed() -> None:
    judged = Judged(RULES)
    for one in (entry(1, "ito", Act.LETTERS_REVEAL, reason="x"), entry(2, "ito", Act.CHANGES_READ, count=40, case="x"),
                entry(3, "ito", Act.LETTERS_REVEAL, "reveals-used-up", reason="x")):  # fmt: skip
        judged.add(one)
    assert judged.findings({}, {}) == [Finding(Kind.REVEAL, ("ito",), (1, 2), {"records": 41})]


@pytest.mark.parametrize("code", ["token-revoked", "token-expired", "account-retired"])
def test_one_entry_of_a_token_that_no_longer_counts_is_enough(code: str) -> None:
    assert found(entry(1, "ito", Act.LETTERS_SEE, code)) == [(Kind.SIGN_IN_REFUSED, "ito", (1,))]


def test_refused_sign_ins_are_listed_from_the_third_on_and_what_is_beyond_a_duty_at_once() -> None:
    wrong = [entry(n, "ito", Act.SELF_LOGIN, "login-refused") for n in range(2)]
    expired = entry(2, "ito", Act.LETTERS_SEE, "token-expired")
    assert found(*wrong) == found(*wrong, entry(3, "ito", Act.SELF_LOGIN)) == []
    assert found(*wrong, expired) == [(Kind.SIGN_IN_REFUSED, "ito", (0, 1, 2))]
    beyond = [entry(n, "ito", Act.AUDIT_SEE, code) for n, code in enumerate(("duty-missing", "terminal-not-allowed"))]
    assert found(*beyond) == [(Kind.BEYOND_DUTY, "ito", (0, 1))]


def test_what_a_process_does_is_no_persons_act() -> None:
    used = Entry(None, Act.KEY_USE, "tax.2026-05-18", "begun", WEEK.start, {}, "router")
    assert found(Noted(1, used, "process:router")) == []


def test_entries_outside_the_tree_are_listed_whoever_they_name() -> None:
    assert Judged(RULES).findings({}, {}, [4, 5]) == [Finding(Kind.IN_NO_TREE, (), (4, 5))]


_CODES = ("begun", DONE, "duty-missing", "login-refused", "token-expired")
_ENTRIES = st.lists(st.builds(
    lambda number, name, act, code, minutes: entry(
        number, NAMES[name], [*Act][act], _CODES[code], WEEK.start + timedelta(minutes=minutes), reason="架空花子"
    ),
    *(st.integers(0, most) for most in (99, len(NAMES) - 1, len(Act) - 1, len(_CODES) - 1, 7 * 24 * 60 - 1)),
), max_size=20)  # fmt: skip


@given(_ENTRIES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_list_names_accounts_and_entries_alone_and_is_the_same_for_the_same_week(entries: list[Noted]) -> None:
    listed = []
    for _ in range(2):
        judged = Judged(RULES)
        for one in entries:
            judged.add(one)
        listed.append(document(WEEK, RULES, judged.findings({}, {})))
    assert listed[0] == listed[1]
    assert "架空" not in listed[0].decode()
    numbers = {one.id for one in entries}
    assert all({*one.entries} <= numbers and {*one.who} <= {*NAMES} for one in judged.findings({}, {}))


@given(st.dates(date(2001, 1, 1), date(2099, 12, 27)))
@settings(deadline=None)
def test_a_week_is_its_name_and_holds_its_days(day: date) -> None:
    week = Week.at(datetime(day.year, day.month, day.day, 23, 59, tzinfo=JAPAN))
    assert Week.of(str(week)) == week
    assert week.start.date() <= day < week.end.date()
    assert (str(week), week.after().start) == (f"{day:%G-W%V}", week.end)


@pytest.mark.parametrize("text", ["2026-W54", "2026-W00", "2025-W53", "2026W21", "2026-21", "", "2026-W21 ", "1999-W1"])
def test_what_names_no_week_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="bad-week"):
        Week.of(text)


@pytest.mark.parametrize(("signed", "now", "left", "late"), [
    ([], "2026-05-24T23:59:59+09:00", [], []),
    ([], "2026-05-25T00:00:00+09:00", ["2026-W21"], []),
    ([], "2026-05-31T23:59:59+09:00", ["2026-W21"], []),
    ([], "2026-06-01T00:00:00+09:00", ["2026-W21", "2026-W22"], ["2026-W21"]),
    (["2026-W21"], "2026-06-01T00:00:00+09:00", ["2026-W22"], []),
    (["2026-W22"], "2026-06-08T00:00:00+09:00", ["2026-W21", "2026-W23"], ["2026-W21"]),
])  # fmt: skip
def test_a_week_waits_for_its_signature_when_it_is_over_and_is_late_a_week_after(
    signed: list[str], now: str, left: list[str], late: list[str]
) -> None:
    at = datetime.fromisoformat(now)
    waiting = unsigned(WEEK, frozenset(signed), at)
    assert ([*map(str, waiting)], [*map(str, overdue(waiting, 7, at))]) == (left, late)


@pytest.mark.parametrize(("old", "new"), [
    ("sign_days = 7", "sign_days = -1"), ("sign_days = 7", ""), ('since = ""', 'since = "2026-W60"'),
    ('form = ""', 'form = "("'), ('letters-reveal = ["reason"]', 'letters-reveal = ["nonsense"]'),
    ('letters-reveal = ["reason"]', "letters-reveal = []"), ("letters-reveal =", "letters-riveal ="),
    ('"retention-run"', '"nonsense"'), ("factor = 2.0", "factor = 0.5"), ("[pairs]", "[pears]"),
    ("floor = 100", "floor = 100\nceiling = 1"),
])  # fmt: skip
def test_a_policy_is_refused_whole(tmp_path: Path, old: str, new: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "auditing.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match="bad-auditing"):
        policy(file)
