"""Every row of the decision corpus, on the very bytes: what goes under the seal, and what `jukihub decide` writes.

One test answers for all rows of one contract and one kind, and names each row that is not as the law has it.
"""

from functools import cache
from typing import Any

import orjson
import pytest

from contracts.book import load
from contracts.change import Change
from contracts.contract import Contract
from hub.cli.decide import answers
from tests.contracts.corpus import (
    GRANTS,
    NAMES,
    PERIODS,
    VALID,
    Answer,
    Authority,
    Row,
    every_row,
    expected,
    happened,
    leaked,
    rows,
    stories,
)  # fmt: skip
from tests.contracts.policy import ACTIONS, KINDS, SUBSCRIBERS
from tests.cutting import payload

BOOK = load()
DISCLOSURE = "d15c0000-0000-5000-8000-000000000001"


@cache
def under(contract: str, authority: Authority) -> Contract:
    """The shipped contract with what the authority adds to it."""
    return authority.put_on(BOOK.contracts[contract])


def sealed(change: Change, contract: Contract) -> bytes:
    """What goes under the seal; nothing where nothing is told."""
    return payload(change, contract, change.day, DISCLOSURE) or b""


def written(change: Change, contract: Contract) -> bytes:
    """The line of `jukihub decide --silences`."""
    return b"".join(answers(change, [contract], change.day, silences=True))


def envelope(change: Change, row: Row) -> dict[str, Any]:
    """What stands around the items under the seal."""
    return {
        "id": DISCLOSURE, "contract": row.terms.id, "version": change.version,
        "recorded_at": change.recorded_at.isoformat(),
    }  # fmt: skip


def told(around: dict[str, Any], answer: Answer, items: list[str]) -> dict[str, Any]:
    """The content that is expected, its items in the order in which they were found."""
    content = around | {"state": answer.state, "items": {item: (answer.items or {})[item] for item in items}}
    return content if answer.protected is None else content | {"protected": answer.protected}


def faults(row: Row) -> list[str]:
    """What is not as it should be about a row; nothing where all is."""
    change = happened(row)
    contract, answer = under(row.terms.id, row.authority), expected(row, change)
    under_seal, line = sealed(change, contract), written(change, contract)
    if answer.silence:
        silence = {"change": change.id, "contract": row.terms.id, "silence": answer.silence}
        return _differ(row, "seal", under_seal, b"") + _differ(row, "line", line, orjson.dumps(silence) + b"\n")
    if not under_seal:
        return [f"{row.name}: {line!r} instead of {answer.state}"]
    found = list(orjson.loads(under_seal)["items"])
    if len(found) != len(answer.items or {}) or set(found) != set(answer.items or {}):
        return [f"{row.name}: items {found}"]
    in_line = told({"change": change.id, "contract": row.terms.id}, answer, found)
    return [
        *_differ(row, "seal", under_seal, orjson.dumps(told(envelope(change, row), answer, found))),
        *_differ(row, "line", line, orjson.dumps(in_line) + b"\n"),
        *_leaks(row, change, answer, under_seal + line),
    ]


def _differ(row: Row, where: str, found: bytes, wanted: bytes) -> list[str]:
    return [] if found == wanted else [f"{row.name}: {where} {found.decode()} instead of {wanted.decode()}"]


def _leaks(row: Row, change: Change, answer: Answer, data: bytes) -> list[str]:
    return [f"{row.name}: {secret} lies in the bytes" for secret in leaked(row, change, answer, data)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("contract", SUBSCRIBERS)
def test_in_the_bytes_lies_what_the_law_permits_and_nothing_else(contract: str, kind: str) -> None:
    assert [fault for row in rows(SUBSCRIBERS[contract], kind) for fault in faults(row)] == []


def test_the_corpus_is_of_every_contract_that_is_shipped() -> None:
    assert set(SUBSCRIBERS) == set(BOOK.contracts)


@pytest.fixture(scope="module")
def corpus() -> list[Row]:
    """Every row."""
    return list(every_row())


def test_the_corpus_holds_more_than_ten_thousand_rows_and_no_row_twice(corpus: list[Row]) -> None:
    assert len(corpus) > 10_000
    assert len({row.name for row in corpus}) == len(corpus)


def test_the_corpus_crosses_every_item_contract_kind_and_state(corpus: list[Row]) -> None:
    crossed = {(row.item, row.terms.id, row.kind, row.story.state) for row in corpus if row.authority is VALID}
    wanted = {
        (item, terms.id, kind, story.state)
        for terms in SUBSCRIBERS.values() for kind in KINDS for story in stories(terms.people, ACTIONS[kind])
        for item in NAMES
    }  # fmt: skip
    assert wanted - crossed == set()
    assert {state for _, _, _, state in crossed} == {"entered", "inside", "deleted", "left", "outside"}


def test_every_authority_meets_every_contract_kind_and_state(corpus: list[Row]) -> None:
    met = {(row.authority.name, row.terms.id, row.kind, row.story.state) for row in corpus}
    wanted = {
        (authority.name, terms.id, kind, story.state)
        for terms in SUBSCRIBERS.values() for kind in KINDS for story in stories(terms.people, ACTIONS[kind])
        for authority in (VALID, *PERIODS, *(GRANTS if terms.conditional else ()))
    }  # fmt: skip
    assert wanted - met == set()


def test_every_answer_occurs(corpus: list[Row]) -> None:
    """A corpus in which one silence never occurs would not notice its absence; nobody in the policy withholds."""
    answers_ = [expected(row, happened(row)) for row in corpus if row.kind in ("BIRTH", "RELOCATE", "DEATH")]
    assert {answer.silence or answer.state for answer in answers_} == {
        "not-in-force", "outside", "not-heard", "nothing-changed", "entered", "inside", "deleted", "left",
    }  # fmt: skip
