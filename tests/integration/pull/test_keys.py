"""Content keys are handed out to a subscriber's own key alone, of its own contract alone, and noted each time."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey

from consumers.pull import handing
from consumers.pull.scopes import Right
from consumers.subscribe import KeyService, SubscriptionError, service
from consumers.subscribe.events import Disclosure, Erased, Place
from consumers.subscribe.token import Record, opened
from contracts.change import JAPAN
from hub import destroyed
from hub.errors import ApprovalRequired, NotPermitted, UsageError
from hub.people import Duty
from tests.integration.pull.program import DAY, SCHOOL, URL, WELFARE, Answer, City, Program, asked, later
from tests.journal import Journal

TOPIC_READER = "child-policy"
KID = f"{WELFARE}.{DAY}"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
SEALED = ["ECDH-ES+A256KW", "A256GCM"]


def new_key(curve: Any = "P-256") -> ECKey:
    return ECKey.generate_key(curve)


def public(key: ECKey) -> bytes:
    return orjson.dumps(key.as_dict(private=False))


async def registered(city: City, key: ECKey, contract: str = WELFARE) -> str:
    """Registered by two persons; its id."""
    ito = await city.clerk(f"i{key.thumbprint()[:6].lower().strip('-_')}x", Duty.OPERATOR)
    kato = await city.clerk(f"k{key.thumbprint()[:6].lower().strip('-_')}x", Duty.APPROVER)
    asked = await ito.ask_key(contract, public(key), "it begins")
    await kato.approve_key(asked.id)
    return str(asked.id)


def members(answer: Answer, key: ECKey) -> dict[str, bytes]:
    """The keys in it, as a stock library opens them."""
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jose"), answer.body
    said = orjson.loads(jwe.decrypt_compact(answer.body, key, algorithms=SEALED).plaintext or b"")
    return {one["kid"]: OctKey.import_key(one).raw_value for one in said["keys"]}


async def handouts(city: City) -> list[tuple[str, str]]:
    rows = await city.office.database.fetch("SELECT kid, code FROM inbox.key_handouts ORDER BY id")
    return [(row["kid"], row["code"]) for row in rows]


@pytest.mark.threat("C1")
async def test_a_key_opens_with_the_registered_private_key_alone_and_is_noted(city: City) -> None:
    program, own = await city.program(), new_key()
    await registered(city, own)
    await city.tell(WELFARE, 1)
    answer = await program.get(f"/v1/keys/{KID}")
    assert members(answer, own) == {KID: (await city.keys.content_key(WELFARE, DAY)).key}
    with pytest.raises(Exception, match=r".*"):  # whatever the library calls it
        jwe.decrypt_compact(answer.body, new_key(), algorithms=SEALED)
    assert members(await program.get("/v1/keys/all"), own).keys() == {KID}
    assert await handouts(city) == [(KID, "handed-out"), ("all", "handed-out")]
    clerk = await city.clerk("sato", Duty.VIEWER)
    [newest, _] = await clerk.handed_out(WELFARE, 10)
    assert (newest["client"], newest["to"]) == (str(program.secret.client_id), own.thumbprint())


@pytest.mark.threat("P1", "S2")
async def test_an_operator_gets_keys_for_a_registered_public_key_alone(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destroyed, "journal", Journal().read)
    ito, own = await city.clerk("ito", Duty.OPERATOR), new_key()
    await ito.ask_key(WELFARE, public(own), "it begins")
    with pytest.raises(NotPermitted, match="no-public-key"):
        await ito.grant(WELFARE, None, 0)
    await registered(city, own)
    sealed = await ito.grant(WELFARE, own.thumbprint(), 1)
    made = orjson.loads(jwe.decrypt_compact(sealed, own, algorithms=SEALED).plaintext or b"")["keys"]
    assert [one["kid"] for one in made] == [KID, f"{WELFARE}.{DAY + timedelta(days=1)}"]
    with pytest.raises(NotPermitted, match="no-public-key"):
        await ito.grant(SCHOOL, own.thumbprint(), 0)


@pytest.mark.threat("C2")
async def test_a_program_is_handed_no_key_before_its_day(city: City) -> None:
    program, own = await city.program(), new_key()
    await registered(city, own)
    await city.tell(WELFARE, 1)
    tomorrow = DAY + timedelta(days=1)
    await city.keys.content_key(WELFARE, tomorrow)
    assert members(await program.get("/v1/keys/all"), own).keys() == {KID}
    assert (await program.get(f"/v1/keys/{WELFARE}.{tomorrow}")).refused == (404, "unknown-kid")
    city.office.now = datetime.combine(tomorrow, datetime.min.time(), JAPAN) - handing.ANOTHER_CLOCK
    again = await city.program()
    assert members(await again.get("/v1/keys/all"), own).keys() == {KID, f"{WELFARE}.{tomorrow}"}


async def test_who_is_retired_while_what_they_asked_for_is_approved_has_asked_for_nothing(city: City) -> None:
    """Their account is locked in another transaction until it is retired; the approval waits for that."""
    database, ito = city.office.database, await city.clerk("ito", Duty.OPERATOR)
    kato = await city.clerk("kato", Duty.APPROVER)
    key = await ito.ask_key(WELFARE, public(new_key()), "it begins")
    client = await ito.ask(WELFARE, "a program", [*Right], "it begins")
    async with database.transaction() as held:
        await held.execute("UPDATE hub.people SET retired_at = now() WHERE name = 'ito'")
        tasks = [asyncio.ensure_future(kato.approve_key(key.id)), asyncio.ensure_future(kato.approve(client.id))]
        while await held.fetchval(WAITING) + sum(task.done() for task in tasks) < len(tasks):
            pass
    for refused in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(refused, NotPermitted)
        assert refused.code == "asker-retired"


@pytest.mark.threat("S2")
async def test_the_audit_names_contract_and_thumbprint_of_a_key_that_was_approved(city: City) -> None:
    own = new_key()
    number = await registered(city, own)
    details = await city.office.database.fetchval(
        "SELECT details::text FROM hub.audit WHERE act = 'clients-register-approve' AND code = 'done'")
    assert orjson.loads(details) == {"request": number, "contract": WELFARE, "hash": own.thumbprint()}


@pytest.mark.threat("S2")
async def test_nobody_is_handed_keys_of_another_contract_or_without_the_right(city: City) -> None:
    await registered(city, new_key())
    await city.tell(WELFARE, 1)
    await city.tell(SCHOOL, 1)
    welfare, lesser = await city.program(), await city.program(WELFARE, Right.DISCLOSURES, Right.CONTRACT)
    school = await city.program(SCHOOL)
    assert (await welfare.get(f"/v1/keys/{SCHOOL}.{DAY}")).refused == (404, "unknown-kid")
    assert (await welfare.get(f"/v1/keys/{WELFARE}.2020-01-01")).refused == (404, "unknown-kid")
    assert (await lesser.get(f"/v1/keys/{KID}")).refused == (403, "scope-missing")
    assert (await school.get(f"/v1/keys/{SCHOOL}.{DAY}")).refused == (403, "no-public-key")
    for odd in ("hub:changes.2026-05-01", f"{WELFARE}.pseudonym", "%00", "x"):
        assert (await welfare.get(f"/v1/keys/{odd}")).refused == (422, "bad-request")
    assert {code for _, code in await handouts(city)} == {"unknown-kid", "no-public-key"}


@pytest.mark.trap("C12")
async def test_a_destroyed_key_is_told_as_gone_for_good_and_the_stream_stays_readable(city: City) -> None:
    program, own = await city.program(), new_key()
    await registered(city, own)
    await city.tell(WELFARE, 1, 2)
    records = [Record(city.told[WELFARE].name, Place(0, at), one.key, one.value)
               for at, one in enumerate(city.told[WELFARE].records[0])]  # fmt: skip

    class Fetched:
        """What a subscriber does: ask for a key, and believe that it is gone where that is the answer."""

        def __init__(self, answer: Answer) -> None:
            self.answer = answer

        def find(self, kid: str) -> OctKey | None:
            return OctKey.import_key(members(self.answer, own)[kid]) if self.answer.status == 200 else None

        def destroyed(self, kid: str) -> bool:
            return self.answer.status == 410

    before = Fetched(await program.get(f"/v1/keys/{KID}"))
    assert [type(opened(one, WELFARE, before)) for one in records] == [Disclosure, Disclosure]
    city.keys.destroyed.add(KID)
    gone = await program.get(f"/v1/keys/{KID}")
    assert gone.refused == (410, "key-destroyed")
    assert opened(records[1], WELFARE, Fetched(gone)) == Erased(Place(0, 1), 2, KID)
    assert [code for _, code in await handouts(city)] == ["handed-out", "key-destroyed"]


@pytest.mark.threat("C2")
async def test_a_public_key_takes_two_persons_and_is_ended_by_one_at_once(city: City) -> None:
    program, own = await city.program(), new_key()
    await city.tell(WELFARE, 1)
    alone, kato = await city.clerk("ito", Duty.OPERATOR, Duty.APPROVER), await city.clerk("kato", Duty.APPROVER)
    asked = await alone.ask_key(WELFARE, public(own), "it begins")
    with pytest.raises(ApprovalRequired, match="second-person-is-the-first"):
        await alone.approve_key(asked.id)
    assert (await program.get(f"/v1/keys/{KID}")).refused == (403, "no-public-key")
    await kato.approve_key(asked.id)
    with pytest.raises(NotPermitted, match="already-approved"):
        await kato.approve_key(asked.id)
    assert (await program.get(f"/v1/keys/{KID}")).status == 200
    await kato.end_key(asked.id, "the private key was lost")
    assert (await program.get(f"/v1/keys/{KID}")).refused == (403, "no-public-key")
    assert ("kato", "clients-revoke", "done") in await city.office.noted("kato")


async def test_a_request_for_a_key_is_void_after_a_day(city: City) -> None:
    asked = await (await city.clerk("ito", Duty.OPERATOR)).ask_key(WELFARE, public(new_key()), "it begins")
    kato = await city.clerk("kato", Duty.APPROVER)
    later(city, hours=23, minutes=59)
    await kato.approve_key(asked.id)
    other = await (await city.clerk("sato", Duty.OPERATOR)).ask_key(WELFARE, public(new_key()), "it begins")
    later(city, days=1)
    late = await city.clerk("mori", Duty.APPROVER)
    with pytest.raises(NotPermitted, match="request-expired"):
        await late.approve_key(other.id)


async def test_while_a_subscriber_changes_its_key_both_count(city: City) -> None:
    program, old, new = await city.program(), new_key(), new_key()
    await city.tell(WELFARE, 1)
    first = await registered(city, old)
    later(city, minutes=1)
    await registered(city, new)
    assert members(await program.get(f"/v1/keys/{KID}"), new).keys() == {KID}
    assert members(await program.get(f"/v1/keys/{KID}?to={old.thumbprint()}"), old).keys() == {KID}
    await (await city.clerk("mori", Duty.APPROVER)).end_key(first, "changed")  # type: ignore[arg-type]
    assert (await program.get(f"/v1/keys/{KID}?to={old.thumbprint()}")).refused == (403, "no-public-key")


@pytest.mark.threat("S7")
@pytest.mark.parametrize(("jwk", "code"), [
    (b"{}", "not-a-public-jwk"), (b"x", "not-a-public-jwk"), (public(new_key("P-384")), "not-a-public-jwk"),
    (orjson.dumps(new_key().as_dict(private=True)), "private-key-given"),
    (orjson.dumps({"kty": "oct", "k": "AAAA"}), "not-a-public-jwk"),
])  # fmt: skip
async def test_what_is_no_public_key_of_the_curve_is_not_registered(city: City, jwk: bytes, code: str) -> None:
    with pytest.raises(UsageError, match=code):
        await (await city.clerk("ito", Duty.OPERATOR)).ask_key(WELFARE, jwk, "it begins")


@pytest.mark.threat("S6")
async def test_a_contract_asks_so_often_an_hour_and_no_more(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "AN_HOUR", 3)
    await registered(city, new_key())
    await city.tell(WELFARE, 1)
    first, second = await city.program(), await city.program()
    assert [(await one.get(f"/v1/keys/{KID}")).status for one in (first, second, first)] == [200, 200, 200]
    assert (await second.get(f"/v1/keys/{KID}")).refused == (429, "too-many-keys")
    later(city, minutes=61)
    fresh = await city.program()
    assert (await fresh.get(f"/v1/keys/{KID}")).status == 200


@pytest.mark.threat("C2")
async def test_who_is_revoked_gets_no_key(city: City) -> None:
    program = await city.program()
    await registered(city, new_key())
    await (await city.clerk("kato", Duty.APPROVER)).revoke(program.secret.client_id, "seen by others")
    assert (await program.get(f"/v1/keys/{KID}")).refused == (403, "client-revoked")


async def test_a_department_that_reads_its_topic_has_programs_for_keys_alone(city: City) -> None:
    own = new_key()
    await registered(city, own, TOPIC_READER)
    ito = await city.clerk("ito", Duty.OPERATOR)
    with pytest.raises(UsageError, match="not-pulled"):
        await ito.ask(TOPIC_READER, "a program", [Right.KEYS, Right.DISCLOSURES], "it begins")
    with pytest.raises(UsageError, match="not-pulled"):
        await ito.ask("prefecture", "a program", [Right.KEYS], "it begins")
    program: Program = await city.program(TOPIC_READER, Right.KEYS)
    kid = (await city.keys.content_key(TOPIC_READER, DAY)).kid
    assert members(await program.get(f"/v1/keys/{kid}"), own).keys() == {kid}
    assert (await program.get("/v1/disclosures")).refused == (403, "scope-missing")


def library(city: City, program: Program, own: ECKey, folder: Path) -> KeyService:
    """The department's library, which asks this city's application and not the network; in a thread of its own."""
    (folder / "private.jwk").write_bytes(orjson.dumps(own.as_dict(private=True)))
    secret, loop = program.secret, asyncio.get_running_loop()
    made = KeyService(URL, str(secret.client_id), secret.client_secret, folder / "private.jwk")
    city.office.now = datetime.now(UTC)  # the library has a clock of its own

    def sent(path: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        answering = asked(city.app, "POST" if body else "GET", path, headers, body or b"")
        answer = asyncio.run_coroutine_threadsafe(answering, loop).result()
        return answer.status, answer.body

    made._sent = sent  # type: ignore[method-assign]
    return made


@pytest.mark.trap("C12")
async def test_the_departments_library_fetches_what_it_needs_and_goes_on_when_a_key_is_gone(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, program, run = new_key(), await city.program(WELFARE, Right.KEYS), asyncio.to_thread
    await city.tell(WELFARE, 1)
    ring = library(city, program, own, tmp_path)
    other = (await city.keys.content_key(WELFARE, DAY + timedelta(days=1))).kid
    assert (await run(ring.find, KID), ring.destroyed(KID)) == (None, False)  # no public key is registered
    await registered(city, own)
    assert await run(ring.find, KID) is None  # it does not ask again at once
    monkeypatch.setattr(service, "ASK_AGAIN_SECONDS", 0.0)
    ring._due.clear()
    found = await run(ring.find, KID)
    assert found is not None
    assert found.raw_value == (await city.keys.content_key(WELFARE, DAY)).key
    ring._token = "over"  # it gets another one
    city.keys.destroyed.add(other)
    assert (await run(ring.find, other), ring.destroyed(other), ring.destroyed(KID)) == (None, True, False)
    asked_before = len(await handouts(city))
    assert (await run(ring.find, other), await run(ring.find, KID)) == (None, found)
    assert len(await handouts(city)) == asked_before


@pytest.mark.threat("S7")
def test_the_library_sends_its_secret_over_no_open_line(tmp_path: Path) -> None:
    KeyService("http://127.0.0.1:8444", "x", "y", tmp_path)
    for url in ("http://hub.city.example", "ftp://hub.city.example", "hub.city.example"):
        with pytest.raises(SubscriptionError, match="not-encrypted"):
            KeyService(url, "x", "y", tmp_path)


@pytest.mark.parametrize("table", ["public_keys", "public_key_approvals", "key_handouts"])
async def test_what_was_registered_and_handed_out_is_never_altered(city: City, table: str) -> None:
    program = await city.program()
    await registered(city, new_key())
    await city.tell(WELFARE, 1)
    await program.get(f"/v1/keys/{KID}")
    with pytest.raises(Exception, match="sqlstate-0LP01"):
        await city.office.database.execute(f"DELETE FROM inbox.{table}")
