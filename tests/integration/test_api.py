"""The HTTP API on a real PostgreSQL: who may, what is refused and how, and that nothing that was sent comes back."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from schemathesis.python import asgi

from hub import acts, desk, listing
from hub.api.app import DOCUMENT, PREFIX, application, document
from hub.api.door import Window
from hub.api.problems import MEDIA, TooMany
from hub.bus import Incoming
from hub.config import read
from hub.people import Duty
from hub.topics import quarantine as topic
from tests.fuzz import sent_to_every_operation
from tests.house import House
from tests.office import NOW, Office, cheap_passwords, opened
from tests.quarantine import Quarantine

MARK = "架空花子0417"
ROOMS = DOCUMENT.parents[1]
LETTERS = [Incoming("juki.quarantine", 3, at, b"k", b"", (), 0) for at in (17, 18)]


class Api:
    """One application with its office, seen by somebody."""

    def __init__(self, office: Office, application: Any, session: Any) -> None:
        self.office, self.application, self.session = office, application, session

    def __call__(self, method: str, path: str, token: str | None = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.request(method, f"{PREFIX}{path}", headers=headers | more.pop("headers", {}), **more)


@pytest.fixture
async def api(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async def there(*_: object) -> None: ...

    cheap_passwords(monkeypatch)
    monkeypatch.setattr(desk.bus, "check_topics", there)
    monkeypatch.setattr(listing, "_reader", Quarantine(LETTERS).reader)
    async with opened(house, tmp_path) as office:
        made = application(office.settings, office.clock, per_minute=100_000)
        with asgi.get_client(made) as session:
            yield Api(office, made, session)
        asgi.shutdown_lifespans()


def refused(answer: Any) -> tuple[int, str]:
    """Status and code of a problem."""
    assert answer.headers["Content-Type"] == MEDIA
    said = answer.json()
    assert (said["status"], said["type"]) == (answer.status_code, "about:blank")
    return answer.status_code, said["code"]


def test_the_checked_in_description_is_that_of_the_application() -> None:
    made = document(application(read({}), lambda: NOW))
    assert DOCUMENT.read_text(encoding="utf-8") == made, "run: jukihub api describe > hub/api/openapi.json"


@pytest.mark.threat("N2")
async def test_who_proves_nothing_is_told_how_and_nothing_else(api: Api) -> None:
    ito = await api.office.hired("ito", Duty.OPERATOR)
    for token, code in ((None, "no-token"), ("x", "token-unknown"), (ito[:-1] + "~", "token-unknown")):
        answer = api("GET", "/me", token)
        assert (refused(answer), answer.headers["WWW-Authenticate"]) == ((401, code), "Bearer")
    api.office.now += timedelta(days=2)
    assert refused(api("GET", "/me", ito)) == (401, "token-expired")
    assert api("GET", "/me", ito, headers={"Authorization": f"Basic {ito}"}).status_code == 401


async def test_everybody_sees_who_they_are(api: Api) -> None:
    said = api("GET", "/me", await api.office.hired("ito", Duty.OPERATOR, Duty.VIEWER)).json()
    assert (said["name"], said["duties"]) == ("ito", ["operator", "viewer"])


@pytest.mark.threat("P1")
async def test_an_administrator_makes_and_retires_accounts_and_nobody_else_does(api: Api) -> None:
    root, ito = await api.office.hired("boss", Duty.ADMINISTRATOR), await api.office.hired("ito", Duty.OPERATOR)
    new = {"name": "kato", "duties": ["approver"]}
    assert refused(api("POST", "/people", ito, json=new)) == (403, "duty-missing")
    assert api("POST", "/people", root, json=new).json()["provisional"] is True
    assert refused(api("POST", "/people", root, json=new)) == (409, "name-taken")
    assert api("PUT", "/people/kato/duties", root, json={"duties": ["viewer"]}).json()["duties"] == ["viewer"]
    assert refused(api("PUT", "/people/kato/duties", root, json={"duties": ["auditor", "operator"]})) == (
        422, "auditor-apart",
    )  # fmt: skip
    assert api("POST", "/people/ito/retire", root).json()["retired_at"] is not None
    assert refused(api("GET", "/me", ito)) == (401, "account-retired")
    assert refused(api("GET", "/people/nobody", root)) == (404, "unknown-account")


async def test_a_release_takes_two_persons(api: Api) -> None:
    both = await api.office.hired("sato", Duty.OPERATOR, Duty.APPROVER)
    kato = await api.office.hired("kato", Duty.APPROVER)
    assert [(one["partition"], one["offset"], one["behind"]) for one in api("GET", "/quarantine", kato).json()] == [
        (3, 17, 1)
    ]
    where = {"partition": 3, "offset": 17, "discarded": [17], "reason": "of no use"}
    assert refused(api("POST", "/quarantine/requests", kato, json=where)) == (403, "duty-missing")
    assert refused(api("POST", "/quarantine/requests", both, json=where | {"offset": 9})) == (404, "no-such-letter")
    number = api("POST", "/quarantine/requests", both, json=where).json()["request"]
    assert [one["request"] for one in api("GET", "/quarantine/requests", kato).json()] == [number]
    approval = f"/quarantine/requests/{number}/approval"
    assert refused(api("POST", approval, both)) == (409, "second-person-is-the-first")
    assert api("POST", approval, kato).status_code == 202
    assert refused(api("POST", approval, kato)) == (409, "already-approved")
    name = topic(api.office.settings.prefix)
    assert [one.id for one in await acts.due(api.office.database, name, [3])] == [UUID(number)]


async def test_the_auditor_reads_what_others_did_and_that_they_looked(api: Api) -> None:
    ito, auditor = await api.office.hired("ito", Duty.VIEWER), await api.office.hired("abe", Duty.AUDITOR)
    api("GET", "/people", ito)
    assert refused(api("GET", "/audit", ito)) == (403, "duty-missing")
    found = api("GET", "/audit?person=ito", auditor).json()
    assert {one["code"] for one in found} == {"duty-missing"}
    assert [one["act"] for one in found] == ["people-see", "audit-see"]
    assert ("abe", "audit-see", "done") in await api.office.noted("abe")


BAD: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/people", {"json": {"name": MARK, "duties": ["viewer"]}}),
    ("POST", "/people", {"json": {"name": "kato", "duties": [MARK]}}),
    ("POST", "/people", {"json": {"name": "kato", "duties": ["viewer"], MARK: MARK}}),
    ("POST", "/people", {"json": MARK}),
    ("POST", "/people", {"data": f"{{{MARK}".encode(), "headers": {"Content-Type": "application/json"}}),
    ("POST", "/people", {"data": MARK.encode(), "headers": {"Content-Type": "text/plain"}}),
    ("GET", f"/people/{MARK}", {}),
    ("GET", f"/audit?days={MARK}&person={MARK}&act={MARK}", {}),
    ("POST", f"/quarantine/requests/{MARK}/approval", {}),
    ("GET", f"/{MARK}", {}),
    (MARK.encode().hex(), "/me", {}),
]


@pytest.mark.threat("S6")
async def test_what_was_sent_does_not_come_back(api: Api) -> None:
    root = await api.office.hired("boss", Duty.ADMINISTRATOR)
    for method, path, more in BAD:
        answer = api(method, path, root, **more)
        assert refused(answer)[0] in {404, 405, 422}, path
        everything = answer.text + str(answer.headers)
        assert [form for form in (MARK, json.dumps(MARK)[1:-1], MARK.encode().hex()) if form in everything] == []


@pytest.mark.threat("S6")
async def test_a_body_that_is_too_large_is_refused_also_where_it_does_not_say_how_large_it_is(api: Api) -> None:
    root = await api.office.hired("boss", Duty.ADMINISTRATOR)
    large = b'{"name": "' + b"a" * 70_000
    for body in (large, (part for part in (large[:40_000], large[40_000:]))):
        answer = api("POST", "/people", root, data=body, headers={"Content-Type": "application/json"})
        assert refused(answer) == (413, "content-too-large")


async def test_a_fault_of_ours_is_told_by_its_code_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError(MARK)

    monkeypatch.setattr(desk.bus, "check_topics", broken)
    ito = await api.office.hired("ito", Duty.OPERATOR)

    async def served(*request: Any) -> None:
        with suppress(ValueError):  # which Starlette hands on to the server, after it has answered
            await api.application(*request)

    with asgi.get_client(served) as api.session:
        answer = api("GET", "/quarantine", ito)
    assert (refused(answer), MARK in answer.text) == ((500, "internal-error"), False)


async def test_a_database_that_is_away_is_a_matter_of_waiting(api: Api) -> None:
    await api.office.database.execute("ALTER TABLE hub.tokens RENAME TO away")
    answer = api("GET", "/me", "jukihub_" + "A" * 43)
    assert (refused(answer), answer.headers["Retry-After"]) == ((503, "sqlstate-42P01"), "5")


async def test_answers_are_not_kept_by_anybody_and_no_page_is_served(api: Api) -> None:
    answer = api("GET", "/me")
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    for path in ("/docs", "/redoc", f"{PREFIX}/docs"):
        assert api.session.get(path).status_code == 404


async def test_whatever_is_sent_it_is_no_fault_of_ours_and_comes_back_in_no_refusal(api: Api) -> None:
    """Schemathesis makes what fits the description and what does not; a caller with every duty lets it all through.

    It also sends the words that it finds in our own sources; those a refusal may say.
    """
    everybody = await api.office.person("everybody", Duty.VIEWER)
    await api.office.database.execute("UPDATE hub.people SET duties = $1 WHERE id = $2", [*Duty], everybody.id)
    token = await api.office.token(everybody)
    own = "".join(path.read_text(encoding="utf-8") for path in (DOCUMENT, *ROOMS.rglob("*.py")))

    def nothing_comes_back(case: Any, answer: Any) -> None:
        given_words = {word for word in words([case.body, case.query, case.path_parameters]) if word not in own}
        assert [word for word in given_words if word in answer.text] == []

    seen = sent_to_every_operation(api.application, api.session, token, 8, nothing_comes_back)
    assert {200, 201, 404, 422} <= seen


def words(given: Any) -> Iterator[str]:
    """Every text of some length in what was sent."""
    if isinstance(given, str) and len(given) > 5:
        yield given
    elif isinstance(given, dict):
        for key, value in given.items():
            yield from words([key, value])
    elif isinstance(given, list):
        for each in given:
            yield from words(each)


def test_a_minute_has_so_many_requests_and_the_next_one_has_them_again() -> None:
    window = Window(2)
    for key in ("ito", "ito", "kato"):
        window.take(key, NOW)
    with pytest.raises(TooMany):
        window.take("ito", NOW)
    window.take("ito", NOW + timedelta(minutes=1))
