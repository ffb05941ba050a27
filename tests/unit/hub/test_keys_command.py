"""`jukihub keys grant`: to departments, which open their disclosures themselves, and to nobody else."""

import pytest

from contracts.book import load
from contracts.contract import DEPARTMENTAL
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
