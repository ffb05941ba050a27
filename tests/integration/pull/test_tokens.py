"""A client proves itself once per assertion, gets five minutes, and stops with its revocation."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock
from urllib.parse import urlencode

import pybase64
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from consumers.pull import books
from consumers.pull.scopes import Right
from contracts.folder import SHIPPED
from hub import audit
from hub.errors import ApprovalRequired, NotPermitted, UsageError
from hub.people import Duty
from hub.wrapping import wrapper
from tests.integration.pull.program import SCHOOL, URL, WELFARE, City, Program, asked, later, opened, pulled_book
from tests.office import Office
from tests.stops import stop


@pytest.mark.threat("S2")
async def test_a_program_gets_a_token_for_the_scopes_of_its_contract_and_no_others(city: City) -> None:
    said = (await (program := await city.program()).asks()).json()
    assert (said["token_type"], said["expires_in"]) == ("Bearer", 300)
    assert said["scope"] == (
        f"juki:contracts.{WELFARE}:read juki:disclosures.{WELFARE}:read juki:acknowledgements.{WELFARE}:write "
        f"juki:keys.{WELFARE}:read"
    )
    narrow = await program.asks(scope=f"juki:disclosures.{WELFARE}:read")
    assert narrow.json()["scope"] == f"juki:disclosures.{WELFARE}:read"
    for other in (f"juki:disclosures.{SCHOOL}:read", " ", "*", f"{narrow.json()['scope']} *"):
        refused = await program.asks(scope=other)
        assert (refused.refused, refused.json()["error"]) == ((400, "scope-not-granted"), "invalid_scope")


@pytest.mark.threat("S3")
async def test_an_assertion_counts_once(city: City) -> None:
    program = await city.program()
    one = program.assertion()
    assert (await program.asks(one)).status == 200
    again = await program.asks(one)
    assert (again.refused, again.json()["error"]) == ((401, "assertion-replayed"), "invalid_client")
    assert (await program.asks(one, "/oauth2/introspect", token=program.token)).refused[0] == 401


@pytest.mark.threat("S3")
async def test_an_assertion_that_is_not_right_in_every_point_is_refused(city: City) -> None:
    program, other = await city.program(), await city.program(SCHOOL)
    at = int(city.office.now.timestamp())
    wrong = {
        program.assertion(aud="https://elsewhere.example/oauth2/token"): "assertion-of-another-audience",
        program.assertion(aud=[f"{URL}/oauth2/token", "https://elsewhere.example"]): "assertion-of-another-audience",
        program.assertion(aud=None): "assertion-of-another-audience",
        program.assertion(exp=at): "assertion-not-in-time",
        program.assertion(exp=at + 3600): "assertion-too-long",
        program.assertion(exp=None): "assertion-too-long",
        program.assertion(exp="never"): "assertion-too-long",
        program.assertion(iat=at + 600, exp=at + 300): "assertion-not-in-time",
        program.assertion(nbf=at + 600): "assertion-not-in-time",
        program.assertion(iss="somebody"): "assertion-not-own",
        program.assertion(jti=None): "assertion-without-id",
        program.assertion(jti="short"): "assertion-without-id",
        program.assertion(sub=str(other.secret.client_id)): "assertion-refused",  # under the wrong secret
        altered(program.assertion()): "assertion-refused",
        unsigned(program.claims()): "assertion-refused",
        signed(program, "HS512"): "assertion-refused",
        "": "no-assertion", "a.b": "assertion-refused", "x" * 5000: "assertion-refused",
    }  # fmt: skip
    seen = {one: (await program.asks(one)).refused for one in wrong}
    assert seen == {one: (401, code) for one, code in wrong.items()}


def altered(token: str) -> str:
    """With one letter of its signature changed."""
    return token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:]


def unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(pybase64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def signed(program: Program, algorithm: str) -> str:
    key = OctKey.import_key(program.secret.client_secret * 2)
    return jwt.encode({"alg": algorithm}, program.claims(), key, algorithms=[algorithm])


@pytest.mark.threat("S6")
@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect"])
async def test_a_client_proves_itself_so_often_a_minute_and_nothing_more_is_kept(
    city: City, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    one, other = await city.program(), await city.program()
    later(city, minutes=1)
    monkeypatch.setattr(city.app.state.hub.persons, "limit", 3)
    kept = "SELECT count(*) FROM inbox.client_assertions WHERE client = $1"
    before = await city.office.database.fetchval(kept, one.secret.client_id)
    answers = [await one.asks(path=path, token=one.token) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[4].refused == (429, "too-many-requests")
    assert await city.office.database.fetchval(kept, one.secret.client_id) == before + 3
    assert (await other.asks(path=path, token=other.token)).status == 200
    assert (await one.asks(altered(one.assertion()))).refused == (401, "assertion-refused"), "nobody else uses it up"


async def test_a_form_is_refused_that_is_none_or_says_a_thing_twice(city: City) -> None:
    program = await city.program()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    twice = urlencode([("grant_type", "client_credentials"), ("grant_type", "password")]).encode()
    for body, headers, refused in (
        (twice, kind, (400, "parameter-twice")), (b"\xff\xfe", kind, (400, "bad-form")),
        (b"{}", {"Content-Type": "application/json"}, (415, "bad-media-type")),
        (b"grant_type=password", kind, (400, "grant-type")), (b"x=" + b"y" * 200_000, kind, (413, "content-too-large")),
    ):  # fmt: skip
        assert (await asked(city.app, "POST", "/oauth2/token", headers, body)).refused == refused
    assert (await program.asks(client_id=str(program.secret.client_id))).status == 200
    assert (await program.asks(client_id="somebody-else")).refused == (401, "assertion-refused")


@pytest.mark.threat("S3")
async def test_a_token_is_over_after_five_minutes_and_nobody_elses_is_taken(city: City) -> None:
    program = await city.program()
    good = program.token
    assert (await program.get("/v1/contracts/me")).status == 200
    unknown = ("x", altered(good), program.assertion(), unsigned({"client_id": "x"}), "WyJhbGciXQ.e30.AAAA")
    for token, code in (("", "no-token"), *((one, "token-unknown") for one in unknown)):
        program.token = token
        answer = await program.get("/v1/contracts/me")
        assert (answer.refused, answer.headers["www-authenticate"]) == ((401, code), "Bearer")
    assert city.app.state.hub.failures.counts["192.0.2.1"] == 1 + len(unknown), "each is counted"
    program.token = good
    later(city, minutes=5)
    assert (await program.get("/v1/contracts/me")).refused == (401, "token-expired")


@pytest.mark.threat("S4")
async def test_a_revoked_client_stops_at_once_and_gets_nothing_any_more(city: City) -> None:
    program, other = await city.program(), await city.program()
    await city.tell(WELFARE, 1)
    await (await city.clerk("kato", Duty.APPROVER)).revoke(program.secret.client_id, "the secret was in a log")
    for target in ("/v1/contracts/me", "/v1/disclosures", "/v1/disclosures?wait=30"):
        assert (await program.get(target)).refused == (403, "client-revoked")
    assert (await program.acks("00000000-0000-4000-8000-000000000000")).refused == (403, "client-revoked")
    refused = await program.asks()
    assert (refused.refused, refused.json()["error"]) == ((403, "client-revoked"), "unauthorized_client")
    assert len(await other.ids()) == 1


async def test_a_contract_whose_feed_is_stopped_is_given_nothing_from_the_next_request_on(city: City) -> None:
    program, other = await city.program(), await city.program(SCHOOL)
    await city.tell(WELFARE, 1)
    await stop(city.office.database, WELFARE)
    for target in ("/v1/contracts/me", "/v1/disclosures", "/v1/disclosures?wait=30", "/v1/keys/all"):
        assert (await program.get(target)).refused == (403, "contract-stopped")
    assert (await program.acks("00000000-0000-4000-8000-000000000000")).refused == (403, "contract-stopped")
    refused = await program.asks()
    assert (refused.refused, refused.json()["error"]) == ((403, "contract-stopped"), "unauthorized_client")
    assert (await other.get("/v1/disclosures")).status == 200
    with pytest.raises(NotPermitted, match="contract-stopped"):
        await (await city.clerk("ito", Duty.OPERATOR)).grant(WELFARE, None, 0)


async def test_a_contract_that_is_not_in_force_is_told_nothing_also_with_a_token(office: Office) -> None:
    async with opened(office, pulled_book(in_force={"from": "2026-04-01", "until": "2026-05-01"})) as city:
        program = await city.program()
        await city.tell(WELFARE, 1)
        assert len(await program.ids()) == 1
        office.now = office.now.replace(hour=14, minute=58)  # 23:58 in Japan
        program.token = (await program.asks()).json()["access_token"]
        assert (await program.get("/v1/disclosures")).status == 200
        later(city, minutes=3)
        assert (await program.get("/v1/disclosures")).refused == (403, "contract-not-in-force")
        assert (await program.asks()).refused == (403, "contract-not-in-force")


@pytest.mark.threat("S4")
async def test_a_contract_that_is_ended_while_it_is_served_stops(city: City, tmp_path: Path) -> None:
    (folder := tmp_path / "book").mkdir()
    for name in (WELFARE, SCHOOL):
        shutil.copy(SHIPPED / "subscribers" / f"{name}.toml", folder)
    rests: Any = SimpleNamespace(wait=AsyncMock())
    look = books.following(rests, city.office.settings.model_copy(update={"contracts": folder}), city.pull)
    program = await city.program()
    told, file = await city.tell(WELFARE, 1), folder / f"{WELFARE}.toml"
    said = file.read_text(encoding="utf-8")
    for text in (said, said.replace("in_force", "in_farce"), said.replace("via", "=")):
        file.write_text(text, encoding="utf-8")
        await look()
        assert await program.ids() == told, "a Book that is refused changes nothing"
    file.write_text(said.replace("from = 2026-04-01 }", "from = 2026-04-01, until = 2026-04-30 }"), encoding="utf-8")
    await look()
    for answer in (await program.get("/v1/disclosures"), await program.acks(*told), await program.asks()):
        assert answer.refused == (403, "contract-not-in-force")
    file.unlink()
    await look()
    for answer in (await program.get("/v1/disclosures"), await program.acks(*told), await program.asks()):
        assert answer.refused == (403, "contract-not-pulled")
    assert rests.wait.await_count == 5


@pytest.mark.threat("D9")
@pytest.mark.parametrize(("column", "value"), [("contract", f"'{SCHOOL}'"), ("rights", "'{keys:read}'")])
async def test_a_client_that_was_moved_to_another_contract_or_given_more_in_the_database_proves_nothing(
    city: City, column: str, value: str
) -> None:
    program, execute = await city.program(WELFARE, Right.DISCLOSURES), city.office.database.execute
    await execute("ALTER TABLE inbox.client_requests DISABLE TRIGGER append_only")
    await execute(f"UPDATE inbox.client_requests SET {column} = {value}")
    for bound in ("true", "false"):
        await execute(f"UPDATE inbox.clients SET bound = {bound}")
        assert (await program.asks()).refused == (503, "kek-mismatch")
    if column == "contract":
        assert (await program.get("/v1/disclosures")).refused == (401, "token-unknown")


async def test_a_secret_that_an_earlier_release_has_wrapped_still_proves_its_client(city: City) -> None:
    program = await city.program()
    kek, number = wrapper(city.office.settings), program.secret.client_id
    secret = pybase64.urlsafe_b64decode(program.secret.client_secret + "=")
    await city.office.database.execute(
        "UPDATE inbox.clients SET bound = false, secret = $1", kek.wrap(secret, f"client:{number}")
    )
    assert (await program.asks()).status == 200


@pytest.mark.threat("S2")
async def test_a_scope_that_a_token_lacks_is_lacking(city: City) -> None:
    program = await city.program(WELFARE, Right.DISCLOSURES)
    assert (await program.get("/v1/disclosures")).status == 200
    assert (await program.get("/v1/contracts/me")).refused == (403, "scope-missing")
    assert (await program.acks("00000000-0000-4000-8000-000000000000")).refused == (403, "scope-missing")


@pytest.mark.threat("S3")
async def test_introspection_tells_a_client_about_its_own_tokens_and_no_others(city: City) -> None:
    program, other = await city.program(), await city.program(SCHOOL)
    own = (await program.asks(path="/oauth2/introspect", token=program.token)).json()
    assert (own["active"], own["client_id"]) == (True, str(program.secret.client_id))
    assert own["exp"] - own["iat"] == 300
    for token in (other.token, "x", program.assertion()):
        assert (await program.asks(path="/oauth2/introspect", token=token)).json() == {"active": False}
    assert (await program.asks("nothing", path="/oauth2/introspect", token=program.token)).refused[0] == 401
    later(city, minutes=5)
    assert (await program.asks(path="/oauth2/introspect", token=program.token)).json() == {"active": False}


@pytest.mark.threat("K3")
async def test_two_persons_make_a_client_and_one_ends_it(city: City) -> None:
    both = await city.clerk("sato", Duty.OPERATOR, Duty.APPROVER)
    kato, viewer = await city.clerk("kato", Duty.APPROVER), await city.clerk("ito", Duty.VIEWER)
    for clerk in (kato, viewer):
        with pytest.raises(NotPermitted, match="duty-missing"):
            await clerk.ask(WELFARE, "a program", [*Right], "it begins")
    for contract, code in (("nobody", "unknown-contract"), ("child-policy", "not-pulled")):
        with pytest.raises(UsageError, match=code):
            await both.ask(contract, "a program", [*Right], "it begins")
    request = await both.ask(WELFARE, "a program", [*Right], "it begins")
    with pytest.raises(ApprovalRequired):
        await both.approve(request.id)
    made, secret = await kato.approve(request.id)
    with pytest.raises(NotPermitted, match="already-approved"):
        await kato.approve(request.id)
    late = await both.ask(WELFARE, "another", [*Right], "it begins")
    later(city, days=1)
    with pytest.raises(NotPermitted, match="request-expired"):
        await kato.approve(late.id)
    await kato.revoke(made.id, "it is over")
    with pytest.raises(UsageError, match="unknown-client"):
        await kato.revoke(made.id, "once more")
    assert [(one.id, one.revoked_at is not None) for one in await viewer.everyone()] == [(made.id, True)]
    assert ("kato", "clients-register-approve", "done") in await city.office.noted("kato")
    assert ("kato", "clients-revoke", "done") in await city.office.noted("kato")
    assert secret not in await everything_kept(city)


async def everything_kept(city: City) -> str:
    """Every row that speaks of clients, and the audit."""
    tables = ("inbox.clients", "inbox.client_requests", "inbox.client_ends", "inbox.client_assertions")
    rows = [await city.office.database.fetch(f"SELECT * FROM {table}") for table in tables]
    found = await audit.entries(city.office.database, city.office.now - timedelta(days=9))
    return str([[dict(row) for row in one] for one in rows]) + str(found)
