"""Recalls as values: what is owed, what a confirmation may say, what the page says, what the broker still grants."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts import book
from contracts.book import Book
from contracts.canonical import canonical
from contracts.recall import term
from hub.books import Use
from hub.config import Settings, read
from hub.errors import UsageError
from hub.plan import plan, without
from hub.recall.confirming import Result, Said, Way, judged
from hub.recall.notice import document
from hub.recall.orders import Recall
from hub.recall.owed import unplanned
from hub.recall.page import page
from hub.recall.planning import Plan
from hub.retention.signing import signed
from hub.stops import holds
from hub.wanted import State, wanted
from tests.house import only

NOW = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=20)
TODAY = date(2026, 5, 1)
TAX = only("tax").contracts["tax"]
BOTH = only("tax", "prefecture")
SAID: dict[str, Any] = {
    "type": "juki-hub/recall-plan/1", "contract": "tax", "subscriber": "税務課", "purpose": "賦課<徴収", "via": "csv",
    "why": "ended", "residents": 1234, "tellings": 5678, "set_sha256": "ab" * 32, "confirm_to": "総務課 内線1234",
    "items": [
        {"item": "name", "name": "氏名", "first": "2026-04-02T20:00:00+00:00", "last": "2026-04-30T03:00:00+00:00",
         "residents": 1234, "articles": ["庁内連携条例", "庁内連携条例・税"]},
        {"item": "address", "name": "住所", "first": "2026-04-02T20:00:00+00:00", "last": "2026-04-29T03:00:00+00:00",
         "residents": 17, "articles": []},
    ],
}  # fmt: skip
RECALL = Recall(
    UUID(int=7), "tax", "ended", frozenset({"name", "address"}), Plan(canonical(SAID)), "契約の終了", "ito",
    NOW + timedelta(days=1), False, "kato", NOW, NOW, date(2026, 5, 31), frozenset(),
)  # fmt: skip


@pytest.mark.parametrize(("changed", "state"), [
    ({"approved_by": None, "due_on": None}, "waiting"),
    ({"approved_by": None, "due_on": None, "expires_at": NOW}, "void"),
    ({"approved_by": None, "due_on": None, "is_asker_retired": True}, "void"),
    ({"due_on": None}, "approved"), ({}, "noticed"), ({"is_approver_retired": True}, "noticed"),
    ({"due_on": None, "noticed_at": None, "is_approver_retired": True}, "void"), ({"due_on": TODAY}, "noticed"),
    ({"due_on": date(2026, 4, 30)}, "overdue"), ({"confirmed": frozenset({"name"})}, "noticed"),
    ({"due_on": date(2026, 4, 30), "confirmed": frozenset({"name", "address"})}, "confirmed"),
])  # fmt: skip
def test_how_a_recall_stands(changed: dict[str, Any], state: str) -> None:
    assert replace(RECALL, **changed).state(NOW) == state


def used(*books: Book) -> list[Use]:
    return [Use(BEFORE - timedelta(days=len(books) - n), one) for n, one in enumerate(books)]


def changed(**what: Any) -> Book:
    return Book(BOTH.items, BOTH.kinds, BOTH.bases, {**BOTH.contracts, "tax": replace(TAX, **what)})


ENDED = changed(in_force_until=date(2026, 4, 30))
NARROW = changed(items=tuple(item for item in TAX.items if item != "name"))
NAME = replace(RECALL, why="narrowed", items=frozenset({"name"}))
AGAIN = [*used(BOTH, NARROW, BOTH), Use(NOW, NARROW)]


@pytest.mark.parametrize(("uses", "now", "stopped", "known", "missing"), [
    (used(BOTH), BOTH, set(), [], {}),
    (used(BOTH), ENDED, set(), [], {"tax": "ended"}),
    (used(BOTH), only("prefecture"), set(), [], {"tax": "ended"}),
    (used(BOTH), BOTH, {"tax"}, [], {"tax": "ended"}),
    (used(BOTH), ENDED, set(), [RECALL], {}),
    (used(BOTH), ENDED, set(), [replace(RECALL, contract="prefecture")], {"tax": "ended"}),
    (used(BOTH), ENDED, set(), [replace(RECALL, approved_at=None)], {"tax": "ended"}),
    (used(BOTH), ENDED, set(), [NAME], {"tax": "ended"}),
    (used(BOTH), ENDED, set(), [replace(RECALL, approved_at=BEFORE - timedelta(seconds=1))], {"tax": "ended"}),
    (used(BOTH), NARROW, set(), [], {"tax": "narrowed"}),
    (used(BOTH), NARROW, set(), [NAME], {}),
    (used(BOTH), NARROW, set(), [replace(NAME, items=frozenset({"address"}))], {"tax": "narrowed"}),
    (AGAIN, NARROW, set(), [replace(NAME, approved_at=BEFORE - timedelta(days=1, seconds=1))], {"tax": "narrowed"}),
    (AGAIN, NARROW, set(), [replace(NAME, approved_at=NOW)], {}),
])  # fmt: skip
def test_a_contract_of_which_something_is_over_and_not_recalled_is_not_forgotten(
    uses: list[Use], now: Book, stopped: set[str], known: list[Recall], missing: dict[str, str]
) -> None:
    last = {"tax": BEFORE, "prefecture": BEFORE}
    found = unplanned(last, uses, now, frozenset(stopped), known, TODAY)
    assert {name: gone.why for name, gone in found.items()} == missing


def test_a_contract_that_was_told_nothing_has_nothing_to_be_recalled() -> None:
    assert unplanned({"prefecture": BEFORE}, used(BOTH), ENDED, frozenset(), [], TODAY) == {}


DELETED = Said(Result.DELETED, "税務課長", Way.PAPER, TODAY, paper=b"p" * 32)


@pytest.mark.parametrize(("given", "code"), [
    (replace(DELETED, article="地方税法22条"), "article-of-what-is-kept"),
    (replace(DELETED, result=Result.KEPT), "article-of-what-is-kept"),
    (replace(DELETED, on=date(2026, 5, 2)), "bad-day"), (replace(DELETED, on=date(2026, 4, 30)), "bad-day"),
    (replace(DELETED, by=" "), "empty"), (replace(DELETED, by="課" * 81), "too-long"),
    (replace(DELETED, paper=None), "paper-missing"),
    (replace(DELETED, way=Way.ELECTRONIC, paper=None), "paper-missing"),
    (replace(DELETED, by="課\u202e長"), "not-visible"), (replace(DELETED, items=("sex",)), "not-recalled"),
])  # fmt: skip
def test_what_no_subscriber_can_have_confirmed_is_refused(given: Said, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        judged(UUID(int=1), RECALL, given, NOW)


def test_a_confirmation_is_of_what_is_open_or_of_the_items_that_it_names() -> None:
    assert judged(UUID(int=1), RECALL, DELETED, NOW).items == ("address", "name")
    assert judged(UUID(int=1), RECALL, replace(DELETED, items=("氏名",)), NOW).items == ("name",)
    inspected = replace(DELETED, way=Way.INSPECTION, paper=None)
    assert judged(UUID(int=1), RECALL, inspected, NOW).said == inspected
    half = replace(RECALL, confirmed=frozenset({"name"}))
    assert judged(UUID(int=1), half, DELETED, NOW).items == ("address",)
    assert judged(UUID(int=1), half, replace(DELETED, items=("name",)), NOW).items == ("name",), "something else now"
    with pytest.raises(UsageError, match="confirmed-already"):
        judged(UUID(int=1), replace(RECALL, confirmed=RECALL.items), DELETED, NOW)
    with pytest.raises(UsageError, match="not-noticed"):
        judged(UUID(int=1), replace(RECALL, noticed_at=None), DELETED, NOW)


def test_the_page_says_what_to_delete_until_when_and_to_whom_in_japanese(tmp_path: Path) -> None:
    made = signed(Settings(secrets=tmp_path), document(RECALL, "juki", term(), NOW)).document
    printed = page(made)
    said = (
        "利用停止通知", str(RECALL.id), "税務課", "賦課&lt;徴収", "提供契約が終了した", "番号法20条",
        "2026年05月31日まで", "総務課 内線1234", "1,234人（提供 5,678件）", "氏名", "2026-04-03から2026-04-30まで",
        "庁内連携条例、庁内連携条例・税", "17人", "台帳を参照", "□ 消去した", "□ 返却した", "□ 他の法令により保管する",
        made["signature"]["value"],
    )  # fmt: skip
    assert [each for each in said if each not in printed] == []
    assert [outside for outside in ("http:", "https:", "<script", "url(", "課<徴") if outside in printed] == []


@pytest.mark.parametrize(("stopped_on", "begins", "held"), [
    (None, date(2026, 4, 1), False), (TODAY, date(2026, 4, 1), True), (TODAY, TODAY, True),
    (TODAY, TODAY + timedelta(days=1), False),
])  # fmt: skip
def test_a_stop_is_about_the_contract_of_its_day_and_not_about_one_that_begins_later(
    stopped_on: date | None, begins: date, held: bool
) -> None:
    assert holds(stopped_on, replace(TAX, in_force_from=begins)) is held


SETTINGS = read({"HUB_PARTITIONS": "2"})
WHOLE = book.load()


@pytest.mark.trap("K5")
def test_a_subscriber_whose_feed_is_stopped_may_do_nothing_on_the_broker_and_nobody_else_loses_anything() -> None:
    before, after = wanted(WHOLE, SETTINGS), wanted(WHOLE, SETTINGS, {"child-policy", "prefecture"})
    gone = before.acls - after.acls
    assert {acl.principal for acl in gone} == {"subscriber-child-policy"}
    assert not {acl for acl in after.acls if acl.principal == "subscriber-child-policy"}
    assert before.topics == after.topics
    assert before.principals.keys() - after.principals.keys() == {"subscriber-child-policy"}


def test_what_is_taken_from_one_principal_is_its_rights_and_its_password_and_nothing_else() -> None:
    want = wanted(WHOLE, SETTINGS)
    other = frozenset(replace(acl, name=acl.name.replace("juki", "elsewhere")) for acl in want.acls)
    have = State(want.topics, dict(want.principals), want.acls | other)
    made = plan(without(have, "subscriber-child-policy", "juki"), have, "juki")
    assert {acl.principal for acl in made.remove_acls} == {"subscriber-child-policy"}
    assert (made.remove_principals, made.add_acls, made.create_principals, made.change_topics) == ((), (), (), ())
    alone = State(want.topics, dict(want.principals), want.acls)
    made = plan(without(alone, "subscriber-child-policy", "juki"), alone, "juki")
    assert made.remove_principals == ("subscriber-child-policy",)
    assert plan(without(alone, "nobody", "juki"), alone, "juki").empty
