"""The counter over HTTP: accepted, repeated or refused as at the counter, by clerks alone, and nothing comes back."""

import json
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from schemathesis.python import asgi

from hub import accounts, audit
from hub.api.app import PREFIX, application, document
from hub.api.problems import MEDIA
from hub.config import read
from hub.database import Database, connect
from hub.people import Duty
from producers import api, todokede
from producers.city import load
from producers.refusals import sentence
from producers.todokede import Answer
from tests.fuzz import sent_to_every_operation
from tests.house import House
from tests.office import NOW, Office, cheap_passwords, opened

MARK = "架空花子0417"
JSON, LINES = {"Content-Type": "application/json"}, {"Content-Type": "application/x-ndjson"}


class Counter:
    """The counter's application with its office and a village of 120, seen by somebody."""

    def __init__(self, office: Office, registry: Database, application: Any, session: Any) -> None:
        self.office, self.registry, self.application, self.session = office, registry, application, session

    def __call__(self, body: Any, token: str | None, headers: Any = JSON) -> Any:
        sent = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.session.post(f"{PREFIX}/todokede", data=sent, headers=headers | bearer(token))

    async def changes(self) -> int:
        return int(await self.registry.fetchval("SELECT count(*) FROM registry.outbox"))


def bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


@pytest.fixture
async def counter(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    cheap_passwords(monkeypatch)
    async with opened(house, tmp_path) as office, connect(office.settings.registry_dsn, 2) as registry:
        await load(registry, 120, 7)
        made = application(office.settings, office.clock, 100_000, api.SERVICE)
        with asgi.get_client(made) as session:
            yield Counter(office, registry, made, session)
        asgi.shutdown_lifespans()


def death(receipt: str, atena_no: str = "0000000013") -> dict[str, Any]:
    """Of somebody who lives alone."""
    return {"receipt": receipt, "act": "death", "atena_no": atena_no, "died_on": "2026-04-30",
            "notified_on": "2026-05-01"}  # fmt: skip


def test_the_checked_in_description_is_that_of_the_counter() -> None:
    made = document(application(read({}), lambda: NOW, service=api.SERVICE))
    written = api.DOCUMENT.read_text(encoding="utf-8")
    assert written == made, "run: jukihub run counter --describe > producers/counter.openapi.json"


def test_the_hubs_own_api_has_no_way_to_the_register() -> None:
    described = json.loads(document(application(read({}), lambda: NOW)))
    assert [path for path in described["paths"] if "todokede" in path] == []


async def test_a_notice_is_accepted_once_and_known_afterwards(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    first, again = counter(death("R-1"), ito), counter(death("R-1"), ito)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"result": "repeated"}
    assert await counter.changes() == len(first.json()["changes"]) == 1


async def test_a_refusal_says_code_place_and_a_sentence_and_never_a_value(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    refused = {
        "not-on-register": death("R-2", "999999"), "unknown-field": death("R-3") | {MARK: MARK},
        "bad-value": death("R-4") | {"died_on": MARK}, "unknown-act": {"act": MARK}, "bad-json": MARK.encode(),
        "duplicate-key": b'{"act": "death", "act": "birth"}', "missing-field": {"act": "death"},
    }  # fmt: skip
    for code, sent in refused.items():
        answer = counter(sent, ito)
        said = answer.json()
        assert (answer.status_code, answer.headers["Content-Type"], said["code"]) == (422, MEDIA, code)
        assert (said["detail"], MARK in answer.text, "999999" in answer.text) == (sentence(code), False, False)
    assert await counter.changes() == 0


async def test_many_are_answered_line_by_line(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    body = b"\n".join([orjson.dumps(death("R-1")), b"{", b"", orjson.dumps(death("R-1")), orjson.dumps(death("R-2"))])
    answer = counter(body, ito, LINES)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["line"], line["result"], line.get("code")) for line in lines] == [
        (1, "accepted", None), (2, "refused", "bad-json"), (4, "repeated", None), (5, "refused", "not-on-register"),
    ]  # fmt: skip
    assert (answer.status_code, lines[3]["detail"]) == (200, sentence("not-on-register"))


def lines_of(receipts: Iterable[str]) -> bytes:
    return b"\n".join(orjson.dumps(death(receipt)) for receipt in receipts)


async def test_of_more_lines_than_one_request_may_have_none_is_filed(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    answer = counter(b"{}\n" * (api.MOST_LINES + 1), ito, LINES)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-many-lines")
    assert await counter.office.noted("ito") == []


async def test_every_line_is_a_share_of_the_minute(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    counter.application.state.hub.persons.limit = 8
    assert counter(lines_of(["R-1"] * 5), ito, LINES).status_code == 200
    answer = counter(lines_of(["R-2"] * 4), ito, LINES)
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
    assert {noted for _, _, noted in await counter.office.noted("ito")} == {"begun", "done"}
    assert len(await counter.office.noted("ito")) == 2 * 5, "of the second nothing was begun"


async def test_whoever_is_retired_meanwhile_files_no_further_line(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    filed = 0

    async def file(*_: Any) -> Answer:
        nonlocal filed
        filed += 1
        if filed == 3:
            await accounts.retire(counter.application.state.hub.database, "ito", NOW)
        return Answer("repeated", "R-1", ())

    monkeypatch.setattr(todokede, "file", file)
    answer = counter(lines_of(["R-1"] * 50), ito, LINES)
    assert (answer.status_code, answer.json()["code"], filed) == (401, "account-retired", api.ANEW)


async def test_only_a_clerk_files_and_whoever_tries_leaves_a_line(counter: Counter) -> None:
    for duty in {*Duty} - {Duty.CLERK}:
        name = f"some-{duty.value}"
        token = await counter.office.hired(name, duty)
        for sent, kind in ((death("R-1"), JSON), (orjson.dumps(death("R-1")), LINES)):
            answer = counter(sent, token, kind)
            assert (answer.status_code, answer.json()["code"]) == (403, "duty-missing")
        assert await counter.office.noted(name) == [(name, "todokede-file", "duty-missing")] * 2
    assert counter(death("R-1"), None).status_code == 401
    assert await counter.changes() == 0


async def test_every_notice_has_its_lines_in_the_audit_and_a_number_alone_is_not_named(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    for sent in (death("R-1"), death("R-1"), death("R-2"), death("123456789018", "1")):
        counter(sent, ito)
    found = await audit.entries(counter.office.database, NOW.replace(year=2025), "ito")
    assert [(one.entry.object, one.entry.code, one.entry.details.get("ended")) for one in found] == [
        ("R-1", "begun", None), ("R-1", "done", "accepted"), ("R-1", "begun", None), ("R-1", "done", "repeated"),
        ("R-2", "begun", None), ("R-2", "not-on-register", None),
        ("todokede", "begun", None), ("todokede", "not-on-register", None),
    ]  # fmt: skip


async def test_what_is_not_json_or_too_large_is_refused_before_it_is_read(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    assert counter(death("R-1"), ito, {"Content-Type": "text/plain"}).status_code == 415
    assert counter(b"x" * 70_000, ito).json()["code"] == "too-large"
    assert counter(b"x" * (api.LARGEST_BODY + 1), ito, LINES).json()["code"] == "content-too-large"


async def test_the_form_of_a_notice_can_be_had_by_whoever_is_somebody(counter: Counter) -> None:
    path = f"{PREFIX}/todokede/schema"
    ito = await counter.office.hired("ito", Duty.VIEWER)
    assert counter.session.get(path, headers=bearer(ito)).json() == json.loads(
        (Path(api.__file__).parent / "notices" / "todokede.schema.json").read_text(encoding="utf-8")
    )
    assert counter.session.get(path).status_code == 401


async def test_whatever_is_sent_it_is_no_fault_of_ours(counter: Counter) -> None:
    ito = await counter.office.hired("ito", Duty.CLERK)
    seen = sent_to_every_operation(counter.application, counter.session, ito, 25)
    assert {200, 422} <= seen
