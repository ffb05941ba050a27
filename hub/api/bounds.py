"""What holds for every request and every answer: a body has a bound, nobody keeps an answer, each one is counted.

The bound is held while reading, so a body that does not say how large it is, or says so wrongly, meets it as well.
"""

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import metrics
from hub.api.problems import FOREIGN, problem

_HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class Bounds:
    """Around the application."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _claimed(scope, self._largest) > self._largest:
            await problem(HTTPStatus(413), FOREIGN[413])(scope, receive, _marked(send))
        else:
            await self._app(scope, _bounded(receive, self._largest), _marked(send))


def _claimed(scope: Scope, largest: int) -> int:
    said = Headers(scope=scope).get("content-length", "0")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 20 else largest + 1


def _bounded(receive: Receive, largest: int) -> Receive:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > largest:
            raise HTTPException(413)
        return message

    return bounded


def _marked(send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *_HEADERS]
            metrics.API_ANSWERS.labels(str(message["status"])).inc()
        await send(message)

    return marked
