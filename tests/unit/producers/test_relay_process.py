"""A shard that stands still, whatever it waits for, begins again in time; nobody else waits for it."""

import asyncio
from typing import Any

import orjson
import pytest

from hub import metrics
from hub.errors import DatabaseError
from hub.lifecycle import Process
from producers import relay_process


class Relay:
    """Its first attempt waits for something that never comes."""

    shard = 0

    def __init__(self, process: Process) -> None:
        self.attempts = 0
        self._process = process

    async def carry(self) -> int:
        self.attempts += 1
        if self.attempts == 1:
            await asyncio.Event().wait()
        self._process.stopping.set()
        return 0


@pytest.mark.trap("A3")
async def test_an_attempt_that_hangs_is_given_up_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_process, "CARRY_SECONDS", 0.05)
    process = Process("relay")
    relay: Any = Relay(process)
    async with asyncio.timeout(10):
        await relay_process.carry_on(process, relay)
    assert relay.attempts == 2


@pytest.mark.trap("P7")
@pytest.mark.parametrize(
    ("failures", "looks", "seconds"),
    [(0, 0, 0.05), (0, 1, 0.1), (0, 2, 0.1), (0, 9999, 0.1), (1, 1, 0.4), (4, 9, 3.2), (9999, 1, 5.0)],
)
def test_it_rests_longer_the_longer_nothing_comes_and_after_failures_longest(
    failures: int, looks: int, seconds: float
) -> None:
    assert relay_process.rest(failures, looks) == pytest.approx(seconds)


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
