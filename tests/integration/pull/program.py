"""A subscriber's program and what it fetches from: one application, one contract's inbox, and a clock that stands."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import orjson
from joserfc import jwt
from joserfc.jwk import OctKey

from consumers.inbox import Inbox
from consumers.opening import Opener
from consumers.pull.api import service
from consumers.pull.assertions import TYPE
from consumers.pull.caller import Pull
from consumers.pull.feeds import feeds
from consumers.pull.office import Office as Clients
from consumers.pull.scopes import Right
from contracts.book import Book, load
from hub import tokens, topics
from hub.api.app import application
from hub.bus import Outgoing
from hub.envelope import DISCLOSURE
from hub.people import Duty
from hub.seal import Place, Sheet, seal
from tests.fakes import MemoryContracts, MemoryKeys
from tests.integration.consumers.line import MemoryTopic
from tests.office import Office

URL = "https://hub.city.example:8444"
WELFARE, SCHOOL = "welfare", "school-affairs"
DAY = date(2026, 5, 1)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def refused(self) -> tuple[int, str]:
        """Status and code of a problem."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json()["status"] == self.status
        return self.status, self.json()["code"]


async def asked(app: Any, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """One request to an application in this very loop."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "scheme": "https", "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 1), "server": ("hub.city.example", 8444),
    }  # fmt: skip
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    parts = b"".join(one.get("body", b"") for one in said[1:])
    return Answer(said[0]["status"], {key.decode(): value.decode() for key, value in said[0]["headers"]}, parts)


@dataclass
class Secret:
    """What the subscriber was given."""

    client_id: UUID
    client_secret: str


@dataclass
class City:
    """The hub's side: persons, the inboxes of two contracts, the application."""

    office: Office
    pull: Pull
    app: Any
    keys: MemoryKeys
    book: Book
    boxes: dict[str, Inbox] = field(default_factory=dict)
    told: dict[str, MemoryTopic] = field(default_factory=dict)
    seq: dict[tuple[str, int], int] = field(default_factory=dict)

    async def clerk(self, name: str, *duties: Duty) -> Clients:
        """Somebody with these duties."""
        bearer = await tokens.bearer(self.office.database, await self.office.hired(name, *duties), self.office.now)
        return Clients(self.office.settings, self.office.database, bearer, self.office.clock)

    async def client(self, contract: str, *rights: Right) -> Secret:
        """A client that two persons have made."""
        asker, approver = uuid4().hex[:8], uuid4().hex[:8]
        one = await self.clerk(f"a{asker}", Duty.OPERATOR)
        request = await one.ask(contract, "a program", rights or (*Right,), "it begins")
        made, secret = await (await self.clerk(f"b{approver}", Duty.APPROVER)).approve(request.id)
        return Secret(made.id, secret)

    async def program(self, contract: str = WELFARE, *rights: Right) -> "Program":
        """A program with a token."""
        made = Program(self, await self.client(contract, *rights))
        made.token = (await made.asks()).json()["access_token"]
        return made

    async def tell(
        self, contract: str, *whom: int, part: int = 0, versions: Mapping[int, int] | None = None
    ) -> list[str]:
        """Seal a disclosure for each resident, and let the inbox take them in; their ids."""
        given = versions or {}
        sent = [await self._sealed(contract, subject, part, given.get(at)) for at, subject in enumerate(whom)]
        self.told[contract].records.setdefault(part, []).extend(one for _, one in sent)
        await self.boxes[contract].once(0)
        self.pull.feeds[contract].wake()
        return [name for name, _ in sent]

    async def _sealed(self, contract: str, subject: int, part: int, version: int | None) -> tuple[str, Outgoing]:
        self.seq[contract, part] = seq = self.seq.get((contract, part), 0) + 1
        name, key = str(uuid4()), subject.to_bytes(16, "big")
        content = {
            "id": name, "contract": contract, "version": version or 1_700_000_000_000_000 + seq, "state": "inside",
            "recorded_at": "2026-05-01T00:00:00+09:00", "items": {"atena_no": f"{subject:010}"},
        }  # fmt: skip
        place = Place(contract, self.told[contract].name, part)
        sheet, own = Sheet(seq, name, orjson.dumps(content), key), await self.keys.content_key(contract, DAY)
        token = seal(own, place, self.book.contracts[contract].hash, 1, [sheet])[0]
        return name, Outgoing(key, token, DISCLOSURE, 1)

    async def states(self, contract: str = WELFARE) -> dict[str, str]:
        """Every disclosure of a contract: id and state."""
        sql = "SELECT id, state, code FROM inbox.disclosures WHERE contract = $1 ORDER BY position"
        return {
            str(row["id"]): row["code"] if row["state"] == "dead" else row["state"]
            for row in await self.office.database.fetch(sql, contract)
        }


@dataclass
class Program:
    """A subscriber's program with its secret, and a token once it has asked for one."""

    city: City
    secret: Secret
    token: str = ""

    def claims(self, **changed: Any) -> dict[str, Any]:
        at, own = int(self.city.office.now.timestamp()), str(self.secret.client_id)
        made = {"iss": own, "sub": own, "aud": f"{URL}/oauth2/token", "exp": at + 60, "iat": at, "jti": uuid4().hex}
        return {name: value for name, value in (made | changed).items() if value is not None}

    def assertion(self, **changed: Any) -> str:
        """As a stock library makes it."""
        return jwt.encode({"alg": "HS256"}, self.claims(**changed), OctKey.import_key(self.secret.client_secret))

    async def asks(self, assertion: str | None = None, path: str = "/oauth2/token", **more: str) -> Answer:
        """Ask for a token, or whether one counts."""
        form = {
            "grant_type": "client_credentials", "client_assertion_type": TYPE,
            "client_assertion": self.assertion() if assertion is None else assertion, **more,
        }  # fmt: skip
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await asked(self.city.app, "POST", path, kind, urlencode(form).encode())

    async def get(self, target: str, **headers: str) -> Answer:
        return await asked(self.city.app, "GET", target, {"Authorization": f"Bearer {self.token}", **headers})

    async def page(self, query: str = "") -> Any:
        answer = await self.get(f"/v1/disclosures{query}")
        assert answer.status == 200, answer.body
        return answer.json()

    async def ids(self, query: str = "") -> list[str]:
        return [one["id"] for one in (await self.page(query))["items"]]

    async def acks(self, *delivered: str, refused: Mapping[str, str] | None = None) -> Answer:
        body = {"delivered": delivered, "refused": [{"id": one, "code": code} for one, code in (refused or {}).items()]}
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return await asked(self.city.app, "POST", "/v1/acknowledgements", headers, json.dumps(body).encode())


def pulled_book(**changed: Any) -> Book:
    """The shipped Book, with what a test wants otherwise in the contract of the welfare office."""
    document = load().document()
    document["contracts"][WELFARE] |= changed
    return Book.of(document)


@asynccontextmanager
async def opened(
    office: Office, book: Book | None = None, per_minute: int = 100_000, own_keys: Any = None
) -> AsyncIterator[City]:
    """A city whose two contracts are fetched from; its inboxes read topics in memory."""
    known, keys = book or load(), own_keys or MemoryKeys()
    names = {one: topics.disclosures("juki", one) for one in (WELFARE, SCHOOL)}
    pull = Pull(office.settings, known, feeds(names.items()), URL)
    app = application(office.settings, office.clock, per_minute, service(pull))
    city, held = City(office, pull, app, keys, known), AsyncExitStack()
    for name, topic in names.items():
        city.told[name] = MemoryTopic(topic)
        opener = Opener(keys, name, topic, MemoryContracts(known.contracts[name].hash))  # type: ignore[arg-type]
        own: Any = city.told[name].reader()
        city.boxes[name] = Inbox(office.database, own, opener, name, range(2), office.clock)
        held.enter_context(pull.feeds[name].open(keys, opener))  # type: ignore[arg-type]
    async with held, app.router.lifespan_context(app):
        yield city


def later(city: City, **time: int) -> datetime:
    """Put the clock on."""
    city.office.now += timedelta(**time)
    return city.office.now
