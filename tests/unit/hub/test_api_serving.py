"""Where the HTTP API may be served, and as what each refusal is told."""

import pytest

from contracts.errors import JukiError
from hub.api.problems import TooMany, status_of
from hub.api.serving import bound, check
from hub.config import read
from hub.errors import ApprovalRequired, DatabaseError, DependencyUnavailable, NotPermitted, UsageError

BOTH = {"HUB_API_CERTIFICATE": "chain.pem", "HUB_API_KEY": "key.pem"}


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, None),
        ({"HUB_API_HOST": "::1"}, None),
        ({"HUB_API_HOST": "::"}, "certificate-missing"),
        ({"HUB_API_HOST": "192.0.2.1"}, "certificate-missing"),
        ({"HUB_API_HOST": "192.0.2.1", **BOTH}, None),
        ({"HUB_API_CERTIFICATE": "chain.pem"}, "half-a-certificate"),
        ({"HUB_API_KEY": "key.pem"}, "half-a-certificate"),
        ({"HUB_API_HOST": "localhost.example", **BOTH}, "bad-setting"),
    ],
)
def test_no_token_crosses_a_network_readable(given: dict[str, str], refused: str | None) -> None:
    assert code(given) == refused


def code(given: dict[str, str]) -> str | None:
    try:
        check(read(given))
    except UsageError as found:
        return found.code
    return None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotPermitted("no-token"), 401), (NotPermitted("token-expired"), 401), (NotPermitted("account-retired"), 401),
        (NotPermitted("duty-missing"), 403), (ApprovalRequired("second-person-missing"), 403),
        (UsageError("unknown-request"), 404), (UsageError("no-such-letter"), 404),
        (NotPermitted("already-approved"), 409), (ApprovalRequired("second-person-is-the-first"), 409),
        (UsageError("name-taken"), 409), (JukiError("decide-again"), 409),
        (UsageError("auditor-apart"), 422), (TooMany("too-many-requests"), 429),
        (DatabaseError("sqlstate-08006"), 503), (DependencyUnavailable("no-broker"), 503),
    ],
)  # fmt: skip
def test_each_refusal_has_the_status_of_its_kind(error: JukiError, status: int) -> None:
    assert status_of(error) == status


def test_a_port_that_another_has_is_named_as_such() -> None:
    with bound("127.0.0.1", 0) as first, pytest.raises(DependencyUnavailable, match="port-taken"):
        bound("127.0.0.1", first.getsockname()[1])
