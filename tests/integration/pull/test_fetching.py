"""What is fetched and acknowledged: one's own alone, as it lies, in order per resident, settled once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pybase64
import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey

from consumers.pull import acknowledge, feeds
from consumers.settle import Settler
from contracts.articles import permitting
from hub.errors import DatabaseError
from hub.granting import grant
from hub.people import Duty
from tests.integration.consumers.line import until
from tests.integration.pull.program import DAY, SCHOOL, WELFARE, City, Program, later

NOBODY = "00000000-0000-4000-8000-000000000000"


def waits(city: City) -> Callable[[], Awaitable[bool]]:
    """Whether somebody waits."""

    async def looked() -> bool:
        return bool(city.pull.waiters._waiting)

    return looked


async def test_a_contract_sees_its_own_and_nothing_of_any_other(city: City) -> None:
    welfare, school = await city.program(), await city.program(SCHOOL)
    mine, theirs = await city.tell(WELFARE, 1, 2), await city.tell(SCHOOL, 1)
    assert (await welfare.ids(), await school.ids()) == (mine, theirs)
    assert (await welfare.get(f"/v1/disclosures?cursor={theirs[0]}")).refused == (404, "unknown-cursor")
    for answer in (await welfare.acks(theirs[0]), await welfare.acks(mine[0], theirs[0]), await welfare.acks(NOBODY)):
        assert answer.refused == (404, "unknown-disclosure")
    assert (await welfare.get(f"/v1/contracts/{SCHOOL}")).refused == (404, "unknown-contract")
    assert await city.states() == dict.fromkeys(mine, "waiting")
    assert await city.states(SCHOOL) == dict.fromkeys(theirs, "waiting")


async def test_the_contract_is_told_with_statutory_names_and_articles(city: City) -> None:
    program, own = await city.program(), city.book.contracts[WELFARE]
    answer = await program.get("/v1/contracts/me")
    said = answer.json()
    assert [one["id"] for one in said["items"]] == [*own.permitted(DAY)]
    for one in said["items"]:
        assert one["name"] == city.book.items[one["id"]].ja
        assert one["articles"] == [basis.name for basis in permitting(city.book, own, one["id"])] != []
    assert {one["id"] for one in said["hears"]} == own.hears
    assert (said["in_force"]["today"], said["hash"], said["population"]) == (True, own.hash, None)
    assert (await program.get(f"/v1/contracts/{WELFARE}")).json() == said
    assert (await program.get("/v1/contracts/me", **{"If-None-Match": answer.headers["etag"]})).status == 304


async def test_tokens_are_handed_out_as_they_lie_and_open_with_the_subscribers_own_keys(city: City) -> None:
    program = await city.program()
    await city.tell(WELFARE, 7, part=1)
    own = ECKey.generate_key("P-256")
    given = await grant(city.keys, WELFARE, own)  # type: ignore[arg-type]
    keys = jwe.decrypt_compact(given, own, algorithms=["ECDH-ES+A256KW", "A256GCM"]).plaintext
    [key] = orjson.loads(keys or b"")["keys"]
    [one] = (await program.page())["items"]
    registry = jwe.JWERegistry(algorithms=["dir", "A256GCM"], strict_check_header=False)
    opened = jwe.decrypt_compact(one["token"], OctKey.import_key(key), registry=registry)
    head = opened.headers()
    assert (head["aud"], head["sub_topic"], head["part"]) == (WELFARE, one["topic"], one["partition"])
    assert (head["sub"], head["seq"], head["jti"]) == (one["key"], one["seq"], one["id"])
    assert one["token"].encode() == city.told[WELFARE].records[1][one["offset"]].value
    assert (orjson.loads(opened.plaintext or b"")["id"], one["protected"]) == (one["id"], False)


async def test_a_page_has_a_limit_and_a_cursor_and_what_is_not_acknowledged_comes_again(city: City) -> None:
    program = await city.program()
    told = await city.tell(WELFARE, *range(1, 6))
    first = await program.page("?limit=2")
    assert ([one["id"] for one in first["items"]], first["more"], first["earlier"]) == (told[:2], True, 0)
    second = await program.page(f"?limit=3&cursor={first['cursor']}")
    assert ([one["id"] for one in second["items"]], second["more"], second["earlier"]) == (told[2:], False, 2)
    after = await program.page(f"?cursor={second['cursor']}")
    assert (after["items"], after["cursor"], after["earlier"]) == ([], second["cursor"], 5)
    assert await program.ids("?limit=2") == told[:2]
    assert (await program.acks(*told[:2])).status == 200
    assert await program.ids() == told[2:]
    assert await program.ids(f"?cursor={told[0]}") == told[2:]


async def test_what_is_unchanged_is_not_sent_again(city: City) -> None:
    program = await city.program()
    told = await city.tell(WELFARE, 1)
    first = await program.get("/v1/disclosures")
    known = {"If-None-Match": f'W/"other", {first.headers["etag"]}'}
    again = await program.get("/v1/disclosures", **known)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    await program.acks(*told)
    assert (await program.get("/v1/disclosures", **known)).status == 200


async def test_who_waits_is_answered_as_soon_as_something_arrives(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LOOKS", 60.0)  # nobody looks by themselves
    program = await city.program()
    clock = asyncio.get_running_loop().time
    begun, waiting = clock(), asyncio.ensure_future(program.ids("?wait=30"))
    await until(waits(city))
    told = await city.tell(WELFARE, 1)
    assert (await waiting, clock() - begun < 10) == (told, True)
    known = (await program.get("/v1/disclosures")).headers["etag"]
    waiting_again = asyncio.ensure_future(program.get("/v1/disclosures?wait=30", **{"If-None-Match": known}))
    await until(waits(city))
    told += await city.tell(WELFARE, 2)
    assert [one["id"] for one in (await waiting_again).json()["items"]] == told
    city.pull.feeds[WELFARE].end()  # as when the process is to stop
    assert (await program.get("/v1/disclosures?wait=30", **{"If-None-Match": "*"})).status == 304


async def test_who_is_revoked_while_waiting_is_told_so_and_not_what_arrives(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(feeds, "LOOKS", 0.05)
    program, kato = await city.program(), await city.clerk("kato", Duty.APPROVER)
    waiting = asyncio.ensure_future(program.get("/v1/disclosures?wait=30"))
    await kato.revoke(program.secret.client_id, "seen by others")
    await city.tell(WELFARE, 1)
    assert (await waiting).refused == (403, "client-revoked")


async def test_of_one_resident_nothing_is_settled_out_of_order(city: City) -> None:
    program = await city.program()
    first, second, third, other = await city.tell(WELFARE, 1, 1, 1, 2)
    for acks in ((second,), (first, third), (third, other)):
        assert (await program.acks(*acks)).refused == (409, "out-of-order")
    assert (await program.acks(second, refused={first: "bad-value"})).refused == (409, "out-of-order")
    assert {*(await city.states()).values()} == {"waiting"}
    assert (await program.acks(second, other, first)).status == 200
    assert await city.states() == {
        first: "delivered", second: "delivered", third: "waiting", other: "delivered",
    }  # fmt: skip


async def test_a_refusal_is_a_dead_letter_and_later_ones_of_its_resident_wait_behind_it(city: City) -> None:
    program = await city.program()
    first, second, third, other = await city.tell(WELFARE, 1, 1, 1, 2)
    answer = (await program.acks(first, refused={second: "unknown-person"})).json()
    assert [(one["id"], one["state"]) for one in answer["settled"]] == [(first, "delivered"), (second, "refused")]
    assert await program.ids() == [other]
    assert await city.states() == {
        first: "delivered", second: "counterpart-unknown-person", third: "waiting", other: "waiting",
    }  # fmt: skip
    assert (await program.acks(third)).refused == (409, "out-of-order")
    assert (await program.acks(second)).refused == (409, "settled-otherwise")
    assert (await program.acks(refused={first: "bad-value"})).refused == (409, "settled-otherwise")
    assert (await program.acks(refused={other: "because"})).refused == (422, "bad-request")
    assert (await program.acks(other, refused={other: "bad-value"})).refused == (422, "named-twice")
    assert (await program.acks()).refused == (422, "empty")


async def test_acknowledging_again_does_nothing_and_is_answered_alike(city: City) -> None:
    program = await city.program()
    told = await city.tell(WELFARE, 1, 2)
    first = (await program.acks(told[0], refused={told[1]: "bad-value"})).json()
    again = (await program.acks(told[0], refused={told[1]: "bad-value"})).json()
    assert [one["repeated"] for one in first["settled"] + again["settled"]] == [False, False, True, True]
    sql = "SELECT receipt, attempts, token FROM inbox.disclosures WHERE id = $1"
    row = await city.office.database.fetchrow(sql, told[0])
    assert (dict(row or {})) == {"receipt": first["receipt"], "attempts": 1, "token": None}


async def test_what_a_crash_left_unsettled_is_settled_when_the_same_is_said_again(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    program = await city.program()
    told = await city.tell(WELFARE, 1, 1, 2)
    whole, done = Settler.settle_all, [0]

    async def cut_off(own: Settler, *said: Any) -> Any:
        done[0] += 1
        if done[0] == 2:
            raise DatabaseError("connection-lost")
        return await whole(own, *said)

    monkeypatch.setattr(Settler, "settle_all", cut_off)
    assert (await program.acks(*told)).refused == (503, "connection-lost")
    assert 0 < [*(await city.states()).values()].count("waiting") < 3
    assert (await program.acks(*told)).status == 200
    assert {*(await city.states()).values()} == {"delivered"}


async def test_two_that_acknowledge_at_once_settle_once(city: City) -> None:
    program = await city.program()
    told = await city.tell(WELFARE, *[1] * 5, *range(2, 6))
    answers = await asyncio.gather(*(program.acks(*told) for _ in range(4)))
    assert {answer.status for answer in answers} <= {200, 409}
    assert {*(await city.states()).values()} == {"delivered"}
    assert await city.office.database.fetchval("SELECT max(attempts) FROM inbox.disclosures") == 1


@pytest.mark.trap("D3")
async def test_of_two_that_say_different_things_at_once_nothing_is_taken_behind_what_was_refused(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    program = await city.program()
    first, second = await city.tell(WELFARE, 1, 1)
    whole, others = Settler.settle_all, [program.acks(refused={first: "bad-value"})]

    async def later_than_another(own: Settler, *said: Any) -> Any:
        while others:
            assert (await others.pop()).status == 200
        return await whole(own, *said)

    monkeypatch.setattr(Settler, "settle_all", later_than_another)
    said = (await program.acks(first, second)).json()["settled"]
    assert [one["state"] for one in said] == ["refused", "waiting"]
    assert await city.states() == {first: "counterpart-bad-value", second: "waiting"}


async def test_a_version_that_does_not_rise_is_a_letter_though_it_is_said_to_be_taken(city: City) -> None:
    program = await city.program()
    told = await city.tell(WELFARE, 1, 1, 1, versions={0: 500, 1: 400, 2: 600})
    said = (await program.acks(*told)).json()["settled"]
    assert [one["state"] for one in said] == ["delivered", "refused", "waiting"]
    assert [*(await city.states()).values()] == ["delivered", "out-of-order", "waiting"]


async def test_what_was_sealed_with_a_destroyed_key_goes_to_nobody(city: City) -> None:
    program = await city.program()
    told = await city.tell(WELFARE, 1, 2)
    assert (await program.acks(told[0])).status == 200
    city.keys.destroyed.add(f"{WELFARE}.{DAY.isoformat()}")
    assert await program.ids() == []
    assert await city.states() == {told[0]: "delivered", told[1]: "erased"}
    assert (await program.acks(told[1])).json()["settled"] == [{"id": told[1], "state": "erased", "repeated": True}]


@pytest.mark.trap("D3")
async def test_a_token_whose_key_there_is_not_holds_up_its_own_resident_alone(city: City) -> None:
    program = await city.program()
    told = await city.tell(WELFARE, 1, 2, 1, 3)
    other, resealed = "UPDATE inbox.disclosures SET token = $2 WHERE id = $1", {}
    for number, (name, kid) in enumerate({told[0]: f"{WELFARE}.2020-01-01", told[3]: "no header"}.items()):
        head = {"alg": "dir", "enc": "A256GCM", "kid": kid, "aud": WELFARE, "sub_topic": "x", "part": 0, "iat": 1,
                "ctr": "x", "seq": number, "jti": name, "sub": "x"}  # fmt: skip
        resealed[name] = pybase64.urlsafe_b64encode(orjson.dumps(head)).rstrip(b"=") + b"..."
        await city.office.database.execute(other, UUID(name), resealed[name])
    assert await program.ids() == [told[1]]
    states = [*(await city.states()).values()]
    assert states == ["unknown-kid", "waiting", "waiting", "bad-header"], "one waits behind the letter of its resident"
    assert await program.ids() == [told[1]]


async def test_a_client_has_so_many_requests_a_minute_and_is_told_when_to_come_again(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await city.program(), await city.program()
    later(city, minutes=1)
    monkeypatch.setattr(city.app.state.hub.persons, "limit", 3)
    answers = [await one.get("/v1/disclosures") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert (answers[3].refused, answers[3].headers["retry-after"]) == ((429, "too-many-requests"), "60")
    assert (await other.get("/v1/disclosures")).status == 200
    city.office.now += timedelta(minutes=1)
    assert (await one.get("/v1/disclosures")).status == 200


async def test_a_client_has_so_many_requests_that_wait(city: City) -> None:
    program = await city.program()
    waiting = [asyncio.ensure_future(program.get("/v1/disclosures?wait=30")) for _ in range(feeds.WAITERS + 1)]
    done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert ([one.result().refused for one in done], len(pending)) == ([(429, "too-many-waiting")], feeds.WAITERS)
    await city.tell(WELFARE, 1)
    assert {answer.status for answer in await asyncio.gather(*pending)} == {200}


async def test_a_program_is_asked_to_come_again_while_nothing_has_been_read(city: City) -> None:
    program = await city.program()
    city.pull.feeds[WELFARE]._opened = None
    answer = await program.get("/v1/disclosures")
    assert (answer.refused, answer.headers["retry-after"]) == ((503, "not-ready"), "5")


async def test_a_thousand_are_acknowledged_and_no_more_at_once(city: City) -> None:
    program: Program = await city.program()
    assert (await program.acks(*[NOBODY] * (acknowledge.AT_ONCE + 1))).refused == (422, "bad-request")
