"""Letters over HTTP, from the first look to the end, by two persons: the same as on the command line."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from schemathesis.python import asgi
from typer.testing import CliRunner

from consumers import plans
from consumers.office import Office as Desks
from hub import accounts, tokens
from hub.api.app import PREFIX, application
from hub.cli import build
from hub.database import connect
from hub.people import Duty
from tests.integration.replay.desk import Desk
from tests.office import Office, cheap_passwords

REFUSED = "counterpart-not-accepted"


class Http:
    """The application over a desk, and the tokens of two persons."""

    def __init__(self, desk: Desk, session: Any, ito: str, kato: str) -> None:
        self.desk, self.session, self.tokens = desk, session, {"ito": ito, "kato": kato}

    def __call__(self, person: str, method: str, path: str, expected: int = 200, **more: Any) -> Any:
        """What is answered."""
        headers = {"Authorization": f"Bearer {self.tokens[person]}"}
        answer = self.session.request(method, f"{PREFIX}{path}", headers=headers, **more)
        assert answer.status_code == expected, answer.text
        return answer.json()


@pytest.fixture
async def http(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Http]:
    cheap_passwords(monkeypatch)
    office = Office(desk.database, desk.settings, desk.now)
    persons = [await office.person("ito", Duty.OPERATOR), await office.person("kato", Duty.APPROVER)]
    ito, kato = [await office.token(one, timedelta(days=3)) for one in persons]
    with asgi.get_client(application(desk.settings, desk.clock)) as session:
        yield Http(desk, session, ito, kato)
    asgi.shutdown_lifespans()


@pytest.mark.trap("D12")
async def test_a_letter_is_seen_planned_approved_by_another_and_delivered_by_a_run(http: Http) -> None:
    desk = http.desk
    early, second = await desk.letters(1, 2)
    desk.later(hours=1)
    (late,) = [one for one in await desk.letters(3) if one not in {early, second}]
    hour = {"since": (desk.now - timedelta(minutes=1)).isoformat(), "until": desk.now.isoformat()}
    assert [(one["code"], one["count"]) for one in http("ito", "GET", "/letters/groups")] == [(REFUSED, 3)]
    for params, expected in (
        ({"since": hour["since"]}, [late]), ({"until": hour["since"]}, [early, second]), (hour, []),
        ({"id": [str(early), str(late)]}, [early, late]), ({"limit": "1"}, [early]),
    ):  # fmt: skip
        found = http("ito", "GET", "/letters", params={"contract": desk.name, **params})
        assert [UUID(one["id"]) for one in found["letters"]] == expected
    wish = {"contract": desk.name, "code": REFUSED, "until": hour["since"], "limit": 1, "reason": "repaired"}
    made = http("ito", "POST", "/replays", 201, json=wish)
    assert [one["letter"] for one in http("kato", "GET", f"/replays/{made['plan']}")["letters"]] == [str(early)]
    assert http("ito", "POST", f"/replays/{made['plan']}/approval", 403)["code"] == "duty-missing"
    assert http("kato", "POST", f"/replays/{made['plan']}/approval")["state"] == "approved"
    desk.accept()
    await desk.run(await plans.found(desk.database, UUID(made["plan"])))
    ended = http("kato", "GET", f"/replays/{made['plan']}")
    assert ([one["outcome"] for one in ended["letters"]], early in desk.told()) == (["delivered"], True)


@pytest.mark.trap("D12")
async def test_the_second_person_sees_what_waits_and_closes_it(http: Http) -> None:
    desk = http.desk
    await desk.letters(1, 2)
    assert http("ito", "GET", "/closings") == []
    wish = {"contract": desk.name, "code": REFUSED, "limit": 1, "reason": "sent twice"}
    asked = http("ito", "POST", "/closings", 201, json=wish)
    (seen,) = http("kato", "GET", "/closings")
    assert (seen["request"], seen["kind"], seen["requested_by"]) == (asked["request"], "discarded", "ito")
    assert (seen["reason"], seen["letters"], seen["correction"]) == ("sent twice", asked["letters"], None)
    assert http("kato", "POST", f"/closings/{asked['request']}/approval")["count"] == 1
    assert http("kato", "GET", "/closings") == []
    assert await desk.states() == {"discarded": 1, "dead": 1}


async def test_what_is_void_waits_for_nobody(http: Http) -> None:
    desk = http.desk
    one, other = await desk.letters(1, 2)
    for letter in (one, other):
        http("ito", "POST", "/closings", 201, json={"contract": desk.name, "letters": [str(letter)], "reason": "twice"})
        desk.later(hours=13)
    assert [each["letters"] for each in http("kato", "GET", "/closings")] == [[str(other)]]
    await accounts.retire(desk.database, "ito", desk.now)
    assert http("kato", "GET", "/closings") == []


async def test_the_commands_say_the_same(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = http.desk
    one, _ = await desk.letters(1, 2)

    async def typed(person: str, *words: str) -> Any:
        """What a command says with --json, at the desk's time."""

        async def act(done: Callable[[Desks], Awaitable[Any]]) -> Any:
            async with connect(desk.settings.database) as database:
                bearer = await tokens.bearer(database, http.tokens[person], desk.now)
                return await done(Desks(desk.settings, database, bearer, desk.clock))

        monkeypatch.setattr("consumers.cli.given.at_office", lambda done, **_: asyncio.run(act(done)))
        said = await asyncio.to_thread(CliRunner().invoke, build([words[0]]), [*words, "--json"])
        assert said.exit_code == 0, said.exception
        return json.loads(said.stdout)

    assert await typed("kato", "letters", "requests") == []
    await typed("ito", "letters", "discard", "--contract", desk.name, "--id", str(one), "--reason", "sent twice")
    (told,), (seen,) = await typed("kato", "letters", "requests"), http("kato", "GET", "/closings")
    for time in ("requested_at", "expires_at"):
        assert datetime.fromisoformat(told.pop(time)) == datetime.fromisoformat(seen.pop(time))
    assert told == seen
    made = await typed("ito", "replay", "plan", "--contract", desk.name, "--reason", "repaired")
    assert (await typed("ito", "replay", "cancel", made["plan"]))["state"] == "cancelled"


@pytest.mark.parametrize(("path", "body", "code"), [
    ("/closings", {}, "no-filter"), ("/closings", {"since": "2026-06-01T00:00:00Z"}, "no-filter"),
    ("/closings", {"code": REFUSED, "until": "2026-06-01T00:00:00"}, "bad-request"),
    ("/replays", {"since": "0001-01-01T00:00:00+14:00"}, "bad-request"), ("/replays", {"limit": 0}, "bad-request"),
])  # fmt: skip
async def test_which_letters_are_meant_is_said_and_a_time_has_its_offset(
    http: Http, path: str, body: dict[str, Any], code: str
) -> None:  # fmt: skip
    wish = {"contract": http.desk.name, "reason": "why not"} | body
    assert http("ito", "POST", path, 422, json=wish)["code"] == code
