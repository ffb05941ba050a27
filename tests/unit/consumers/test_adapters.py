"""What an answer means, and where personal data may go."""

from uuid import UUID

import pytest

from consumers.adapters import Adapter, Before
from consumers.adapters.http import Answer, Line, Settings, read
from consumers.disclosure import Disclosure
from hub.errors import UsageError
from hub.outcome import Deferred, Delivered, Refused
from hub.outside import checked_url


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b'{"receipt": "R-1"}', Delivered("R-1")),
        (200, b'{"receipt": ""}', Deferred("nonsense")),
        (200, b'{"receipt": 7}', Deferred("nonsense")),
        (200, b'["receipt"]', Deferred("nonsense")),
        (200, '{"receipt": "見本"}'.encode(), Deferred("nonsense")),
        (204, b"", Deferred("nonsense")),
        (302, b"", Deferred("nonsense")),
        (400, b'{"code": "bad-date"}', Refused("counterpart-bad-date")),
        (409, b"", Refused("counterpart-unlisted")),
        (422, '{"code": "見本 太郎"}'.encode(), Refused("counterpart-unlisted")),
        (401, b"", Deferred("not-permitted")),
        (404, b"", Deferred("not-found")),
        (429, b"", Deferred("busy")),
        (500, b'{"receipt": "R-1"}', Deferred("unavailable")),
    ],
)
def test_only_a_receipt_is_delivered_and_only_a_refusal_refused(status: int, body: bytes, outcome: object) -> None:
    assert read(Answer(status, body)) == outcome


async def before(line: Line, _: Disclosure, message: dict[str, object]) -> None:
    await line.send(Settings("/before"), "key", message)


@pytest.mark.parametrize("first", [None, before])
async def test_a_number_that_no_json_holds_is_a_dead_letter_and_ends_nobody(first: Before | None) -> None:
    told = Disclosure(UUID(int=1, version=4), "tax", 1, "inside", {"n": 2**64})
    way = Adapter(Settings("/told"), lambda disclosure, _: disclosure.items, read, before=first)
    async with Line("http://127.0.0.1:1") as line:
        assert await way.hand_over(line, told) == Refused("bad-payload")


@pytest.mark.parametrize("url", ["https://cs.example.test", "http://127.0.0.1:8080", "http://localhost:1"])
def test_a_line_that_nobody_can_listen_to_is_taken(url: str) -> None:
    assert checked_url(url + "/") == url


@pytest.mark.parametrize("url", ["http://cs.example.test", "ftp://127.0.0.1", "127.0.0.1:80", ""])
def test_a_line_in_clear_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="counterpart-not-encrypted"):
        checked_url(url)
