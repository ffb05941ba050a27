"""A counterpart's stand-in, as its own process on 127.0.0.1, as strict as the real one would be.

    python standin.py --kind prefecture --port 0 [--run-file F] [--state F] [--digest-key-file F] [--hours H]

In this order: the idempotency key (taken before: the same receipt, nothing done again), the form (400 with a closed
code and the place of a known item), faults by order, the order of versions per subject (422 out-of-order), the effect,
the receipt (200 {"receipt", "repeat", "state"}). A kind may judge once more before the effect (`judge`). GET /told is
the counterpart's own memory, for tests and the demonstration; POST /control switches faults (faults.py); POST /forget
begins anew. With --state a restart knows what was known. What a kind does beside taking disclosures stands in its own
module (EXTRA).
"""

import argparse
import asyncio
import json
import os
import re
import signal
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import convenience_store
import digests
import forms
import hours
import immigration
import intermediate_server
import jlis_delivery
import koseki_fuhyo
import orjson
import prefecture
import previous_municipality
import uvloop
from aiohttp import web
from faults import Faults
from lean import Lean
from memory import Kind, Memory, Own, Told

KINDS: dict[str, Kind] = {
    "prefecture": cast("Kind", prefecture),
    "previous-municipality": cast("Kind", previous_municipality),
    "koseki-fuhyo": cast("Kind", koseki_fuhyo),
    "jlis-delivery": cast("Kind", jlis_delivery),
    "intermediate-server": cast("Kind", intermediate_server),
    "convenience-store": cast("Kind", convenience_store),
    "immigration": cast("Kind", immigration),
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPE = "application/json"


class Standin:
    """One counterpart: its memory, its faults, and what it answers."""

    def __init__(
        self, kind: Kind, journal: Path | None, digest_key: bytes | None = None, open_at: hours.Hours | None = None
    ) -> None:
        self.kind = kind
        self.journal = journal
        self.digest_key = digest_key
        self.hours = open_at
        self.begin()

    def begin(self) -> None:
        """With what was remembered: disclosures, what the kind knows beside them, and the faults that are on."""
        self.memory = Memory(self.kind, self.journal)
        self.memory.remember()
        file = self.journal.with_suffix(".faults.json") if self.journal else None
        self.faults = Faults(getattr(self.kind, "FAULTS", {}), file)
        self.own = Own(self.journal)
        if resume := getattr(self.kind, "resume", None):
            resume(self)

    async def forget(self, _request: web.Request) -> web.Response:
        """Begin anew, as if nobody had told anything: an instrument for tests that share a process."""
        for file in (self.journal, self.faults.file):
            if file is not None:
                file.unlink(missing_ok=True)
        self.own.forget()
        self.begin()
        return web.json_response({"status": "ok"})

    async def tell(self, request: web.Request) -> web.Response:
        """A disclosure comes in."""
        self.memory.requests += 1
        data = await request.read()
        if down := self.faults.down(request):
            return down
        await self.faults.slow("before")
        answer = self.faults.nonsense("before") or self.judge(
            request.headers.get("Idempotency-Key", ""), request.content_type, data
        )
        await self.faults.slow("after")
        return answer

    def judge(self, key: str, content_type: str, data: bytes) -> web.Response:
        """Repeat, form, order, effect, receipt."""
        if not _UUID.fullmatch(key):
            return self.malformed("bad-idempotency-key", "")
        if known := self.memory.repeated(key):
            return self.receipt(known, repeat=True)
        body = _body(content_type, data)
        wrong = ("bad-json", "") if body is None else self.kind.fault(body)
        return self.malformed(*wrong) if wrong else self.decide(key, body)

    def decide(self, key: str, body: Any) -> web.Response:
        """A disclosure of good form: refused by order, answered by its kind in another way, out of order, or taken."""
        code = self.faults.refuses(self.kind.subject(body))
        if code is None and self.memory.out_of_order(body):
            code = "out-of-order"
        if code is not None:
            self.memory.refused.append({"id": key, "code": code})
            return web.json_response({"code": code}, status=422)
        if (judge := getattr(self.kind, "judge", None)) and (answer := judge(self, body)):
            return cast("web.Response", answer)
        return self.receipt(self.memory.take(key, body), repeat=False)

    def malformed(self, code: str, place: str) -> web.Response:
        self.memory.refused.append({"id": "", "code": code, "place": place})
        return web.json_response({"code": code, "place": place}, status=400)

    def receipt(self, told: Told, *, repeat: bool) -> web.Response:
        answer = {"receipt": told.receipt, "repeat": repeat, "state": told.state}
        return self.faults.nonsense("after") or web.Response(body=orjson.dumps(answer), content_type=_TYPE)

    async def asked(self, request: web.Request, form: Mapping[str, Any]) -> Any:
        """A question beside the disclosures: its members in this form, or the answer to what is none, or to a fault."""
        data = await request.read()
        if down := self.faults.down(request):
            return down
        await self.faults.slow("before")
        body = self.parsed(request, data)
        wrong = ("bad-json", "") if body is None else forms.fault_in(body, form, frozenset(form))
        if wrong:
            return web.json_response({"code": wrong[0], "place": wrong[1]}, status=400)
        return self.faults.nonsense("before") or body

    async def read_back(self, request: web.Request) -> web.Response:
        """Whether a record is still held; never what it says."""
        records, subject = self.memory.records, request.match_info["subject"]
        if records.get(subject) is None:
            return web.json_response({"state": "erased" if subject in records else "unknown"}, status=404)
        return web.json_response({"state": "stored", "version": self.memory.versions[subject]})

    async def control(self, request: web.Request) -> web.Response:
        """Switch a fault."""
        wrong = self.faults.switch(_json(await request.read()))
        return web.json_response({"code": wrong} if wrong else {"on": self.faults.on}, status=400 if wrong else 200)

    async def told(self, _request: web.Request) -> web.Response:
        inquiries = [line["inquiry"] for line in self.own.noted if "inquiry" in line]
        return web.json_response({**self.memory.as_json(), "inquiries": inquiries})

    def parsed(self, request: web.Request, data: bytes) -> Any:
        """The JSON of a body; None where it is not strict JSON."""
        return _body(request.content_type, data)

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post(self.kind.PATH, self.tell)
        app.router.add_get(self.kind.PATH + "/{subject}", self.read_back)
        for method, path, answer in getattr(self.kind, "EXTRA", ()):
            app.router.add_route(method, path, partial(answer, self))
        app.router.add_post("/control", self.control)
        app.router.add_post("/forget", self.forget)
        app.router.add_get("/told", self.told)
        app.router.add_get("/health", self.health)
        return app


def _body(content_type: str, data: bytes) -> Any:
    return _json(data) if content_type == _TYPE else None


def _json(data: bytes) -> Any:
    """Strict JSON: UTF-8, no duplicate members, no NaN; None where it is not."""
    try:
        read = orjson.loads(data)
        if orjson.dumps(read) == data:
            return read  # written again it is the same, so nothing was there twice
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError
    return read


def _never(_text: str) -> Any:
    raise ValueError


def _announce(kind: str, port: int, run_file: Path | None) -> None:
    line = json.dumps({"kind": kind, "pid": os.getpid(), "port": port, "url": f"http://127.0.0.1:{port}"})
    print(line, flush=True)
    if run_file is not None:
        run_file.parent.mkdir(parents=True, exist_ok=True)
        half = run_file.with_suffix(".half")
        half.write_text(line + "\n", encoding="utf-8")
        half.replace(run_file)


async def serve(standin: Standin, kind: str, port: int, run_file: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    runner = web.AppRunner(standin.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    server = await asyncio.get_running_loop().create_server(partial(Lean, standin, runner.server), "127.0.0.1", port)
    _announce(kind, server.sockets[0].getsockname()[1], run_file)
    await stopping.wait()
    server.close()
    for line in [*Lean.open]:
        line.close()
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=sorted(KINDS), required=True)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--run-file", type=Path, help="where kind, pid, port and url are written as JSON")
    parser.add_argument("--state", type=Path, help="journal of what was taken, read again at the next start")
    parser.add_argument("--digest-key-file", type=Path, help="the key of 整合性確認, hexadecimal")
    parser.add_argument("--hours", type=hours.read, help="HH:MM-HH:MM in Japan, where its kind keeps hours")
    given = parser.parse_args()
    if given.hours and not hasattr(KINDS[given.kind], "KEEPS_HOURS"):
        parser.error(f"{given.kind} keeps no hours")
    key = digests.read_key(given.digest_key_file) if given.digest_key_file else None
    standin = Standin(KINDS[given.kind], given.state, key, given.hours)
    uvloop.run(serve(standin, given.kind, given.port, given.run_file))


if __name__ == "__main__":
    main()
