"""What somebody shows who is nobody may be anything: it is no token and no assertion of ours, and no fault of ours."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pybase64
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from consumers.pull import access
from consumers.pull.assertions import client_of, proof

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CLIENT = UUID(int=1)
SECRET = "made-up-made-up-made-up-made-up-"
RIGHT = {"typ": access.TYPE, "alg": access.ALGORITHM, "kid": "2026-05-01"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.sampled_from([*RIGHT, *RIGHT.values()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=5,
)  # fmt: skip
members = st.dictionaries(st.sampled_from([*RIGHT, "crit", "b64", "zip", "sub", "x"]), anything, max_size=4)
headers = anything | members | members.map(lambda more: RIGHT | more) | members.map(lambda more: more | RIGHT)
letters = st.text(alphabet="AQgw-_.= ", max_size=12)


class Keys:
    """There is a key for every day."""

    async def named(self, _kid: str) -> OctKey:
        return OctKey.import_key(SECRET)


def shown(header: Any, claims: Any, signature: str) -> str:
    parts = [pybase64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in (header, claims)]
    return ".".join([*parts, signature])


async def seen(token: str) -> tuple[Any, Any]:
    """Which client it names, and what it lacks as a token and as an assertion."""
    keys: Any = Keys()
    client, read = client_of(token), await access.read(keys, token, "https://hub.example", NOW)
    assert client is None or isinstance(client, UUID)
    return read, proof(token, SECRET, CLIENT, "https://hub.example/oauth2/token", NOW)


@pytest.mark.parametrize("header", [
    ["alg"], [RIGHT], "alg", 1, None, RIGHT | {"alg": ["HS256"]}, RIGHT | {"kid": 1}, RIGHT | {"kid": None},
    RIGHT | {"crit": 1}, RIGHT | {"crit": {"b64": True}}, RIGHT | {"crit": ["b64"], "b64": False},
], ids=str)  # fmt: skip
async def test_a_header_may_be_any_json(header: Any) -> None:
    for claims in ({}, {"sub": str(CLIENT)}, ["sub"], None):
        assert await seen(shown(header, claims, "AAAA")) == ("token-unknown", "assertion-refused")


@settings(max_examples=150, deadline=None)
@given(header=headers, claims=anything | members, signature=letters)
async def test_whatever_is_shown_is_refused(header: Any, claims: Any, signature: str) -> None:
    assert await seen(shown(header, claims, signature)) == ("token-unknown", "assertion-refused")


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=30) | letters | st.binary(max_size=30).map(lambda raw: raw.decode("latin-1")))
async def test_whatever_is_no_token_at_all_is_refused(text: str) -> None:
    assert await seen(text) == ("token-unknown", "assertion-refused")
