"""A subscriber's private key and its program's secret are stolen: they open its own contract, until they are ended."""

from datetime import date, timedelta
from uuid import UUID

import orjson
import pytest

from hub.people import Duty
from hub.seal import Place, Sheet, seal
from tests.integration.pull.program import DAY, SCHOOL, WELFARE, City
from tests.integration.pull.test_keys import members, new_key, registered
from tests.threats.thief import Thief, found

NEXT = DAY + timedelta(days=1)


async def told(city: City, contract: str, day: date) -> bytes:
    """A token of that day, as the router seals it."""
    own, place = (1).to_bytes(16, "big"), Place(contract, city.told[contract].name, 0)
    payload = orjson.dumps({"contract": contract, "day": day.isoformat()})
    key = await city.keys.content_key(contract, day)
    return seal(key, place, city.book.contracts[contract].hash, 1, [Sheet(1, str(UUID(int=1)), payload, own)])[0]


@pytest.mark.threat("C1", "C2")
async def test_a_stolen_key_opens_its_own_contract_until_it_is_ended_and_nothing_sealed_on_a_later_day(
    city: City,
) -> None:
    program, stolen, fresh = await city.program(), new_key(), new_key()
    number, kato = await registered(city, stolen), await city.clerk("kato", Duty.APPROVER)
    everything = b"\n".join([await told(city, WELFARE, DAY), await told(city, SCHOOL, DAY)])
    taken = Thief(members(await program.get("/v1/keys/all"), stolen))
    assert [orjson.loads(one)["contract"] for one in taken.opens(found(everything))] == [WELFARE]
    await kato.end_key(UUID(number), "the private key was stolen")
    assert (await program.get("/v1/keys/all")).refused == (403, "no-public-key")
    await kato.revoke(program.secret.client_id, "so was the secret")
    for target in ("/v1/keys/all", "/v1/disclosures"):
        assert (await program.get(target)).refused == (403, "client-revoked")
    later = await told(city, WELFARE, NEXT)
    city.office.now += NEXT - DAY
    await registered(city, fresh)
    now = Thief(members(await (await city.program()).get("/v1/keys/all"), fresh))
    assert (taken.opens(found(later)), len(now.opens(found(later)))) == ([], 1)
