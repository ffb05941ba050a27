"""照会 as a person makes it: duty, audit, limit; nothing of whom it was about stays here."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from consumers.inquiry import inquire, question
from hub import audit
from hub.config import Settings
from hub.errors import DependencyUnavailable, NotPermitted
from hub.people import Duty
from tests.conformance.counterparts import standin
from tests.conformance.test_inquiry import WITH_NUMBER, by_code, person
from tests.house import House
from tests.office import Office, cheap_passwords, opened


@pytest.fixture
async def office(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as made:
        yield made


async def at_terminal(office: Office, name: str, duty: Duty, url: str) -> Settings:
    settings = office.with_token(await office.hired(name, duty))
    return settings.model_copy(update={"counterparts": f"jlis-delivery={url}", "inquiries_an_hour": 2})


async def test_an_inquiry_is_answered_once_noted_twice_and_kept_nowhere(office: Office, tmp_path: Path) -> None:
    async with standin("jlis-delivery", tmp_path) as jlis:
        await jlis.instructed("/known", [person(1)])
        settings = await at_terminal(office, "ito", Duty.CLERK, jlis.url)
        asked = by_code(1)
        [found] = await inquire(settings, asked, office.clock)
    assert found == person(1)
    lines = [one for one in await audit.entries(office.database, office.now - timedelta(days=1), "ito")
             if one.entry.object == str(asked.id)]  # fmt: skip
    assert [(one.entry.act, one.entry.code) for one in lines] == [
        ("identity-inquire", "begun"), ("identity-inquire", "done")
    ]  # fmt: skip
    assert dict(lines[1].entry.details) == {"basis": WITH_NUMBER, "purpose": "my-number", "count": 1, "limit": 2}
    kept = repr([one.as_json() for one in lines])
    assert not any(str(person(1)[item]) in kept for item in ("name", "juminhyo_code", "my_number"))


async def test_the_limit_of_an_hour_is_a_persons_own_and_ends(office: Office, tmp_path: Path) -> None:
    async with standin("jlis-delivery", tmp_path) as jlis:
        ito = await at_terminal(office, "ito", Duty.CLERK, jlis.url)
        kato = await at_terminal(office, "kato", Duty.CLERK, jlis.url)
        for _ in range(2):
            await inquire(ito, by_code(1), office.clock)
        for _ in range(2):
            with pytest.raises(NotPermitted, match="inquiries-used-up"):
                await inquire(ito, by_code(1), office.clock)
        assert await inquire(kato, by_code(1), office.clock) == []
        assert len((await jlis.told())["inquiries"]) == 3
        office.now += timedelta(minutes=61)
        assert await inquire(ito, by_code(1), office.clock) == []


async def test_without_the_duty_nothing_is_asked_and_the_attempt_is_noted(office: Office, tmp_path: Path) -> None:
    async with standin("jlis-delivery", tmp_path) as jlis:
        abe = await at_terminal(office, "abe", Duty.APPROVER, jlis.url)
        with pytest.raises(NotPermitted, match="duty-missing"):
            await inquire(abe, by_code(1), office.clock)
        assert (await jlis.told())["inquiries"] == []
    assert ("abe", "identity-inquire", "duty-missing") in await office.noted("abe")


async def test_where_nobody_answers_the_inquiry_counts_and_says_so(office: Office) -> None:
    settings = await at_terminal(office, "ito", Duty.CLERK, "http://127.0.0.1:9")
    said = orjson.dumps({"juminhyo_code": person(1)["juminhyo_code"]})
    with pytest.raises(DependencyUnavailable, match="jlis-unavailable"):
        await inquire(settings, question(said, WITH_NUMBER, "my-number", 1), office.clock)
    assert ("ito", "identity-inquire", "jlis-unavailable") in await office.noted("ito")
