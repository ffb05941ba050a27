"""tests/CATALOGUE.md is what the marks on the tests say, and every row has its tests or a reason why it has none.

So is hub/THREATS.md, with its twin; there every row has a test that plays the attacker on real servers.
"""

from pathlib import Path

import pytest

from tests.catalogue.marks import FAULTS, MEMORY, SERVERS, Marked, marked
from tests.catalogue.page import PAGE, _listed, page
from tests.catalogue.rows import INPUTS, TRAPS, Row, faults, rows
from tests.threats import rows as threats
from tests.threats.page import pages

TRAPS_BY_GROUP = {"A": 24, "F": 11, "P": 14, "C": 15, "V": 9, "D": 14, "K": 8, "S": 3, "M": 6, "W": 4}


def test_the_catalogue_is_the_one_that_would_be_generated() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.catalogue --write"


def test_every_row_has_its_tests_or_a_reason_and_every_mark_its_row() -> None:
    assert faults([*rows(INPUTS), *rows(TRAPS)], marked()) == []


def test_no_input_and_no_trap_is_missing() -> None:
    traps = [f"{group}{number}" for group, count in TRAPS_BY_GROUP.items() for number in range(1, count + 1)]
    assert [row.id for row in rows(INPUTS)] == [f"input-{number:02d}" for number in range(1, 26)]
    assert sorted(row.id for row in rows(TRAPS)) == sorted(traps)


def test_a_row_says_what_is_tried_and_what_must_happen_and_says_it_once() -> None:
    said = [text for row in (*rows(INPUTS), *rows(TRAPS)) for text in (row.tried, row.must)]
    assert (min(map(len, said)) > 10, len(said) - len(set(said))) == (True, 0)


@pytest.mark.parametrize(("row", "mark", "fault"), [
    (Row("A1", "tried", "must"), None, "A1 has neither a test nor a reason"),
    (Row("A1", "tried", "must", "open"), Marked(("A9",), "test_x.py", "test_y", MEMORY),
     "tests/test_x.py::test_y belongs to A9, which is no row"),
])  # fmt: skip
def test_what_does_not_fit_is_named(row: Row, mark: Marked | None, fault: str) -> None:
    assert faults([row], [mark] if mark else []) == [fault]


def test_the_page_of_threats_is_the_one_that_would_be_generated_in_both_languages() -> None:
    for file, text in pages().items():
        assert file.read_text(encoding="utf-8") == text, "run: python -m tests.threats --write"


def test_every_threat_is_played_by_a_test_and_every_mark_has_its_row() -> None:
    model = threats.model()
    assert threats.faults(model.threats, marked(mark=threats.MARK)) == []
    assert len({threat.id for threat in model.threats}) == len(model.threats)
    assert [text for text in model.outside if text.keys() != {*threats.LANGUAGES}] == []


SAID = {"en": "said", "ja": "述べた"}


@pytest.mark.parametrize(("threat", "mark", "fault"), [
    (threats.Threat("B1", SAID, SAID, {}), None, "B1 has no test that plays it on real servers"),
    (threats.Threat("B1", SAID, SAID, {}), Marked(("B1",), "test_x.py", "test_y", MEMORY),
     "B1 has no test that plays it on real servers"),
    (threats.Threat("B1", SAID, SAID, {}), Marked(("B1", "B99"), "test_x.py", "test_y", SERVERS),
     "tests/test_x.py::test_y belongs to B99, which is no row"),
    (threats.Threat("B1", SAID, {"en": "said"}, {}), Marked(("B1",), "test_x.py", "test_y", SERVERS),
     "B1 is not said in every language"),
    (threats.Threat("B1", SAID, SAID, {"ja": "述べた"}), Marked(("B1",), "test_x.py", "test_y", SERVERS),
     "B1 is not said in every language"),
])  # fmt: skip
def test_a_threat_that_does_not_fit_is_named(threat: threats.Threat, mark: Marked | None, fault: str) -> None:
    assert threats.faults([threat], [mark] if mark else []) == [fault]


def test_a_mark_is_found_with_its_speed(tmp_path: Path) -> None:
    mark = '@pytest.mark.trap("A1", "input-01")\n'
    (tmp_path / "integration").mkdir()
    (tmp_path / "conftest.py").write_text("@pytest.fixture\ndef world(house): ...\n")
    (tmp_path / "test_a.py").write_text(f"{mark}async def test_one(world): ...\n\n\n{mark}def test_two(): ...\n")
    (tmp_path / "integration" / "test_b.py").write_text(f"def test_unmarked(): ...\n\n\n{mark}def test_three(): ...\n")
    assert [(one.name, one.ids, one.speed) for one in marked(tmp_path)] == [
        ("test_three", ("A1", "input-01"), SERVERS), ("test_one", ("A1", "input-01"), SERVERS),
        ("test_two", ("A1", "input-01"), MEMORY),
    ]  # fmt: skip
    assert FAULTS not in {one.speed for one in marked(tmp_path)}


@pytest.mark.parametrize(("module", "own", "rough"), [
    ("", "", False), ("pytestmark = pytest.mark.faults\n", "", True), ("", "@pytest.mark.faults\n", True),
    ("pytestmark = [pytest.mark.faults, pytest.mark.timeout(9)]\n", "", True),
    ("pytestmark = pytest.mark.timeout(9)\n", "", False),
])  # fmt: skip
def test_what_make_test_leaves_out_is_known(tmp_path: Path, module: str, own: str, rough: bool) -> None:
    text = f'{module}@pytest.mark.trap("A1")\n{own}def test_one(): ...\n'
    (tmp_path / "test_a.py").write_text(text, encoding="utf-8")
    found = marked(tmp_path)
    assert [one.rough for one in found] == [rough]
    assert ("`test_one` (make faults)" in "".join(_listed(found))) is rough
