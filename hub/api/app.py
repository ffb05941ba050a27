"""The application: hub's own routes and those of the rooms above, one form of refusal, bounds, and its own description.

No page is served: nothing of the API loads a script from anywhere. The description (OpenAPI) is at
/api/v1/openapi.json and checked in beside this module; a test compares them.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from hub.api import persons, problems, quarantine
from hub.api.bounds import Bounds
from hub.api.door import FAILURES_PER_MINUTE, PER_MINUTE, Hub, Window
from hub.api.service import Service
from hub.config import Settings
from hub.database import Database, connect

GROUP: Final = "jukihub.routes"
DOCUMENT: Final = Path(__file__).with_name("openapi.json")

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "Refused: a problem with a closed code",
        "content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


def _routes() -> list[Any]:
    return [persons.router, quarantine.router, *_of_rooms()]


HUB: Final = Service("api", "juki-hub", __doc__.split("\n", 1)[0], _routes)
"""The hub's own service, with the routes of every room that is installed."""

PREFIX: Final = HUB.prefix


def application(
    settings: Settings, now: Callable[[], datetime], per_minute: int = PER_MINUTE, service: Service = HUB
) -> FastAPI:
    """The service of one process; it connects to its databases when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        windows = Window(per_minute), Window(FAILURES_PER_MINUTE)
        async with _databases(settings, service) as (database, store):
            app.state.hub = Hub(settings, database, now, *windows, store)
            yield

    app = FastAPI(
        title=service.title, version="1", description=service.description, lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url=f"{service.prefix}/openapi.json", redirect_slashes=False,
        responses=_PROBLEMS, strict_content_type=True,
    )  # fmt: skip
    problems.install(app)
    app.add_middleware(Bounds, largest=service.largest_body)
    for router in service.routes():
        app.include_router(router, prefix=service.prefix)
    app.openapi = partial(_described, app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


@asynccontextmanager
async def _databases(settings: Settings, service: Service) -> AsyncIterator[tuple[Database, Database | None]]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(connect(settings.database, size=8))
        if service.store is None:
            yield database, None
        else:
            yield database, await stack.enter_async_context(connect(service.store(settings), size=8))


def document(app: FastAPI) -> str:
    """The description of the API, as it is checked in."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _of_rooms() -> list[Any]:
    return [room.load()() for room in sorted(entry_points(group=GROUP), key=lambda point: point.name)]


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes,
            separate_input_output_schemas=False,
        )  # fmt: skip
        made["components"]["schemas"]["Problem"] = problems.SCHEMA
        app.openapi_schema = made
    return app.openapi_schema
