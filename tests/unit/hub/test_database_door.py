"""A connection that breaks while it is given back to the pool changes nothing of what its statement came to."""

from typing import Any

import asyncpg
import pytest

from hub.database import Database
from hub.errors import DatabaseError

BROKEN = [
    asyncpg.ConnectionDoesNotExistError("x"), asyncpg.InternalClientError("x"), ConnectionResetError(), TimeoutError(),
]  # fmt: skip


class BrokenPool:
    """Lends one connection, and fails when it comes back, as after `pg_terminate_backend`."""

    def __init__(self, failure: Exception, answer: Any) -> None:
        self._failure = failure
        self._answer = answer

    async def acquire(self, **_options: Any) -> "BrokenPool":
        return self

    async def release(self, _raw: Any) -> None:
        raise self._failure

    def as_it_was(self) -> None:
        pass

    async def fetchval(self, _sql: str) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize("failure", BROKEN, ids=lambda failure: type(failure).__name__)
async def test_an_answer_stays_an_answer(failure: Exception) -> None:
    assert await Database(BrokenPool(failure, 7)).fetchval("SELECT 7") == 7


@pytest.mark.parametrize("failure", BROKEN, ids=lambda failure: type(failure).__name__)
async def test_a_refusal_stays_a_refusal(failure: Exception) -> None:
    with pytest.raises(DatabaseError) as refused:
        await Database(BrokenPool(failure, asyncpg.UniqueViolationError("x"))).fetchval("SELECT 7")
    assert refused.value.code == "sqlstate-23505"
