"""To whom somebody's data went: what the ledger answers is what was decided, and only who may ask hears it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from typer.testing import CliRunner

from contracts.change import parse
from contracts.decide import Disclosure, decide
from contracts.explain import passage
from hub import accounts, books, cli, config, confirmed, released, tokens, transfers
from hub.archive import Archiver
from hub.bus import Outgoing
from hub.clock import now
from hub.config import Settings
from hub.database import Database, connect
from hub.errors import NotPermitted, UsageError
from hub.keys import LEDGER, KeyStore
from hub.people import Duty
from hub.pseudonym import Pseudonyms
from hub.released import Released, Warrant
from hub.transfers import Wish
from hub.wrapping import wrapper
from producers.city import load
from producers.household import Record
from producers.transfer.recording import carry_out
from tests.house import House, made_databases
from tests.inputs.memory import BOOK, WholeWay
from tests.integration.consumers.line import MemoryReader, MemoryTopic
from tests.integration.producers.registry import NOW, changed
from tests.integration.producers.test_certificates import couple, hide
from tests.office import FIRST, cheap_passwords

LEDGER_TOPIC = "juki.ledger"
LATER = NOW + timedelta(days=40)
ORDERED = LATER + timedelta(days=2)
OF_TAX = "庁内連携条例・税"
WISH = Wish(
    "tax", ("atena_no", "resident_since"), (OF_TAX,), "賦課期日の確認", (ORDERED + timedelta(days=7)).date(), "persons"
)  # fmt: skip


@dataclass
class Town:
    """A household of which one has moved twice, told to whom the law says; and another one that is in no ledger."""

    her: Record
    head: Record
    subject: str
    told: dict[str, list[str]]
    """Contract -> items, as decided."""
    order: UUID
    """The tax office was told of her once more, by a 随時移転."""


@pytest.fixture(scope="module")
def town(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Town, str]]:
    folder = tmp_path_factory.mktemp("disclosing")
    with pytest.MonkeyPatch.context() as patch, made_databases(house, folder / "data") as settings:
        cheap_passwords(patch)
        made = asyncio.run(_made(settings))
        token = asyncio.run(_clerk(settings))
        yield settings, made, token


@pytest.fixture(autouse=True)
def here(town: tuple[Settings, Town, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings, _, token = town
    for name, value in {
        "HUB_DATABASE": settings.database, "HUB_REGISTRY": settings.registry_dsn, "HUB_DATA": str(settings.data),
        "HUB_SECRETS": str(settings.secrets_dir), "HUB_TOKEN": token,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


async def _made(settings: Settings) -> Town:
    async with connect(settings.database, 3) as hub, connect(settings.registry_dsn, 2) as registry:
        await load(registry, 60, 7)
        (head, his), (wife, hers), *_ = await couple(registry)
        keys = KeyStore(hub, wrapper(settings))
        way = await WholeWay.open(keys)  # type: ignore[arg-type]
        await books.remember(hub, BOOK, NOW)
        told: dict[str, list[str]] = {}
        changes = []
        for at, street in ((NOW, "七番地"), (LATER, "八番地")):
            before, hers = hers, hers | {"address": {"text": f"見本県見本市仮町{street}"}}
            await changed(registry, wife, "RELOCATE", before, hers, at)
            changes.append(await _routed(registry, way, at))
            for name, contract in BOOK.contracts.items():
                decided = decide(parse(changes[-1]), contract, parse(changes[-1]).day)
                if isinstance(decided, Disclosure):
                    told[name] = [*decided.items]
        _beside(way, changes[-1], LATER)
        order = await _transferred(hub, registry, wife)
        _beside(way, await _routed(registry, way, ORDERED), ORDERED)
        await _waits(hub, way)
        topic = MemoryTopic(LEDGER_TOPIC, {0: way.broker.records[LEDGER_TOPIC, 0]})
        archiver = Archiver(hub, MemoryReader(topic), [0])  # type: ignore[arg-type]
        await archiver.resume()
        await archiver.once()
        await hide(registry, wife, head)
        [subject] = Pseudonyms(await keys.pseudonym_key(LEDGER)).of([wife])
        return Town(hers, his, subject.hex(), told, order)


async def _transferred(hub: Database, registry: Database, whom: UUID) -> UUID:
    """An order of two persons is run for one resident."""
    await accounts.first(hub, "root", FIRST, ORDERED)
    ito = await accounts.add(hub, "ito", frozenset({Duty.OPERATOR}), FIRST, ORDERED)
    kato = await accounts.add(hub, "kato", frozenset({Duty.CONTRACT_OFFICER}), FIRST, ORDERED)
    order = await transfers.ask(hub, "juki", WISH, [bytes(16)], ito, ORDERED - timedelta(days=1))
    await transfers.approve(hub, "juki", order.id, kato, ORDERED - timedelta(days=1))
    contract = BOOK.contracts["tax"]
    assert await carry_out(registry, order.id, contract, WISH.items, [whom], lambda: ORDERED) == 1
    return order.id


async def _waits(hub: Database, way: WholeWay) -> None:
    """What was extracted is still in the inbox."""
    [one] = [each for each in way.inbox("tax").kept if each.seq == max(way.sequence("tax"))]
    await hub.execute(
        """INSERT INTO inbox.disclosures (contract, id, subject, partition, record_offset, token, state, code,
        received_at, next_attempt_at) VALUES ('tax', $1, $2, 0, 0, $3, 'waiting', '', $4, $4)""",
        one.id, one.subject, one.token, ORDERED,
    )  # fmt: skip


async def _routed(registry: Database, way: WholeWay, at: Any) -> bytes:
    way.clock = lambda: at
    [row] = await registry.fetch("DELETE FROM registry.outbox RETURNING change")
    await way.publish(row["change"])
    await way.route()
    return bytes(row["change"])


def _beside(way: WholeWay, change: bytes, at: datetime) -> None:
    """What was told of the last change is handed over once more, and read back."""
    lines = way.broker.records[LEDGER_TOPIC, 0]
    one = next(each for each in orjson.loads(lines[-1].value or b"")["told"] if each["contract"] == "tax")
    again = Released(UUID(one["disclosure"]), UUID(orjson.loads(change)["id"]), bytes(16), "tax", one["contract_hash"],
                     one["state"], one["items"], b"token")  # fmt: skip
    warrant = Warrant(*(UUID(int=n) for n in (1, 2, 3)))
    row = {"disclosure": one["disclosure"], "contract": "tax", "what": "erased", "receipt_sha256": bytes(32),
           "confirmed_at": at + timedelta(hours=2)}  # fmt: skip
    for line in (released.line(warrant, again, at + timedelta(hours=1)), confirmed.line(row)):
        lines.append(Outgoing(b"", line, (), 1))


async def _clerk(settings: Settings) -> str:
    async with connect(settings.database, 1) as database:
        clerk = await accounts.add(database, "hata", frozenset({Duty.CLERK}), FIRST, now())
        return (await tokens.new(database, clerk.id, "test", timedelta(days=1), now()))[1]


def typed(*words: str) -> str:
    done = CliRunner().invoke(cli.build(["ledger"]), ["ledger", "subject", *words])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def last_noted(settings: Settings) -> tuple[str, str, dict[str, Any]]:
    async def read() -> tuple[str, str, dict[str, Any]]:
        async with connect(settings.database, 1) as database:
            row = await database.fetchrow("SELECT act, code, details FROM hub.audit ORDER BY id DESC LIMIT 1")
            assert row is not None
            return row["act"], row["code"], orjson.loads(row["details"])

    return asyncio.run(read())


def test_who_was_told_what_under_which_article_is_what_was_decided(town: tuple[Settings, Town, str]) -> None:
    settings, made, _ = town
    own = made.her["atena_no"]
    answer = json.loads(typed(own, "--by", own, "--json"))
    found = {one["contract"]: one for one in answer if one["transfer"] is None}
    assert {name: sorted(item["item"] for item in one["items"]) for name, one in found.items()} == {
        name: sorted(items) for name, items in made.told.items()
    }
    assert len(found) > 3
    for name, one in found.items():
        contract = BOOK.contracts[name]
        assert (one["subscriber"], one["purpose"]) == (contract.subscriber, contract.purpose)
        for item in one["items"]:
            lawful = [basis.name for basis in passage(BOOK, contract, item["item"], NOW.date()).bases]
            assert item["articles"] == lawful != []
            assert (item["first"], item["last"]) == (NOW.isoformat(), (one["released_at"] or one["told_at"])[-1])
    tax = found["tax"]
    assert (len(tax["told_at"]), len(tax["released_at"]), tax["confirmed"][0]["what"]) == (2, 1, "erased")
    assert last_noted(settings) == ("ledger-subject", "done",
                                    {"basis": "own", "filter": made.subject, "count": len(answer)})  # fmt: skip


def test_what_was_extracted_by_an_order_stands_apart_with_its_purpose_and_its_bases_alone(
    town: tuple[Settings, Town, str]
) -> None:
    _, made, _ = town
    own = made.her["atena_no"]
    ordinary, extracted = [one for one in json.loads(typed(own, "--by", own, "--json")) if one["contract"] == "tax"]
    assert (extracted["subscriber"], extracted["purpose"]) == ("税", WISH.purpose)
    approved = (ORDERED - timedelta(days=1)).isoformat()
    assert (extracted["transfer"], extracted["approved_at"]) == (str(made.order), approved)
    assert {one["item"]: one["articles"] for one in extracted["items"]} == {
        item: [BOOK.bases[OF_TAX].name] for item in WISH.items
    }, "the identifier goes with it by the basis of the order"
    for one in (ordinary, extracted):
        assert (len(one["released_at"]), len(one["confirmed"])) == (1, 1)
    assert (ordinary["undelivered"], extracted["undelivered"]) == (0, 1)
    said = typed(own, "--by", own).split("\n\n")
    [paragraph] = [each.splitlines() for each in said if "随時移転" in each]
    assert paragraph[:4] == [
        "■ 税（賦課期日の確認）", f"　随時移転（決裁 {made.order}、2026年5月13日）", "　2026年5月14日、1 回提供",
        "　うち 1 回分は、まだ相手方に渡っていません",
    ]  # fmt: skip


def test_it_is_said_in_plain_japanese_and_without_a_value(town: tuple[Settings, Town, str]) -> None:
    own = town[1].her["atena_no"]
    said = typed(own, "--by", own)
    for line in (
        "■ 税（地方税の賦課及び徴収）", "　2026年4月2日 から 2026年5月12日 まで、2 回提供",
        "　2026年5月12日 11:15 に再び提供", "　2026年5月12日 12:15 に相手方で消去されたことを確認",
    ):  # fmt: skip
        assert line in said.splitlines()
    assert "・住所　2026年4月2日 から 2026年5月12日 まで、3 回（" in said
    for value in (town[1].her["name"], town[1].her["address"]["text"], town[1].her["my_number"]):
        assert value not in said


def test_of_whom_nothing_was_told_is_said_so(town: tuple[Settings, Town, str]) -> None:
    own = town[1].head["atena_no"]
    assert typed(own, "--by", own).splitlines()[-1] == "どこにも提供していません。"


@pytest.mark.parametrize(("by", "examined", "code"), [
    ("head", (), "refused-by-law"), ("head", ("--examined",), "refused-by-law"), ("-", (), "examine-first"),
])  # fmt: skip
def test_a_protected_person_is_answered_for_to_nobody_else_unless_it_was_examined(
    town: tuple[Settings, Town, str], by: str, examined: tuple[str, ...], code: str
) -> None:
    settings, made, _ = town
    asks = made.head["atena_no"] if by == "head" else by
    with pytest.raises(NotPermitted, match=code):
        typed(made.her["atena_no"], "--by", asks, *examined)
    assert last_noted(settings) == ("ledger-subject", code, {"basis": "representative", "filter": made.subject})


def test_a_representative_who_was_examined_is_answered(town: tuple[Settings, Town, str]) -> None:
    made = town[1]
    assert "■ 税" in typed(made.her["atena_no"], "--by", "-", "--examined")


def test_nobody_is_asked_about_who_is_nobody(town: tuple[Settings, Town, str]) -> None:
    with pytest.raises(UsageError, match="not-on-register"):
        typed("999999999999999", "--by", "-")
