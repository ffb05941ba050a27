"""Grouping letters, and when one may be tried again."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from consumers.letters import Letter, check, grouped
from hub.errors import NotPermitted
from hub.seal import ContentKey, Place, Sheet, seal

HASH = "a" * 64


def letter(n: int, code: str = "counterpart-not-accepted", behind: int = 0) -> Letter:
    return Letter(UUID(int=n), "tax", code, datetime(2026, 4, n, tzinfo=UTC), 1, behind)


def token(ctr: str = HASH) -> bytes:
    place = Place("tax", "juki.disclosures.tax", 0)
    return seal(ContentKey.of("tax.2026-04-01", bytes(32)), place, ctr, 1, [Sheet(1, str(UUID(int=1)), b"{}", b"")])[0]


def test_letters_are_grouped_by_code_with_who_waits() -> None:
    groups = grouped([letter(1, "altered-token"), letter(2, behind=3), letter(5, behind=1)])
    assert [(g.code, g.count, g.first.day, g.last.day, g.behind) for g in groups] == [
        ("altered-token", 1, 1, 1, 0),
        ("counterpart-not-accepted", 2, 2, 5, 4),
    ]


def test_no_letters_make_no_groups() -> None:
    assert grouped([]) == []


def test_a_letter_of_the_contract_in_force_may_go() -> None:
    check(token(), "tax", {"tax": HASH})


@pytest.mark.parametrize("in_force", [{"tax": "b" * 64}, {}], ids=["another-hash", "ended"])
def test_a_letter_of_another_contract_needs_to_be_decided_again(in_force: dict[str, str]) -> None:
    with pytest.raises(NotPermitted, match="decide-again"):
        check(token(), "tax", in_force)


def test_a_letter_that_is_no_token_never_goes() -> None:
    with pytest.raises(NotPermitted):
        check(None, "tax", {"tax": HASH})
