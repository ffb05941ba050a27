"""A certificate of erasure is signed, verified with the public key alone, and printed in Japanese."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner

from hub import cli
from hub.config import Settings
from hub.errors import DependencyUnavailable, JukiError, UsageError
from hub.retention.page import page
from hub.retention.signing import FILE, public_key, signed, verified

CERTIFICATE: dict[str, Any] = {
    "type": "juki-hub/erasure-certificate/1", "id": "6d0c6a9e-4a52-4c55-9c58-3c1a8c1b5f0e", "system": "juki",
    "rule": {"id": "topic-days", "what": "トピックに置いた提供情報", "article": "番号法20条", "keep": {"days": 7},
             "since": "sealed", "certainty": "U"},
    "how": "keys-destroyed",
    "what": {"kind": "content-keys", "count": 1, "contracts": [
        {"contract": "tax", "days": {"from": "2026-04-01", "until": "2026-04-01"}, "keys": ["tax.2026-04-01"]}]},
    "asked_at": "2026-04-09T15:00:00+00:00", "ended_at": "2026-04-09T15:00:01+00:00",
    "requested_by": {"id": "1", "name": "nightly"}, "approved_by": None, "reason": None,
    "issued_at": "2026-04-09T15:00:02+00:00",
    "reach": {"backups_kept_days": 30, "backups_until": "2026-05-10", "or_when_destroyed": ["pkcs11-1-5d0c9e1f"]},
    "not_reached": ["copies-of-subscribers"],
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secrets=tmp_path)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_another_library_verifies_it_over_the_canonical_form(settings: Settings) -> None:
    document = signed(settings, CERTIFICATE).document
    key = Ed25519PublicKey.from_public_bytes(decoded(public_key(settings)))
    key.verify(decoded(document["signature"]["value"]), rfc8785.dumps(document["certificate"]))
    with pytest.raises(InvalidSignature):
        key.verify(decoded(document["signature"]["value"]), rfc8785.dumps(document["certificate"] | {"system": "x"}))


def test_what_was_signed_is_read_and_whoever_wrote_it_down_anew_changes_nothing(settings: Settings) -> None:
    document = signed(settings, CERTIFICATE).document
    for written in (json.dumps(document), json.dumps(document, indent=3, sort_keys=True, ensure_ascii=False)):
        assert verified(written.encode(), public_key(settings)) == CERTIFICATE


@pytest.mark.threat("D11")
@pytest.mark.parametrize(("change", "code"), [
    ({"certificate": CERTIFICATE | {"how": "rows-deleted"}}, "signature-invalid"),
    ({"certificate": {}}, "signature-invalid"), ({"signature": {"value": "AAAA"}}, "signature-invalid"),
    ({"signature": None}, "not-a-certificate"), ({"certificate": 1.5}, "not-a-certificate"),
])  # fmt: skip
def test_what_was_altered_is_refused(settings: Settings, change: dict[str, Any], code: str) -> None:
    document = signed(settings, CERTIFICATE).document
    with pytest.raises(JukiError, match=code):
        verified(json.dumps(document | change).encode(), public_key(settings))


@pytest.mark.threat("D11")
def test_another_key_is_refused_also_where_the_document_names_it(settings: Settings, tmp_path: Path) -> None:
    forged = signed(Settings(secrets=tmp_path / "other"), CERTIFICATE).document
    with pytest.raises(JukiError, match="signature-invalid"):
        verified(json.dumps(forged).encode(), public_key(settings))
    with pytest.raises(UsageError, match="bad-key"):
        verified(json.dumps(forged).encode(), "no key")


def test_the_key_is_made_once_and_is_its_owners_alone(settings: Settings, tmp_path: Path) -> None:
    assert public_key(settings) == public_key(settings)
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(DependencyUnavailable, match="certificate-key-not-safe"):
        public_key(settings)


def test_it_is_verified_on_the_command_line_without_any_server(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(signed(settings, CERTIFICATE).document))
    words = ["erase", "verify", str(file), "--key", public_key(settings)]
    assert CliRunner().invoke(cli.build(words), words).exit_code == 0
    file.write_text(file.read_text().replace("tax", "mine"))
    refused = CliRunner().invoke(cli.build(words), words)
    assert isinstance(refused.exception, JukiError)


def test_the_page_says_everything_that_was_signed_in_japanese(settings: Settings) -> None:
    document = signed(settings, CERTIFICATE).document
    printed = page(document, {"partition": 3, "offset": 17, "receipt": ["{}", "{}"]})
    said = (
        "消去証明書", CERTIFICATE["id"], "トピックに置いた提供情報：番号法20条、7日間", "内容鍵 1件",
        "2026年04月10日 00時00分01秒", "nightly", "なし（規則による）", "tax.2026-04-01", "2026-05-10の翌日から",
        "pkcs11-1-5d0c9e1f", "提供先が手元に写した", document["signature"]["value"], public_key(settings), "位置17",
        "1行の証明",
    )  # fmt: skip
    assert [each for each in said if each not in printed] == []
    assert [outside for outside in ("http:", "https:", "<script", "url(") if outside in printed] == []


def test_what_persons_type_is_no_markup(settings: Settings) -> None:
    ordered = CERTIFICATE | {
        "rule": {"id": "by-order"}, "reason": "<b>期間満了</b>", "approved_by": {"id": "2", "name": "k<ato"},
        "reach": {"backups_kept_days": None, "backups_until": None, "or_when_destroyed": []},
    }  # fmt: skip
    printed = page(signed(settings, ordered).document, None)
    assert ("<b>" in printed, "&lt;b&gt;期間満了" in printed, "k&lt;ato" in printed) == (False, True, True)
    assert ("職員二人の決定" in printed, "日を示せない" in printed, "まだ記録されていない" in printed) == (True,) * 3
