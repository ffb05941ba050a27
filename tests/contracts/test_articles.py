"""Every item of a contract rests on a cited basis: the one rule that refuses a Book is the one that its pages tell."""

from pathlib import Path

import pytest

from contracts.articles import extracting, permitting
from contracts.book import Book, load
from contracts.law import NUMBER_ACT
from tests.contracts.books import SOUND, edited, refused, ruled, write


@pytest.fixture(scope="module")
def book() -> Book:
    return load()


def keys(book: Book, contract: str, item: str) -> list[str]:
    return [basis.key for basis in permitting(book, book.contracts[contract], item)]


def test_every_item_of_every_shipped_contract_rests_on_an_article(book: Book) -> None:
    unsupported = [(contract.id, item) for contract in book.contracts.values()
                   for item in (*contract.items, *contract.conditional)
                   if not permitting(book, contract, item)]  # fmt: skip
    assert unsupported == []


def test_what_lets_an_item_through_is_cited_and_names_it_or_its_sources(book: Book) -> None:
    for contract in book.contracts.values():
        for item in (*contract.items, *contract.conditional):
            about = {item, *book.items[item].derived_from}
            bases = permitting(book, contract, item)
            assert [basis.key for basis in bases] == [key for key in contract.basis if book.bases[key] in bases]
            assert all(about & (basis.permits | basis.when_granted) for basis in bases)


def test_an_item_that_the_contract_does_not_name_rests_on_nothing(book: Book) -> None:
    for contract in book.contracts.values():
        for item in book.items.keys() - {*contract.items, *contract.conditional}:
            assert permitting(book, contract, item) == ()


def test_only_the_number_act_lets_the_my_number_through(book: Book) -> None:
    for contract in book.contracts.values():
        assert all(basis.law == NUMBER_ACT for basis in permitting(book, contract, "my_number"))


@pytest.mark.parametrize(("item", "basis", "cited"), [
    ("my_number", ["番号法9条1項別表81"], ["番号法9条1項別表81"]),
    ("my_number", ["番号法9条1項別表81", "庁内連携条例"], ["番号法9条1項別表81"]),
    ("name", ["番号法9条1項別表81", "庁内連携条例"], ["庁内連携条例"]), ("name", ["番号法9条1項別表81"], []),
    ("nationality", ["庁内連携条例・子ども"], ["庁内連携条例・子ども"]), ("name", ["not-in-the-book"], []),
    ("atena_no", ["番号法9条1項別表81"], ["番号法9条1項別表81"]),
])  # fmt: skip
def test_what_is_extracted_rests_on_the_bases_of_the_order_alone_and_the_identifier_on_all_of_them(
    book: Book, item: str, basis: list[str], cited: list[str]
) -> None:
    found = extracting(book, book.contracts["child-policy"], item, basis)
    assert [one.key for one in found] == cited


def test_an_item_that_is_off_rests_on_what_would_let_it_through(book: Book) -> None:
    assert keys(book, "convenience-store", "my_number") == ["番号法19条6号"]
    assert keys(book, "convenience-store", "seal_registration") == ["印鑑条例"]
    assert keys(book, "child-policy", "nationality") == ["庁内連携条例・子ども"]


def test_a_derived_item_rests_on_the_bases_of_all_its_sources(tmp_path: Path) -> None:
    bases = ruled("庁内連携条例・子ども", 'permits = ["旧氏"', 'permits = ["国籍等", "旧氏"')
    text = edited(SOUND, (('"続柄"]', '"続柄", "日本国民か否か"]'),))
    assert keys(load(write(tmp_path, text, bases=bases)), "kosodate", "is_japanese") == ["庁内連携条例・子ども"]


def test_a_basis_for_what_is_granted_lets_no_item_through_that_is_not(tmp_path: Path) -> None:
    bases = ruled("庁内連携条例・子ども", 'permits = ["旧氏"', 'permits = ["個人番号", "旧氏"')
    bases = ruled("番号法9条1項別表81", 'permits = ["個人番号", ', 'when_granted = ["個人番号"]\npermits = [', bases)
    text = edited(SOUND, (('"続柄"]', '"続柄", "個人番号"]'),))
    assert [found.code for found in refused(write(tmp_path, text, bases=bases))] == ["my-number-without-number-act"]
