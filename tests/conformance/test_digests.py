"""What each stand-in digests is what it was told and may hold, to its last item; and differences can be planted."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from contracts.book import load
from contracts.kept import kept
from hub.outcome import Delivered
from producers import digests
from tests.conformance.counterparts import Standin, Standing
from tests.conformance.samples import IDENTIFIER, disclosure
from tests.people import record

KEY = bytes(range(1, 33))
BOOK = load().contracts
ON = date(2026, 4, 2)
VIAS = ("convenience-store", "intermediate-server", "prefecture")
OF_THE_TELLING = {"change_action", "change_reason", "change_date"}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Stand-ins with a key of digests."""
    key = tmp_path_factory.mktemp("keys") / "key"
    key.write_text(KEY.hex(), encoding="ascii")
    made = Standing("--digest-key-file", str(key))
    yield made
    made.stop()


@asynccontextmanager
async def knowing(keyed: Standing, via: str, *seeds: int) -> AsyncIterator[Standin]:
    async with keyed.of(via) as counterpart:
        for seed in seeds:
            assert isinstance(await counterpart.hand_over(disclosure(via, seed)), Delivered)
        yield counterpart


def number(via: str, seed: int) -> str:
    return str(disclosure(via, seed).items[IDENTIFIER[via]])


def expected(via: str, seed: int) -> tuple[str, str]:
    """Code digest and record digest, by the words of this test."""
    said = disclosure(via, seed)
    held = {item: value for item, value in said.items.items() if item not in OF_THE_TELLING}
    if via == "intermediate-server":
        held["protected"] = said.protected is not False
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    code, whole = (hmac.new(KEY, one, hashlib.sha256).hexdigest() for one in (number(via, seed).encode(), text))
    return code, whole


async def told(counterpart: Standin) -> dict[str, str]:
    """Everybody's digests, once each bucket's digest has been found to be that of what is in it."""
    found: dict[str, str] = {}
    for name, digest in (await counterpart.asked("/digests")).items():
        inside = {one["code_digest"]: one["record_digest"] for one in await counterpart.asked(f"/digests/{name}")}
        together = b"".join(sorted(map(bytes.fromhex, inside.values())))
        assert digest == hashlib.sha256(together).hexdigest()
        assert {code[:2] for code in inside} == {name}
        found |= inside
    return found


@pytest.mark.parametrize("via", VIAS)
async def test_both_sides_digest_the_same_of_what_was_told(keyed: Standing, via: str) -> None:
    async with knowing(keyed, via, 1, 2, 3) as counterpart:
        assert await told(counterpart) == dict(expected(via, seed) for seed in (1, 2, 3))
    person = disclosure(via, 1)
    ours = digests.digested(KEY, BOOK[via], ON, UUID(int=1), person.items | {"protected": person.protected})
    assert ours is not None
    assert (ours.code.hex(), ours.record.hex()) == expected(via, 1)


@pytest.mark.parametrize("via", VIAS)
def test_every_item_that_may_be_kept_counts_and_no_other(via: str) -> None:
    contract, person = BOOK[via], record()
    everything = person | dict.fromkeys(contract.items) | {"residence_card_no": None, "seal_registration": None}
    whole = {item: person.get(item) for item in everything}
    before, held = digests.digested(KEY, contract, ON, UUID(int=1), whole), kept(whole, contract, ON)
    assert before is not None
    assert held is not None
    assert {*held} - {"protected"} == {*contract.items} - OF_THE_TELLING
    for item in whole.keys() - {"protected"}:
        after = digests.digested(KEY, contract, ON, UUID(int=1), whole | {item: "相違"})
        assert after is not None
        assert (after == before) is (item not in held), item


@pytest.mark.parametrize("via", VIAS)
async def test_planted_differences_are_told_as_differences_alone(keyed: Standing, via: str) -> None:
    stranger = "9" * len(number(via, 1))
    async with knowing(keyed, via, 1, 2, 3) as counterpart:
        order = {"altered": [number(via, 1)], "lost": [number(via, 2)], "foreign": {stranger: number(via, 3)}}
        assert await counterpart.instructed("/plant", order) == {"planted": 3}
        found, meant = await told(counterpart), {seed: expected(via, seed) for seed in (1, 2, 3)}
        assert found.keys() == {meant[1][0], meant[3][0], hmac.new(KEY, stranger.encode(), hashlib.sha256).hexdigest()}
        assert found[meant[1][0]] != meant[1][1]
        assert found[meant[3][0]] == meant[3][1]


@pytest.mark.parametrize(("order", "code"), [
    ({"altered": ["1"]}, "nobody"), ({"lost": "1"}, "bad-plant"), ({"foreign": {"1": 2}}, "bad-plant"),
    ({"gone": []}, "bad-plant"), ([], "bad-plant"), ({"lost": [1]}, "bad-plant"),
])  # fmt: skip
async def test_what_cannot_be_planted_is_refused_whole(keyed: Standing, order: Any, code: str) -> None:
    async with knowing(keyed, "prefecture", 1) as counterpart:
        before = await told(counterpart)
        assert await counterpart.instructed("/plant", order) == {"code": code}
        assert await told(counterpart) == before


async def test_what_is_no_bucket_is_refused_and_an_empty_one_is_empty(keyed: Standing) -> None:
    async with knowing(keyed, "convenience-store") as counterpart:
        assert await counterpart.asked("/digests/zz") == {"code": "bad-bucket"}
        assert (await counterpart.asked("/digests/00"), await counterpart.asked("/digests")) == ([], {})


@pytest.mark.parametrize("via", VIAS)
async def test_without_a_key_nobody_digests(standing: Standing, via: str) -> None:
    async with standing.of(via) as counterpart:
        assert await counterpart.asked("/digests") == await counterpart.asked("/digests/00") == {"code": "no-key"}


def test_a_record_without_the_number_of_the_contract_has_no_digest() -> None:
    for via in VIAS:
        person = record(**{IDENTIFIER[via]: None})
        assert digests.digested(KEY, BOOK[via], ON, UUID(int=1), person) is None
