"""What the line tells: payloads as they go under the seal, for every contract of the shipped Book."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from functools import cache
from itertools import islice, product
from typing import Any

import orjson

from contracts import book
from contracts.change import Change
from contracts.contract import Contract
from contracts.kinds import ENTRY, REMOVAL, kinds
from hub.config import read
from tests.cutting import payload
from tests.people import change, record

BOOK = book.load()
CONTRACTS = [*BOOK.contracts.values()]
SETTINGS = read({})
NAMED = {"argvalues": CONTRACTS, "ids": [contract.id for contract in CONTRACTS]}
_BORN = ("2024-04-01", "2016-04-01", "1980-04-01", "1950-04-01")
_PEOPLE = [record(birth_date=born, nationality=country) for born, country in product(_BORN, (None, "XXA"))]


def told(happened: Change, contract: Contract) -> Any:
    """What `contract` is told of `happened`, by the very code of the line; None for silence."""
    return told_on(happened, contract, happened.day)


def told_on(happened: Change, contract: Contract, on: date) -> Any:
    """The same, decided on another day than that of recording."""
    one = payload(happened, contract, on, "00000000-0000-5000-8000-000000000000")
    return None if one is None else orjson.loads(one)


def payloads(contract: Contract) -> Iterator[Any]:
    """What the contract is told of each kind that it is told at all, by the first person of whom it is."""
    for kind in sorted(kinds()):
        told_of_kind = (told(_happened(kind, at), contract) for at in range(len(_PEOPLE)))
        yield from islice((one for one in told_of_kind if one is not None), 1)


def _happened(kind: str, at: int) -> Change:
    """A change in which one person's record becomes that of the next."""
    action = kinds()[kind].action
    return change(kind, None if action == ENTRY else _PEOPLE[at - 1], None if action == REMOVAL else _PEOPLE[at])


def full(contract: Contract) -> Any:
    """One that holds every item of the contract; a copy, to be spoiled."""
    return deepcopy(_full(contract.id))


@cache
def _full(contract: str) -> Any:
    return next(one for one in payloads(BOOK.contracts[contract]) if one["state"] != "left")
