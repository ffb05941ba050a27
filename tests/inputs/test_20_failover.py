"""Input 20: the primary is lost with its disk, and its standby takes its place: nothing lost, nothing twice."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.config import Settings
from hub.database import connect
from hub.migrate import migrate_all
from producers.city import load
from tests.conformance.counterparts import Fake
from tests.conformance.samples import disclosure
from tests.fakes import MemoryKeys
from tests.faults.chaos.database import Server
from tests.inputs.test_20_postgresql import at_the_line
from tests.integration.consumers.line import HandOver, until
from tests.integration.producers.registry import Published, residents
from tests.integration.producers.test_relay import at_work, empty, relays, written

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


class Pair:
    """A primary and its standby, and how a client names both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary, self.standby = (Server(folder / name, folder / "secrets") for name in ("first", "second"))
        self.primary.start()

    def dsn(self, name: str) -> str:
        """Whichever of the two takes writes."""
        first, second = (folder.replace("/", "%2F") for folder in map(str, (self.primary.folder, self.standby.folder)))
        quoted = self.primary.dsns[name].replace(str(self.primary.folder), f"{first},{second}")
        return f"{quoted}&target_session_attrs=read-write"

    def fail_over(self) -> None:
        self.primary.kill("kill")
        shutil.rmtree(self.primary.folder)
        self.standby.promote()


@contextmanager
def standing() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="juki-pair-"))
    pair = Pair(folder)
    try:
        yield pair
    finally:
        pair.standby.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.trap("input-20", "D4")
async def test_the_standby_has_all_that_was_committed_and_everything_goes_on_there() -> None:
    with standing() as pair:
        settings = Settings(database=pair.primary.dsns["hub"], registry=pair.primary.dsns["registry"])
        await migrate_all(settings)
        await asyncio.to_thread(pair.standby.follow, pair.primary)
        async with connect(pair.dsn("hub"), 6) as hub, connect(pair.dsn("registry"), 6) as registry:
            await load(registry, 40, 7)
            line = HandOver(hub, "prefecture", fake := Fake("prefecture"))
            publisher = Published(keys := MemoryKeys())
            said = [(seed, disclosure("prefecture", seed, nth=nth)) for nth in range(1, 11) for seed in range(1, 11)]
            records = [await line.sealed(one, seed) for seed, one in said]
            ids = await written(registry, await residents(registry), times=5)

            async def arrived(count: int) -> bool:
                return len(fake.taken) >= count

            async def everything() -> bool:
                return await line.are(delivered=100) and len({one for _, one, _ in publisher.seen}) == len(ids)

            async with at_the_line(line), at_work(registry, relays(registry, publisher, keys, batch=10)):
                line.put(*records[:50])
                await until(lambda: arrived(20))
                await asyncio.to_thread(pair.fail_over)
                line.put(*records[50:])
                ids += await written(registry, await residents(registry))
                await until(lambda: arrived(100))
                await until(everything)
            assert len({one.id for one in fake.taken}) == len(fake.taken) == 100
            publisher.seen = [*{one[1]: one for one in reversed(publisher.seen)}.values()][::-1]  # a repeat is the same
            assert publisher.rising()
            assert await empty(registry)
