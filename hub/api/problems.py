"""Every refusal of the API as a problem (RFC 9457): status, closed code and place, and what to do. Never a value.

The texts of FastAPI, Starlette and pydantic quote what was sent, so none of them leaves: of a body or a parameter that
is not as it should be, only the place as our own schema names it and the kind of the fault are told.
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from contracts.errors import JukiError
from hub import log
from hub.errors import PASSING, ApprovalRequired, KeyDestroyed, NotPermitted, UsageError

MEDIA: Final = "application/problem+json"
UNPROVED: Final = frozenset({"no-token", "token-unknown", "token-expired", "token-revoked", "account-retired"})
CONFLICTS: Final = frozenset({
    "already-approved", "request-expired", "name-taken", "last-administrator", "second-person-is-the-first",
})  # fmt: skip
FOREIGN: Final[Mapping[int, str]] = {
    400: "bad-request", 404: "not-found", 405: "method-not-allowed", 413: "content-too-large", 415: "bad-media-type",
}  # fmt: skip
"""What the framework itself refuses; its own words depend on its version."""

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object", "required": ["type", "title", "status", "code"], "additionalProperties": False,
    "description": "Why it was refused: a closed code and a place, and never a value.",
    "properties": {
        "type": {"const": "about:blank"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "code": {"type": "string", "pattern": "^[a-z0-9-]+$"}, "place": {"type": "string"},
        "detail": {"type": "string", "description": "what to do"},
        "faults": {"type": "array", "items": {
            "type": "object", "required": ["place", "code"], "additionalProperties": False,
            "properties": {"place": {"type": "string"}, "code": {"type": "string"}},
        }},
    },
}  # fmt: skip


class TooMany(JukiError):
    """More requests than one caller may send in a minute."""


_BY_KIND: Final = (
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS), (PASSING, HTTPStatus.SERVICE_UNAVAILABLE), (KeyDestroyed, HTTPStatus.GONE),
)  # fmt: skip


def install(app: FastAPI) -> None:
    """Let `app` answer with problems alone."""
    app.add_exception_handler(JukiError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _foreign)
    app.add_exception_handler(Exception, _surprise)


def status_of(error: JukiError) -> HTTPStatus:
    """The status that says what kind of refusal it is."""
    for kinds, status in _BY_KIND:
        if isinstance(error, kinds):
            return status
    if error.code in UNPROVED:
        return HTTPStatus.UNAUTHORIZED
    if error.code in CONFLICTS:
        return HTTPStatus.CONFLICT
    if isinstance(error, UsageError):
        unknown = error.code.startswith(("unknown-", "no-such-"))
        return HTTPStatus.NOT_FOUND if unknown else HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.FORBIDDEN if isinstance(error, NotPermitted | ApprovalRequired) else HTTPStatus.CONFLICT


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, JukiError):
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error")
    return problem(status_of(error), error.code, place=error.place, detail=getattr(error, "remedy", ""))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    known = _names(request.app)
    found = error.errors() if isinstance(error, RequestValidationError) else []
    faults = [{"place": _place(one["loc"], known), "code": one["type"].replace("_", "-")} for one in found]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "bad-request", faults=faults)


async def _foreign(_request: Request, error: Exception) -> JSONResponse:
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    headers = error.headers if isinstance(error, HTTPException) else None
    return problem(status, FOREIGN.get(status, f"http-{int(status)}"), headers=headers)


async def _surprise(_request: Request, error: Exception) -> JSONResponse:
    log.get().error("request-failed", code="internal-error", error=type(error).__name__)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error")


def problem(status: HTTPStatus, code: str, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    """One problem; what is empty is left out."""
    said = {"type": "about:blank", "title": status.phrase, "status": int(status), "code": code}
    said |= {name: value for name, value in more.items() if value}
    return JSONResponse(said, int(status), {**(headers or {}), **_MORE.get(status, {})}, MEDIA)


_MORE: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}, 503: {"Retry-After": "5"},
}  # fmt: skip


def _place(where: tuple[Any, ...], known: frozenset[str]) -> str:
    """Only names of our own schema, and indexes: whoever sends a field of another name may have put a value there."""
    return ".".join(str(part) if isinstance(part, int) or part in known else "?" for part in where)


def _names(app: FastAPI) -> frozenset[str]:
    return frozenset(_named(app.openapi())) | {"body", "path", "query", "header"}


def _named(node: Any) -> Iterator[str]:
    """Every name of a parameter or a property in an OpenAPI document."""
    if isinstance(node, Mapping):
        yield from node.get("properties", {})
        if "in" in node and "name" in node:
            yield node["name"]
        for each in node.values():
            yield from _named(each)
    elif isinstance(node, list):
        for each in node:
            yield from _named(each)
