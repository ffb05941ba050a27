"""Commands as persons type them, one after the other and into one another, in one town.

The databases, the 中間サーバー, the CS of other municipalities (processes of their own) and the storage are real; the
broker alone is in memory, with the real router, ledger, inbox and hand-over around it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from click.testing import Result
from joserfc.jwk import ECKey

from consumers.inbox import Inbox
from consumers.opening import Opener
from hub import accounts, books, confirmed, destroyed, tokens
from hub.clock import now
from hub.granting import grant
from hub.people import Duty
from producers.household import Record
from producers.todokede import today
from tests.conformance.counterparts import Standing
from tests.fakes import MemoryContracts
from tests.house import House, made_databases
from tests.inputs.memory import BOOK
from tests.integration.producers.post import Post, opened, opener_topic, topic
from tests.integration.producers.test_received import entered
from tests.office import FIRST, cheap_passwords, command_line
from tests.processes import text_of
from tests.store import Storage, subscriber

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIA = "intermediate-server"
SIZE = 24
DUTIES = {"ito": Duty.OPERATOR, "kato": Duty.APPROVER, "mori": Duty.CLERK}
EVERYBODY = ("--per-second", "0")


@dataclass
class Town:
    """A town with a line to the 中間サーバー, and whoever types there."""

    post: Post
    run: Any

    async def typed(self, name: str, *words: str, given: str | None = None) -> Result:
        """What somebody has typed, to its end."""
        return await asyncio.to_thread(self.run, name, *words, given=given)  # type: ignore[no-any-return]

    async def said(self, name: str, *words: str, given: str | None = None) -> str:
        """The same, where it is done: what it printed."""
        done = await self.typed(name, *words, given=given)
        assert done.exit_code == 0, (words, done.exception, done.stderr)
        return str(done.stdout)

    async def refused(self, name: str, *words: str, given: str | None = None) -> tuple[str, int]:
        """By which code and exit it was refused."""
        error: Any = (await self.typed(name, *words, given=given)).exception
        return error.code, error.exit_code

    async def route(self) -> None:
        """What was recorded comes onto its topics and into the ledger, at the time that it is now."""
        self.post.now = now()
        await self.post.route()

    async def carry(self) -> None:
        """The same, and then to the 中間サーバー."""
        self.post.now = now()
        await self.post.carry()

    async def people(self) -> list[tuple[UUID, Record]]:
        """Who is registered now."""
        sql = "SELECT resident, record FROM registry.resident WHERE status = 'registered' ORDER BY atena_no"
        rows = await self.post.registry.fetch(sql)
        return [(UUID(int=row["resident"].int), orjson.loads(row["record"])) for row in rows]

    async def state(self, who: Record) -> str:
        """Of the copy that the server has of somebody."""
        asked = {"togo_atena_no": self.post.number(who)}
        return str((await self.post.counterpart.instructed("/copies/state", asked))["state"])


@pytest.fixture(scope="module")
def standing() -> Iterator[Standing]:
    made = Standing()
    yield made
    made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(
    house: House, standing: Standing, storage_server: Storage, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with pytest.MonkeyPatch.context() as patched, made_databases(house, folder / "data") as own:
        cheap_passwords(patched)
        patched.setattr(destroyed, "journal", nothing_destroyed)
        async with standing.of(VIA) as server, opened(own, server, SIZE) as post:
            await books.remember(post.hub, BOOK, now())
            patched.setenv("HUB_COUNTERPARTS", f"{VIA}={server.url}")
            for name, value in storage_server.environment("/typed").items():
                patched.setenv(name, value)
            with command_line(own, folder, await tokens_of(post), patched) as run:
                yield Town(post, run)


async def nothing_destroyed(*_: Any) -> list[Any]:
    """The journal of a broker that is not there."""
    return []


async def tokens_of(post: Post) -> dict[str, str]:
    """Everybody who types, with their tokens."""
    await accounts.first(post.hub, "root", FIRST, now())
    people = [await accounts.add(post.hub, name, frozenset({duty}), FIRST, now()) for name, duty in DUTIES.items()]
    return {one.name: (await tokens.new(post.hub, one.id, "test", tokens.LONGEST, now()))[1] for one in people}


async def test_a_copy_is_erased_by_two_persons_and_everybody_is_registered_anew(town: Town, tmp_path: Path) -> None:
    await town.said("ito", "snapshot", VIA, *EVERYBODY)
    await town.carry()
    (gone, last), (_, one), (_, other), *_ = [each for each in await town.people() if not each[1]["protected"]]
    number, another = tmp_path / "number.txt", tmp_path / "another.txt"
    number.write_text(town.post.number(one) + "\n", encoding="ascii")
    another.write_text(town.post.number(other) + "\n", encoding="ascii")
    request = (await town.said("ito", "copies", "erase", str(number), "--reason", "別人の登録")).strip()
    [waits] = json.loads(await town.said("kato", "copies", "requests", "--json"))
    assert (waits["id"], waits["name"], waits["reason"]) == (request, "ito", "別人の登録")
    assert await town.refused("ito", "copies", "approve", request, str(number)) == ("duty-missing", 5)
    assert await town.refused("kato", "copies", "approve", request, str(another)) == ("another-number", 5)
    assert await town.state(one) == "kept"
    approved = await town.typed("kato", "copies", "approve", request, "-", given=town.post.number(one))
    assert (approved.exit_code, approved.stdout, "read back" in approved.stderr) == (0, "", True)
    assert (await town.state(one), await town.state(other)) == ("erased", "kept")
    assert "nothing waits" in (await town.typed("kato", "copies", "requests")).stderr

    await town.post.died(gone, last)
    await town.carry()
    reload = (await town.said("ito", "copies", "reload", "begin")).strip()
    assert await town.refused("ito", "copies", "reload", "end") == ("duty-missing", 5)
    assert await town.refused("kato", "copies", "reload", "end") == ("nobody-told-again", 5)
    told = json.loads(await town.said("ito", "snapshot", VIA, *EVERYBODY, "--json"))["told"]
    await town.route()
    assert await town.refused("kato", "copies", "reload", "end") == ("on-its-way", 5)
    await town.carry()
    ended = json.loads(await town.said("kato", "copies", "reload", "end", "--json"))
    assert (ended, await town.state(one), await town.state(last)) == ({"told": told, "erased": 1}, "kept", "erased")
    await archived(town.post)
    for operation, what in ((request, "copy-erased"), (reload, "copies-reloaded")):
        said = json.loads(await town.said("kato", "explain", operation, "--contract", VIA, "--json"))
        assert (said["operation"], [one["what"] for one in said["confirmed"]]) == (operation, [what])


async def test_a_first_load_is_piped_into_the_full_file_of_its_department(town: Town, server: Storage) -> None:
    inbox = inbox_of(town.post, "tax")
    told = json.loads(await town.said("ito", "snapshot", "tax", *EVERYBODY, "--json"))["told"]
    write = ("files", "write", "--contract", "tax", "--full", "--load", "-", "--json")
    load = await town.said("ito", "snapshot", "ids", "tax")
    assert await town.refused("ito", *write, given=load) == ("load-under-way", 6)
    await town.route()
    while await inbox.once(0):
        pass
    half = "".join(load.splitlines(keepends=True)[:-1])
    assert await town.refused("ito", *write, given=half) == ("not-all-of-the-load", 2)
    assert await town.refused("kato", *write, given=load) == ("duty-missing", 5)
    files = json.loads(await town.said("ito", *write, given=load))
    assert (files[-1]["kind"], files[-1]["rows"]) == ("full", told)
    lines = await read(town.post, server)
    assert {line["name"] for line in lines} == {one["name"] for _, one in await town.people()}
    assert "juminhyo_code" not in lines[0]


async def test_the_notice_of_another_municipality_is_piped_into_the_counter(town: Town, standing: Standing) -> None:
    people = [one for _, one in await town.people()]
    homes = [one["household_no"] for one in people]
    who, stranger, *_ = [one for one in people if homes.count(one["household_no"]) == 1 and not one["protected"]]
    day, later, moved = today(now()).isoformat(), today(now()) + timedelta(days=10), entered(who)
    plan = {
        "receipt": "P-1", "act": "move-out", "notified_on": day, "atena_nos": [who["atena_no"]],
        "moves_on": later.isoformat(), "destination": moved["address"],
    }  # fmt: skip
    [planned] = await lines_of(town.said("mori", "todokede", "-", given=json.dumps(plan)))
    assert (planned["result"], len(planned["changes"])) == ("accepted", 1)
    async with standing.of("previous-municipality") as other:
        for one in (moved, entered(stranger)):
            assert "id" in await other.instructed("/move-in", one | {"change_date": day, "notified_date": day})
        sent = await asyncio.to_thread(text_of, f"{other.url}/outgoing?to=992011")
    notices = await town.typed("mori", "received", "-", given=sent)
    assert (notices.exit_code, notices.stderr.count("[unknown-here]")) == (3, 1), "who has planned nothing is nobody"
    [filed] = await lines_of(town.said("mori", "todokede", "-", given=notices.stdout))
    assert (filed["result"], len(filed["changes"])) == ("accepted", 2)
    kinds = await town.post.registry.fetch(
        "SELECT kind FROM registry.history WHERE resident = "
        "(SELECT resident FROM registry.resident WHERE atena_no = $1) AND kind <> 'SNAPSHOT' ORDER BY version",
        who["atena_no"].encode(),
    )  # fmt: skip
    assert [row["kind"] for row in kinds] == ["MOVE_OUT_PLANNED", "MOVE_OUT_CONFIRMED", "MOVE_OUT_DOMESTIC"]
    assert await town.said("mori", "received", "-", given=sent) == "", "confirmed already, and refused already"


async def archived(post: Post) -> None:
    """What was read back comes onto the ledger and into its archive, as `jukihub run ledger` has it."""
    for at, row in enumerate(await post.hub.fetch("SELECT * FROM hub.confirming")):
        line = confirmed.line(row)
        found = confirmed.archived(row["partition"], 10**6 + at, json.loads(line), line)
        await post.hub.execute("INSERT INTO hub.confirmations VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", *found)


async def lines_of(said: Any) -> list[Any]:
    return [json.loads(line) for line in (await said).splitlines()]


def inbox_of(post: Post, name: str) -> Inbox:
    """What `jukihub run files` fills."""
    opener = Opener(post.way.keys, name, opener_topic(name), MemoryContracts(BOOK.contracts[name].hash))  # type: ignore[arg-type]
    return Inbox(post.hub, topic(post.way, opener_topic(name)).reader(), opener, name, [0], now)  # type: ignore[arg-type]


async def read(post: Post, there: Storage) -> list[dict[str, Any]]:
    """Every line of the last file, as the department reads it with its own keys."""
    private, store = ECKey.generate_key("P-256"), there.store("/typed")
    jwe = await grant(post.way.keys, "tax", private)  # type: ignore[arg-type]
    keys = subscriber.keys(jwe, private.as_dict(private=True))
    objects = {name.removeprefix("tax/"): await store.get(name) or b"" for name in await store.sizes("tax/")}
    *_, (_, last) = subscriber.manifests(iter(objects), objects.get, "tax")
    return [*subscriber.rows(last, objects.get, keys)]
