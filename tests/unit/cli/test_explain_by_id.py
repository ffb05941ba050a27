"""`jukihub explain` of a change that was carried, by what is kept of it, also once the change itself is not."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

import pytest

from contracts.book import Book
from contracts.change import Change, parse
from contracts.contract import Contract
from contracts.decide import Disclosure, decide
from hub import books, lookback
from hub.errors import UsageError
from hub.lookback import Confirmed, Stored, Telling
from tests.unit.cli.explaining import ARTICLE, BOOK, HEAD, ID, MOVED_IN, Ask, ask, on_prefecture

__all__ = ["ask"]

CHANGE = parse(MOVED_IN)
DAY = date(2026, 4, 2)
Keep = Callable[..., None]


def telling(contract: Contract, **changed: Any) -> Telling:
    told = decide(CHANGE, contract, DAY)
    assert isinstance(told, Disclosure)
    known = Telling(contract.id, told.state, tuple(told.items), contract.hash, 7, 3, "d")
    return replace(known, **changed)


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Lets the ledger have the change, and Books by day and by hash."""

    def kept(
        change: Change | None = CHANGE, book: Book | None = BOOK, told: tuple[Telling, ...] | None = None,
        routed_on: date = DAY, of_day: Book | None = None, confirmed: tuple[Confirmed, ...] = (),
        operated: tuple[Confirmed, ...] = (),
    ) -> None:  # fmt: skip
        tellings = (telling(BOOK.contracts["prefecture"]),) if told is None else told

        async def stored(_settings: Any, change_id: str) -> Stored | None:
            known = Stored(ID, DAY, routed_on, book, tellings, change, confirmed=confirmed)
            return known if change_id == ID else None

        async def of_operation(_settings: Any, _operation: str) -> tuple[Confirmed, ...]:
            return operated

        async def book_of_day(_settings: Any, _day: date) -> Book | None:
            return of_day

        async def book_by_hash(_settings: Any, start: str) -> Book:
            if not BOOK.hash.startswith(start):
                raise UsageError("unknown-book", start)
            return BOOK

        monkeypatch.setattr(lookback, "stored", stored)
        monkeypatch.setattr(lookback, "operated", of_operation)
        monkeypatch.setattr(books, "book_of_day", book_of_day)
        monkeypatch.setattr(books, "book_by_hash", book_by_hash)

    return kept


def with_prefecture(**changed: Any) -> Book:
    contracts = {**BOOK.contracts, "prefecture": replace(BOOK.contracts["prefecture"], **changed)}
    return Book.of(replace(BOOK, contracts=MappingProxyType(contracts)).document())


@pytest.mark.parametrize("name", [ID, ID.upper()])
def test_a_change_that_was_carried_is_explained_by_its_id(ask: Ask, keep: Keep, name: str) -> None:
    keep()
    exit_code, out, err = ask(*on_prefecture(name))
    assert (exit_code, err) == (0, "")
    assert "台帳：知らせた（entered、通番 7）" in out
    assert f"  住所  address  値あり  {ARTICLE}\n" in out


def test_json_has_what_the_ledger_has(ask: Ask, keep: Keep) -> None:
    keep()
    contract = BOOK.contracts["prefecture"]
    assert json.loads(ask(*on_prefecture(ID, "--json"))[1])["ledger"] == {
        "told": True, "routed_on": "2026-04-02", "state": "entered", "items": list(contract.items),
        "contract_hash": contract.hash, "seq": 7, "partition": 3, "disclosure": "d",
    }  # fmt: skip


