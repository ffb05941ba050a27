"""How many disclosures a second: python -m tests.integration.consumers.measure DSN [COUNT]

DSN: an empty database of a real PostgreSQL, whose schemas are made if they are not there. Measured are the inbox
(polls of 2000 sealed tokens from memory into PostgreSQL) and the hand-over (open, HTTP to a stand-in process on this
machine, settle, one transaction each), every disclosure of another resident. All of it shares the machine's cores.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from hub.database import connect
from hub.migrate import migrate
from tests.conformance.counterparts import standin
from tests.conformance.samples import disclosure
from tests.integration.consumers.line import HandOver

ROOT = Path(__file__).parents[3]


async def measure(dsn: str, count: int) -> None:
    for room, schema in (("hub", "hub"), ("consumers", "inbox")):
        await migrate(dsn, ROOT / room / "migrations", schema)
    with tempfile.TemporaryDirectory() as folder:
        async with connect(dsn, size=6) as database, standin("prefecture", Path(folder)) as counterpart:
            line = HandOver(database, "prefecture", counterpart)
            line.put(*[await line.sealed(disclosure("prefecture", seed), seed) for seed in range(count)])
            began = time.perf_counter()
            while await line.inbox.once(0):
                pass
            _say("inbox", count, time.perf_counter() - began)
            began = time.perf_counter()
            await _hand_over(line)
            _say("hand-over", (await line.states())["delivered"], time.perf_counter() - began)


async def _hand_over(line: HandOver) -> None:
    """As the process does it: woken by every turn that ends."""
    while await line.deliverer.start() or line.deliverer.busy:
        line.deliverer.freed.clear()
        await line.deliverer.freed.wait()


def _say(what: str, count: int, seconds: float) -> None:
    sys.stdout.write(f"{what}: {count} in {seconds:.2f} s, {count / seconds:.0f}/s\n")


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1], int((sys.argv[2:] or ["5000"])[0])))
