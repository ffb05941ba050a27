"""What the relay's process says beside what it carries: whose protection has run out."""

import asyncio
from typing import Any

import orjson
import pytest

from hub import metrics
from hub.errors import DatabaseError
from hub.lifecycle import Process
from producers import relay_process


class Registry:
    """Two protected people, the measure of one of whom has run out; looked at once, and then the process is to stop."""

    def __init__(self, process: Process, failed: bool = False) -> None:
        self._process = process
        self._failed = failed

    async def fetch(self, _sql: str) -> list[dict[str, bytes]]:
        self._process.stopping.set()
        if self._failed:
            raise DatabaseError("sqlstate-42501")
        return [{"record": orjson.dumps({"atena_no": end, "household_no": "1", "dv_protection": {"ends_on": end}})}
                for end in ("2020-01-31", "2999-01-31")]  # fmt: skip


async def test_protections_that_have_run_out_are_counted_and_what_cannot_be_counted_is_said(
    capsys: pytest.CaptureFixture[str]
) -> None:
    for failed in (False, True):
        process = Process("relay")
        registry: Any = Registry(process, failed)
        async with asyncio.timeout(10):
            await relay_process.remind(process, registry)
        assert metrics.PROTECTIONS_OVER._value.get() == 1
        assert ("protections-not-counted" in "".join(capsys.readouterr())) == failed