def test_what_was_read_back_there_is_shown_beside_what_was_told(ask: Ask, keep: Keep) -> None:
    at = datetime(2026, 4, 1, 15, 30, 5, tzinfo=UTC)
    keep(confirmed=(Confirmed("prefecture", "erased", at, "ab" * 32), Confirmed("tax", "erased", at, "cd" * 32)))
    _, out, _ = ask(*on_prefecture(ID))
    assert "台帳：2026-04-02 00:30:05 に相手方で読み直して確認した（消去済み、受領証の要約 abababababab）" in out
    assert "cdcd" not in out
    assert json.loads(ask(*on_prefecture(ID, "--json"))[1])["ledger"]["confirmed"] == [
        {"what": "erased", "at": at.isoformat(), "receipt_sha256": "ab" * 32}
    ]  # fmt: skip


def test_a_copy_that_the_city_has_erased_is_explained_by_the_id_of_its_request(ask: Ask, keep: Keep) -> None:
    request, at = "01930000-0000-7000-8000-000000000009", datetime(2026, 4, 1, 15, 30, 5, tzinfo=UTC)
    keep(operated=(Confirmed("intermediate-server", "copy-erased", at, "ab" * 32),))
    of_it = (request, "--contract", "intermediate-server")
    exit_code, out, err = ask(*of_it)
    assert (exit_code, err) == (0, "")
    assert f"市の操作 {request}" in out
    assert "2026-04-02 00:30:05 に相手方で読み直して確認した（副本を市の操作で消去、受領証の要約 abababababab）" in out
    assert json.loads(ask(*of_it, "--json")[1]) == {
        "operation": request, "contract": "intermediate-server",
        "confirmed": [{"what": "copy-erased", "at": at.isoformat(), "receipt_sha256": "ab" * 32}],
    }  # fmt: skip
    exit_code, out, err = ask(*on_prefecture(request))
    assert (exit_code, out, "not-of-this-contract" in err) == (2, "", True)
    keep()
    assert (ask(*of_it)[0], "unknown-change" in ask(*of_it)[2]) == (1, True)


def test_a_silence_is_explained_by_its_id(ask: Ask, keep: Keep) -> None:
    keep(change=parse(HEAD.replace(b"000000000002", b"000000000001")), told=())
    exit_code, out, _ = ask(*on_prefecture(ID))
    assert (exit_code, "[not-heard]" in out, "台帳：知らせていない" in out) == (0, True, True)


@pytest.mark.parametrize("told", [
    (), (telling(BOOK.contracts["prefecture"], state="inside"),),
    (telling(BOOK.contracts["prefecture"], items=("name",)),),
    (telling(BOOK.contracts["prefecture"], contract_hash="0" * 64),),
])  # fmt: skip
def test_a_ledger_that_says_something_else_is_an_error(ask: Ask, keep: Keep, told: tuple[Telling, ...]) -> None:
    keep(told=told)
    exit_code, out, err = ask(*on_prefecture(ID))
    assert (exit_code, err.startswith(f"jukihub: {ID}: ledger-differs. ")) == (1, True)
    assert "規則" in out


def test_what_was_told_though_it_is_silence_now_is_an_error(ask: Ask, keep: Keep) -> None:
    keep(change=parse(HEAD.replace(b"000000000002", b"000000000001")))
    assert ask(*on_prefecture(ID))[0] == 1


def test_a_contract_that_had_ended_when_the_change_was_routed_is_no_contradiction(ask: Ask, keep: Keep) -> None:
    keep(book=with_prefecture(in_force_until=DAY), told=(), routed_on=date(2026, 4, 3))
    exit_code, out, _ = ask(*on_prefecture(ID))
    assert (exit_code, "処理した日（2026-04-03）には、契約の効力が終わっていた" in out) == (0, True)


def test_a_contract_that_ends_later_is_a_contradiction(ask: Ask, keep: Keep) -> None:
    keep(book=with_prefecture(in_force_until=DAY), told=())
    assert ask(*on_prefecture(ID))[0] == 1


@pytest.mark.trap("input-14")
def test_with_a_day_the_book_of_that_day_answers_and_the_ledger_is_only_shown(ask: Ask, keep: Keep) -> None:
    other = with_prefecture(hears=frozenset({"DEATH"}))
    keep(of_day=other)
    exit_code, out, _ = ask(*on_prefecture(ID, "--on", "2026-05-01", "--json"))
    told = json.loads(out)
    assert (exit_code, told["book"], told["day"], told["outcome"]) == (0, other.hash, "2026-05-01", "not-heard")
    assert told["ledger"]["told"] is True


