"""An instrument: makes what a counterpart holds differ from what it was told, as a restored backup or a slip would.

    POST /plant   {"altered": [subject, …], "lost": [subject, …], "foreign": {subject: another whose record it gets}}

Every key may be missing. `altered`: one item of the record says something else. `lost`: the record is gone, and what
was told of it is still known. `foreign`: somebody is held who should not be, with the other's record. All of it or
nothing: 400 bad-plant, or 409 nobody where a subject is not held. Planted is only what is in memory: a restart forgets
it, and holds again what the journal says.
"""

import json
from typing import Any

from aiohttp import web

PLANTED = "相違"


async def plant(standin: Any, request: web.Request) -> web.Response:
    """Do it; how many records differ now."""
    order = _parsed(await request.read())
    if not _is_order(order):
        return web.json_response({"code": "bad-plant"}, status=400)
    altered, lost, foreign = (order.get(name, empty) for name, empty in _FORM.items())
    records = standin.memory.records
    if any(records.get(subject) is None for subject in (*altered, *lost, *foreign.values())):
        return web.json_response({"code": "nobody"}, status=409)
    for subject in altered:
        records[subject] = {**records[subject], standin.kind.ALTERED: PLANTED}
    for subject, other in foreign.items():
        records[subject] = dict(records[other])
    for subject in lost:
        del records[subject]
    return web.json_response({"planted": len(altered) + len(lost) + len(foreign)})


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


_FORM: dict[str, Any] = {"altered": [], "lost": [], "foreign": {}}


def _is_order(order: Any) -> bool:
    if not isinstance(order, dict) or not order.keys() <= _FORM.keys():
        return False
    fits = all(isinstance(order[name], type(empty)) for name, empty in _FORM.items() if name in order)
    return fits and all(
        isinstance(subject, str) for told in order.values()
        for subject in (*told, *(told.values() if isinstance(told, dict) else ()))
    )  # fmt: skip
