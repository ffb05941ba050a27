"""What is over of a contract, from its forms before and the one of now; and until when to confirm. Pure."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contracts import book
from contracts.contract import Grant
from contracts.errors import JukiError
from contracts.recall import Over, over, term

TODAY = date(2026, 5, 1)
NOW = replace(book.load().contracts["tax"], items=("atena_no", "name", "address"), granted=())
GRANTED = Grant("nationality", NOW.approved, date(2026, 4, 10), date(2026, 4, 30))
WIDE = replace(NOW, items=("atena_no", "name", "address", "birth_date"))
EVERYTHING = ("address", "atena_no", "name")


@pytest.mark.parametrize(("before", "now", "stopped", "gone"), [
    ([NOW], NOW, False, None),
    ([], NOW, False, None),
    ([], None, False, None),
    ([NOW], None, False, Over("ended", EVERYTHING)),
    ([NOW], NOW, True, Over("ended", EVERYTHING)),
    ([NOW], replace(NOW, in_force_until=date(2026, 4, 30)), False, Over("ended", EVERYTHING)),
    ([NOW], replace(NOW, in_force_until=TODAY), False, None),
    ([NOW], replace(NOW, in_force_from=date(2026, 5, 2)), False, Over("ended", EVERYTHING)),
    ([WIDE], NOW, False, Over("narrowed", ("birth_date",))),
    ([WIDE, NOW], None, False, Over("ended", ("address", "atena_no", "birth_date", "name"))),
    ([NOW], WIDE, False, None),
    ([replace(NOW, granted=(GRANTED,))], replace(NOW, granted=(GRANTED,)), False, Over("narrowed", ("nationality",))),
    ([replace(NOW, granted=(GRANTED,))], replace(NOW, granted=(replace(GRANTED, until=None),)), False, None),
    ([replace(WIDE, identifier="name")], replace(NOW, items=("atena_no",), identifier="name"), False,
     Over("narrowed", ("address", "birth_date"))),
])  # fmt: skip
def test_what_may_be_told_no_longer_is_over(before, now, stopped, gone) -> None:  # type: ignore[no-untyped-def]
    assert over(before, now, TODAY, stopped=stopped) == gone


def test_the_term_is_the_one_that_lawyers_have_read() -> None:
    assert (term().name, term().within.days, term().certainty) == ("番号法20条", 30, "U")
    assert term().ends(date(2026, 5, 1)) == date(2026, 5, 31)  # the day of the notice does not count


def test_a_city_has_a_term_of_its_own_and_a_wrong_one_is_named_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    shipped = (Path(book.__file__).parent / "law" / "recall.toml").read_text(encoding="utf-8")
    file = tmp_path / "law" / "recall.toml"
    file.write_text(shipped.replace("days = 30", "days = 14"), encoding="utf-8")
    assert term(tmp_path).within.days == 14
    term.cache_clear()
    for wrong, place in (("days = 0", "within.days"), ("weeks = 2", "within.days, within.weeks"), ("", "within.days")):
        file.write_text(shipped.replace("days = 30", wrong), encoding="utf-8")
        with pytest.raises(JukiError, match=f"recall.toml: {place}: bad-recall-term"):
            term(tmp_path)
    file.write_text("[confirmation", encoding="utf-8")
    with pytest.raises(JukiError, match="bad-recall-term"):
        term(tmp_path)