def test_a_day_without_a_book_is_an_error(ask: Ask, keep: Keep) -> None:
    keep()
    exit_code, out, err = ask(*on_prefecture(ID, "--on", "2020-01-01"))
    assert (exit_code, out, "no-book-of-day" in err) == (1, "", True)


@pytest.mark.trap("input-14")
@pytest.mark.parametrize("name", [ID, "-"])
def test_a_kept_book_may_be_named_by_its_hash(ask: Ask, keep: Keep, name: str) -> None:
    keep(book=None)
    exit_code, out, _ = ask(*on_prefecture(name, "--book", BOOK.hash[:12].upper(), "--json"), given=MOVED_IN)
    assert (exit_code, json.loads(out)["book"]) == (0, BOOK.hash)


@pytest.mark.trap("input-14")
@pytest.mark.parametrize("start", ["0123", "zzzzzzzzzz", "shipped", "0" * 8])
def test_what_is_no_kept_book_is_a_usage_error(ask: Ask, keep: Keep, start: str) -> None:
    keep()
    exit_code, out, err = ask(*on_prefecture(ID, "--book", start))
    assert (exit_code, out, "unknown-book" in err) == (2, "", True)


def test_an_unknown_id_is_an_error_with_a_remedy(ask: Ask, keep: Keep) -> None:
    keep()
    exit_code, out, err = ask(*on_prefecture(ID[:-1] + "9"))
    assert (exit_code, out, err.startswith("jukihub: CHANGE: unknown-change. ")) == (1, "", True)


def test_a_book_that_was_not_kept_has_to_be_named(ask: Ask, keep: Keep) -> None:
    keep(book=None)
    exit_code, out, err = ask(*on_prefecture(ID))
    assert (exit_code, out, "book-not-kept" in err) == (1, "", True)


# Once the change itself is no longer readable


@pytest.mark.trap("input-14")
def test_what_was_told_is_explained_out_of_the_ledger_alone(ask: Ask, keep: Keep) -> None:
    keep(change=None)
    exit_code, out, _ = ask(*on_prefecture(ID))
    assert exit_code == 3
    assert BOOK.hash[:12] in out.splitlines()[0]
    assert "台帳：知らせた（entered" in out
    assert "もう読めない" in out
    assert f"  住所  address    {ARTICLE}\n" in out


def test_of_a_silence_the_ledger_alone_says_that_nobody_can_tell_why(ask: Ask, keep: Keep) -> None:
    keep(change=None, told=())
    exit_code, out, _ = ask(*on_prefecture(ID))
    assert (exit_code, "知らせていない" in out, "理由は示せない" in out, "住所" in out) == (3, True, True, False)


@pytest.mark.parametrize("book", [BOOK, None])
def test_json_out_of_the_ledger_alone(ask: Ask, keep: Keep, book: Book | None) -> None:
    keep(change=None, book=book)
    exit_code, out, _ = ask(*on_prefecture(ID, "--json"))
    told = json.loads(out)
    assert (exit_code, told["told"], told["book"]) == (3, True, book and book.hash)
    assert [each["item"] for each in told["items"]] == list(BOOK.contracts["prefecture"].items)
    assert {bool(each["bases"]) for each in told["items"]} == {book is not None}


@pytest.mark.parametrize("option", [("--on", "2026-04-02"), ("--book", BOOK.hash)])
def test_what_is_no_longer_readable_cannot_be_decided_anew(ask: Ask, keep: Keep, option: tuple[str, str]) -> None:
    keep(change=None)
    exit_code, out, err = ask(*on_prefecture(ID, *option))
    assert (exit_code, out, "change-unreadable" in err) == (1, "", True)
