"""A counterpart that is asked for its digests: over https or on this machine, unpacked, bounded, and nowhere else."""

import gzip
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from hub.config import read
from hub.errors import DependencyUnavailable, UsageError
from producers import counterpart

DIGESTS = b'{"00": "' + b"0" * 64 + b'"}'


async def elsewhere(_: web.Request) -> web.Response:
    raise web.HTTPTemporaryRedirect("/answer")


async def packed(_: web.Request) -> web.Response:
    return web.Response(body=gzip.compress(DIGESTS), headers={"Content-Encoding": "gzip"})


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(counterpart.LARGEST // 65_536 + 2):
        await answer.write(b" " * 65_536)
    return answer


async def answer(_: web.Request) -> web.Response:
    return web.Response(body=DIGESTS)


async def noise(_: web.Request) -> web.Response:
    return web.Response(body=b"[" * 100_000)


Serve = Callable[[str], str]


@pytest.fixture
async def there() -> AsyncIterator[Serve]:
    """The URL of a counterpart that answers in this way."""
    app = web.Application()
    for each in (elsewhere, packed, endless, answer, noise):
        app.router.add_get(f"/{each.__name__}/digests", each)
    app.router.add_get("/answer", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield lambda way: f"http://127.0.0.1:{runner.addresses[0][1]}/{way}"
    await runner.cleanup()


async def asked(url: str) -> dict[str, str]:
    async with counterpart.asked(read({"HUB_COUNTERPARTS": f"prefecture={url}"}), "prefecture") as over:
        return dict(await over.buckets())


async def test_a_plain_answer_is_read(there: Serve) -> None:
    assert await asked(there("answer")) == {"00": "0" * 64}


@pytest.mark.parametrize(
    ("way", "code"),
    [("elsewhere", "counterpart-refused"), ("packed", "counterpart-answer"), ("endless", "counterpart-answer"),
     ("noise", "counterpart-answer")],
)  # fmt: skip
async def test_what_leads_elsewhere_is_packed_or_has_no_end_is_no_answer(there: Serve, way: str, code: str) -> None:
    with pytest.raises(DependencyUnavailable, match=code):
        await asked(there(way))


@pytest.mark.parametrize("url", ["http://192.0.2.1", "http://counterpart.example", "ftp://127.0.0.1", "127.0.0.1"])
async def test_nobody_is_asked_in_the_clear(url: str) -> None:
    with pytest.raises(UsageError, match="counterpart-not-encrypted"):
        await asked(url)
