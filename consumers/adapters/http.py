"""What every adapter that speaks HTTP shares: how a message is sent, and what an answer can mean.

Only 200 with a receipt of the counterpart's own is Delivered. 400, 409 and 422 are about this disclosure: Refused.
Everything else is about the counterpart or the way to it: Deferred. A code that the counterpart names is taken over
only if it is on the closed list, because a foreign text might quote what it objects to.

Messages are JSON in UTF-8, as none of the counterparts needs another code: names go out as they came in, character by
character. A counterpart that wants Shift_JIS or its own 外字 needs a conversion in `encode` that answers Refused where
a character has no place, and never replaces one.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from consumers.adapters.wire import Answer, Wires
from hub import outside
from hub.errors import TokenRefused
from hub.outcome import Deferred, Delivered, Outcome, Refused

ITS_OWN: Final = frozenset({"closed", "pending", "not-erased"})
"""Codes of Deferred with which the counterpart has spoken: it is there, and this one alone has to wait."""
REFUSALS: Final = frozenset({
    "not-accepted", "out-of-order", "unknown-item", "missing-item", "null-item", "not-an-object", "bad-json",
    "bad-idempotency-key", "bad-text", "bad-digits", "bad-my-number", "bad-municipality-code", "bad-truth",
    "bad-number", "bad-code", "bad-date", "bad-object", "bad-list", "reason-mismatch", "not-null", "wrong-recipient",
    "wrong-sender", "unknown-recipient", "bad-emergency-number", "bad-length", "bad-outside-count",
    "bad-replacement", "bad-count", "bad-derived", "too-many", "auto-answer-first", "bad-acquisition-number",
})  # fmt: skip
"""The codes of refusal that are known; any other is reported as `counterpart-unlisted`."""

_ABOUT_THIS_ONE = (400, 409, 422)
_DEFERRED = {401: "not-permitted", 403: "not-permitted", 404: "not-found", 408: "timeout", 429: "busy"}
LOOPBACK = outside.LOOPBACK


@dataclass(frozen=True, slots=True)
class Settings:
    """How a counterpart is spoken to. `seconds`: for one hand-over. `parallel`: hand-overs at a time."""

    path: str
    seconds: float = 10.0
    parallel: int = 8


class Line:
    """The line to one counterpart; its connections stay open until the block is left."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._wires = Wires(url)

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._wires.close()

    def send(self, settings: Settings, key: str, message: dict[str, Any]) -> Awaitable[Answer | Deferred]:
        """POST `message` under the idempotency key `key`; TokenRefused where no JSON can say it."""
        return self._wires.post(settings.path, key, _written(message), settings.seconds)


def _written(message: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(message)
    except orjson.JSONEncodeError:  # a number of more than 64 bits
        raise TokenRefused("bad-payload") from None


def read(answer: Answer) -> Outcome:
    """What `answer` means for the disclosure that was sent."""
    if answer.status == 200:
        return _delivered(answer.body)
    if answer.status in _ABOUT_THIS_ONE:
        return refused(answer.body)
    if answer.status >= 500:
        return Deferred("unavailable")
    return Deferred(_DEFERRED.get(answer.status, "nonsense"))


def said(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer; empty where there is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def refused(body: bytes) -> Refused:
    """A refusal with the code that the answer names, if it is on the closed list."""
    return Refused(f"counterpart-{_listed(body)}")


def _delivered(body: bytes) -> Outcome:
    receipt = said(body).get("receipt")
    fits = isinstance(receipt, str) and receipt.isascii() and receipt.isprintable() and 0 < len(receipt) <= 64
    return Delivered(receipt) if fits and isinstance(receipt, str) else Deferred("nonsense")


def _listed(body: bytes) -> str:
    code = said(body).get("code")
    return code if isinstance(code, str) and code in REFUSALS else "unlisted"


__all__ = ["ITS_OWN", "LOOPBACK", "REFUSALS", "Answer", "Line", "Settings", "read", "refused", "said"]
