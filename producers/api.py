"""The counter over HTTP: a notice (届出) is filed as on the command line, by a clerk who has proved who they are.

It is a process of its own, `jukihub run counter`, and not a part of `jukihub run api`: it opens the registry's
database, where personal data lies in the clear, and the hub's API must not be able to. Of the hub it uses accounts and
audit alone. Filing again under the same receipt has no effect and the same answer, so whoever hears nothing sends it
again. A refusal names code, place and the sentence for the clerk, and nothing of what the notice says.
"""

from collections.abc import AsyncIterator, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from hub.api.door import APIRouter, Call, Caller, Request, Response
from hub.api.forms import Form
from hub.api.problems import FOREIGN, MEDIA, problem
from hub.api.service import Service
from hub.config import Settings
from producers import notices
from producers.filing import filed
from producers.notices.schema import document
from producers.refusals import sentence
from producers.todokede import Answer

DOCUMENT: Final = Path(__file__).with_name("counter.openapi.json")
"""The description as it is checked in: `jukihub run counter --describe`."""

LARGEST_BODY: Final = 1024 * 1024
"""Of one request; a notice alone has 64 KiB."""

MOST_LINES: Final = 200
"""Notices of one request; each of them is a share of the caller's minute."""

ANEW: Final = 10
"""After so many notices of one request the bearer is read anew."""

LINES: Final = "application/x-ndjson"
_JSON: Final = "application/json"
_OK: Final = {"accepted": HTTPStatus.CREATED, "repeated": HTTPStatus.OK}


class AnswerForm(Form):
    """A notice that was accepted, now or before, with the ids of its Changes, and what the clerk is told about it."""

    receipt: str
    result: Literal["accepted", "repeated"]
    changes: list[UUID]
    remarks: list[str]


_ONE: Final[dict[str, Any]] = {"schema": {
    "type": "object", "required": ["receipt", "act", "notified_on"],
    "description": "one notice; its whole form is at /todokede/schema",
    "properties": {"receipt": {"type": "string", "pattern": f"^{notices.RECEIPT.pattern}$"},
                   "act": {"enum": sorted(notices.NOTICES)}, "notified_on": {"type": "string", "format": "date"}},
}}  # fmt: skip
_MANY: Final[dict[str, Any]] = {"schema": {
    "type": "string", "description": f"one notice per line, at most {MOST_LINES}; answered per line",
}}  # fmt: skip
_FILED: Final[dict[str, Any]] = {"$ref": "#/components/schemas/AnswerForm"}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A repeat: nothing was done again. Of many: every line is answered, also those refused.",
          "content": {_JSON: {"schema": _FILED}, LINES: {"schema": {"type": "string"}}}},
    201: {"description": "Accepted, with its Changes", "model": AnswerForm},
    422: {"description": "Refused: code, place, and the sentence for the clerk; nothing was written",
          "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}},
}  # fmt: skip


def routes() -> APIRouter:
    """All of them."""
    router = APIRouter(prefix="/todokede", tags=["todokede"])

    @router.post("", status_code=201, responses=_ANSWERS,
                 openapi_extra={"requestBody": {"required": True, "content": {_JSON: _ONE, LINES: _MANY}}})  # fmt: skip
    async def file(caller: Caller, request: Request) -> Response:
        """File one notice, or many, one per line. Each is one transaction; a receipt counts once."""
        media = request.headers.get("content-type", "").split(";", maxsplit=1)[0].strip().lower()
        if media == LINES:
            return await _many(caller, await request.body())
        if media != _JSON:
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, FOREIGN[415])
        return _told(await filed(caller, caller.store, await request.body(), caller.now()))

    @router.get("/schema")
    async def schema(caller: Caller) -> dict[str, Any]:  # noqa: ARG001 - only who has proved who they are
        """The form of a notice, as a JSON Schema."""
        return _form()

    return router


@cache
def _form() -> dict[str, Any]:
    return document()


def _store(settings: Settings) -> str:
    return settings.registry_dsn


SERVICE: Final = Service(
    "counter", "juki-hub: the counter", "The counter of the resident register over HTTP.", lambda: [routes()], _store,
    LARGEST_BODY,
)  # fmt: skip


async def _many(caller: Call, body: bytes) -> Response:
    """An answer per notice; nothing is filed where they are too many, for one request or for the caller's minute."""
    sent = [(number, line.rstrip(b"\r")) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if len(sent) > MOST_LINES:
        return problem(HTTPStatus(413), "too-many-lines", detail=f"At most {MOST_LINES} notices in one request")
    caller.take(max(len(sent) - 1, 0))
    lines = [orjson.dumps(each) async for each in _all(caller, sent)]
    return Response(b"".join(line + b"\n" for line in lines), media_type=LINES)


async def _all(caller: Call, sent: Sequence[tuple[int, bytes]]) -> AsyncIterator[dict[str, Any]]:
    for done, (number, line) in enumerate(sent):
        if done and done % ANEW == 0:
            caller = await caller.anew()
        answer = await filed(caller, caller.store, line, caller.now())
        said = {} if answer.code is None else {"detail": sentence(answer.code)}
        yield answer.wire(number) | said


def _told(answer: Answer) -> Response:
    if answer.code is not None:
        return problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, answer.code, place=answer.place, detail=sentence(answer.code)
        )
    told = {"receipt": answer.receipt, "result": answer.result, "changes": answer.changes}
    said = told | {"remarks": answer.remarks}
    return Response(orjson.dumps(said), _OK[answer.result], media_type=_JSON)
