"""The pull API is what its description says, whatever is sent to it."""

from pathlib import Path

import pytest
from schemathesis.python import asgi

from consumers.pull import api, process
from hub.api.app import document
from hub.config import read
from hub.errors import UsageError
from tests.fuzz import sent_to_every_operation
from tests.integration.pull.program import WELFARE, City, asked

SAID = Path(api.__file__).with_name("openapi.json")


def test_the_checked_in_description_is_that_of_the_application() -> None:
    written = SAID.read_text(encoding="utf-8")
    assert written == process.described(read({})), "run: jukihub run pull --describe > consumers/pull/openapi.json"


def test_a_public_url_is_https_or_this_very_machine() -> None:
    assert process.public_url("https://hub.city.example/") == "https://hub.city.example"
    assert process.public_url("http://127.0.0.1:8444") == "http://127.0.0.1:8444"
    for url in ("http://hub.city.example", "ftp://hub.city.example", "hub.city.example"):
        with pytest.raises(UsageError, match="not-encrypted"):
            process.public_url(url)


async def test_the_description_can_be_had_and_no_page_is_served(city: City) -> None:
    answer = await asked(city.app, "GET", "/openapi.json", {})
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json() == city.app.openapi()
    assert document(city.app) == SAID.read_text(encoding="utf-8")
    for path in ("/docs", "/redoc", "/api/v1/me"):
        assert (await asked(city.app, "GET", path, {})).refused == (404, "not-found")


async def test_whatever_is_sent_it_is_no_fault_of_ours(city: City) -> None:
    program = await city.program()
    await city.tell(WELFARE, 1, 1, 2)
    city.pull.feeds[WELFARE].end()  # nobody waits
    city.pull._issuer = None  # the application is served in a loop of its own here
    with asgi.get_client(city.app) as session:
        seen = sent_to_every_operation(city.app, session, program.token, 8, prefix="")
    asgi.shutdown_lifespans()
    assert {200, 401, 404, 422} <= seen
