"""A notice (届出) filed by a person: one act each, on the command line and over HTTP alike, noted in any case."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from contracts.door import read_json
from hub.acting import Details
from hub.database import Database
from hub.errors import ChangeRefused
from hub.people import Act, Person
from producers import todokede
from producers.refusals import NoticeRefused
from producers.todokede import Answer

Acting = AbstractAsyncContextManager[Person | None]
"""The time of one act; nobody is named where nobody has logged in, which development alone lets pass."""


class Clerk(Protocol):
    """Whoever files: a request of the API, or a command that is typed."""

    def acting(self, act: Act, object: str, details: Details | None = None) -> Acting:  # noqa: A002 - as authorise calls it
        """One act, authorised and noted."""


async def filed(clerk: Clerk, registry: Database, body: bytes, now: datetime) -> Answer:
    """The answer to one notice; what was refused is a value. NotPermitted where the clerk may not file."""
    receipt = receipt_of(body)
    details: dict[str, str | int] = {}
    try:
        async with clerk.acting(Act.TODOKEDE_FILE, named(receipt), details):
            answer = await todokede.file(registry, read_json(body), now)
            details["count"], details["ended"] = len(answer.changes), answer.result
            return answer
    except (NoticeRefused, ChangeRefused) as refused:
        return Answer("refused", receipt, (), refused.code, refused.place)


def named(receipt: str | None) -> str:
    """How the audit calls a notice: by its receipt, unless that is digits alone and might be somebody's number."""
    return "todokede" if receipt is None or receipt.isdecimal() else receipt


def receipt_of(body: bytes) -> str | None:
    """The receipt number of a notice, where it can be read."""
    try:
        return todokede.receipt_of(read_json(body))
    except ChangeRefused:
        return None
