"""The Book that processes work by: whole, lawful, and in production approved by somebody; and which ways it may use."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from consumers.adapters import ADAPTERS
from contracts.book import load
from contracts.contract import DEPARTMENTAL
from contracts.errors import BookRefused
from hub import given
from hub.config import read
from hub.errors import NotPermitted
from hub.wanted import wanted
from hub.ways import ADAPTED, FILED, PULLED, READ, waiting, walked
from tests.contracts.agreed import agreed
from tests.contracts.books import SOUND, edited, write

COUNTERPARTS = Path(__file__).parents[3] / "infra" / "counterparts"
SAMPLE = (('ref = "令和8年 決裁第123号"', 'ref = "令和8年 決裁第123号", sample = true'),)


def test_production_refuses_a_contract_that_nobody_has_approved(tmp_path: Path) -> None:
    write(tmp_path, edited(SOUND, SAMPLE), "kosodate")
    with pytest.raises(NotPermitted) as refused:
        given.book(read({"HUB_ENV": "production", "HUB_CONTRACTS": str(tmp_path)}))
    assert (refused.value.code, refused.value.place) == ("sample-approval", "kosodate")


@pytest.mark.parametrize(("env", "text"), [("development", edited(SOUND, SAMPLE)), ("production", SOUND)])
def test_development_takes_samples_and_production_what_is_approved(tmp_path: Path, env: str, text: str) -> None:
    write(tmp_path, text)
    assert [*given.book(read({"HUB_ENV": env, "HUB_CONTRACTS": str(tmp_path)})).contracts] == ["kosodate"]


def test_no_book_no_process(tmp_path: Path) -> None:
    with pytest.raises(BookRefused):
        given.book(read({"HUB_CONTRACTS": str(tmp_path)}))


def test_the_ways_that_are_walked_are_those_that_have_an_adapter_and_a_stand_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert {*ADAPTERS} == ADAPTED
    monkeypatch.setattr(sys, "path", [str(COUNTERPARTS), *sys.path])
    import standin  # noqa: PLC0415 - no package: a script beside its kinds

    assert {*standin.KINDS} == ADAPTED
    assert ADAPTED.isdisjoint(DEPARTMENTAL)


@pytest.mark.parametrize(("via", "kept"), [("topic", "604800000"), ("prefecture", "604800000"), ("rest", "604800000"),
                                           ("csv", "604800000"), ("immigration", "604800000")])  # fmt: skip
def test_what_nobody_reads_yet_does_not_expire(via: str, kept: str) -> None:
    contract = agreed(via=via)
    state = wanted(replace(load(), contracts={"kosodate": contract}), read({}))
    assert state.topics["juki.disclosures.kosodate"].config["retention.ms"] == kept
    assert walked(contract) is (via in ADAPTED | READ | PULLED | FILED)
    assert ("kosodate" in waiting({"kosodate": contract})) is (kept == "-1")
