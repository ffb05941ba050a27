"""`jukihub keys grant`: to departments, which open their disclosures themselves, and to nobody else."""

import pytest
import typer
from typer.testing import CliRunner

from contracts.book import load
from contracts.contract import DEPARTMENTAL
from hub import cli
from hub.cli.keys import check
from hub.errors import NotPermitted, UsageError

CONTRACTS = load().contracts


def test_a_department_may_be_granted_its_keys() -> None:
    check(CONTRACTS["child-policy"])


@pytest.mark.parametrize("name", [name for name, one in CONTRACTS.items() if one.via not in DEPARTMENTAL])
def test_the_keys_of_a_counterpart_outside_are_granted_to_nobody(name: str) -> None:
    with pytest.raises(NotPermitted, match="not-a-department"):
        check(CONTRACTS[name])


def test_the_keys_of_no_contract_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown-contract"):
        check(None)


@pytest.mark.parametrize("words", [
    ["keys", "grant", "--contract", "tax", "--to", __file__, "--days"],
    ["clients", "key", "grant", "--contract", "tax", "--days"],
])  # fmt: skip
def test_keys_are_granted_for_a_week_to_come_at_most(words: list[str]) -> None:
    refused = CliRunner().invoke(cli.build(words), [*words, "8"], standalone_mode=False).exception
    assert isinstance(refused, typer.BadParameter)
    assert "less than or equal to 7" in refused.message
