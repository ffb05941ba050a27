"""Whoever has an export and the public key finds what was done to it, and where; so does the verifier that is not ours.

Every broken export is given to both, and they have to say the same.
"""

import ast
import base64
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import JukiError
from hub.bench.proving import exported, line
from hub.config import Settings
from hub.errors import DependencyUnavailable, UsageError
from hub.proofs import form, merkle, signing
from hub.proofs.findings import Verdict
from hub.proofs.note import Checkpoint, Signer, Verifier, parsed
from hub.proofs.verifying import verify

ALONE = Path(__file__).parents[3] / "infra" / "examples" / "ledger" / "verify.py"
SIGNER, FORGER = Signer.new("juki-hub/test/ledger"), Signer.new("juki-hub/test/ledger")
SIZE, EVERY = 40, 7

Row = dict[str, Any]
Lines = Sequence[bytes]
Break = Callable[[list[Row]], list[Row]]
LINES = [line(n, 1 + n % 3) for n in range(SIZE)]
OTHER = line(99, 1)


def export(lines: Lines = LINES, signer: Signer = SIGNER) -> list[Row]:
    """An export of these lines, signed after every seventh of them."""
    return [orjson.loads(one) for one in exported(signer, len(lines), lines.__getitem__, EVERY)]


def written(rows: Sequence[Row]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)


def at(rows: Sequence[Row], leaf: int) -> int:
    """Where the row of a leaf is."""
    return next(n for n, row in enumerate(rows) if row.get("leaf") == leaf)


def ours(content: bytes, earlier: Checkpoint | None = None) -> Verdict:
    return verify(BytesIO(content), SIGNER.verifier, earlier)


def faults(found: Verdict) -> set[tuple[str, int]]:
    return {(str(one.fault), n) for one in found.findings for n in range(one.first, one.last + 1)}


def _loaded() -> Any:
    spec = spec_from_file_location("ledger_verify", ALONE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


alone = _loaded()


class Theirs:
    """What the verifier that is not ours says of the same file."""

    def __init__(self, content: bytes, folder: Path, said: Callable[[], str]) -> None:
        (folder / "export.jsonl").write_bytes(content)
        (folder / "key").write_text(f"{SIGNER.verifier}\n", encoding="utf-8")
        said()
        self.code = alone.main(str(folder / "export.jsonl"), str(folder / "key"))
        words = [one.split() for one in said().splitlines()]
        self.faults = {(fault, int(number)) for fault, number in (one for one in words if len(one) == 2)}
        self.begins = next(((int(first), int(end)) for what, first, end in
                            (one for one in words if one[0] == "begins")), None)  # fmt: skip
        self.proved = int(words[-1][0])


@pytest.fixture
def both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[bytes], Verdict]:
    """Our verdict, with which the other has to agree."""

    def judge(content: bytes) -> Verdict:
        found, theirs = ours(content), Theirs(content, tmp_path, lambda: capsys.readouterr().out)
        assert (theirs.faults, theirs.begins, theirs.proved) == (faults(found), found.begins, found.proved)
        assert (theirs.code == 0) == found.sound
        return found

    return judge


@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 33, 255, 256, 257, 300, 513])
def test_a_whole_export_is_sound_of_whatever_size(both: Callable[[bytes], Verdict], size: int) -> None:
    found = both(written(export([line(n, 2) for n in range(size)])))
    assert (found.sound, found.proved, found.disclosures, found.begins) == (True, size, 2 * size, None)


def changed(number: int, **fields: Any) -> Break:
    """One row says something else."""
    return lambda rows: [row | fields if row.get("leaf") == number else row for row in rows]


def way_of_block(rows: list[Row]) -> list[Row]:
    wrong = form.encoded([bytes(32), bytes(32)])
    return [row | {"above": wrong} if row.get("block") == 1 else row for row in rows]


def dropped(*leaves: int) -> Break:
    return lambda rows: [row for row in rows if row.get("leaf") not in leaves]


def swapped(one: int, other: int) -> Break:
    def swap(rows: list[Row]) -> list[Row]:
        first, second = at(rows, one), at(rows, other)
        rows[first], rows[second] = rows[second], rows[first]
        return rows

    return swap


def exchanged(one: int, other: int) -> Break:
    """Their rows stand where they stood, each under the number of the other."""

    def exchange(rows: list[Row]) -> list[Row]:
        first, second = at(rows, one), at(rows, other)
        rows[first]["leaf"], rows[second]["leaf"] = other, one
        return rows

    return exchange


def added(after: int, row: Callable[[list[Row]], Row]) -> Break:
    def add(rows: list[Row]) -> list[Row]:
        rows.insert(at(rows, after) + 1, row(rows))
        return rows

    return add


def forged(lines: Lines, *, signer: Signer = FORGER, head: bool = True, between: bool = True) -> Break:
    """Somebody has made all proofs anew; `head`, `between`: the checkpoints are still the genuine ones."""

    def forge(rows: list[Row]) -> list[Row]:
        notes = {parsed(row["signed"]).size: row for row in rows if "signed" in row} if between else {}
        made = export(lines, signer)
        kept = [notes.get(parsed(row["signed"]).size, row) if "signed" in row else row for row in made]
        return [rows[0] if head else kept[0], *kept[1:]]

    return forge


def these(fault: str, *leaves: int) -> set[tuple[str, int]]:
    return {(fault, leaf) for leaf in leaves}


def instead(leaf: int) -> Lines:
    return [*LINES[:leaf], OTHER, *LINES[leaf + 1 :]]


BROKEN: dict[str, tuple[Break, set[tuple[str, int]], tuple[int, int] | None]] = {
    "altered": (changed(18, line=OTHER.decode()), these("altered", 18), (14, 21)),
    "altered by a space": (changed(18, line=LINES[18].decode() + " "), these("altered", 18), (14, 21)),
    "altered, the last": (changed(39, line=OTHER.decode()), these("altered", 39), (35, 40)),
    "another line of the ledger in its place": (
        changed(18, line=LINES[19].decode()), these("altered", 18), (14, 21)),
    "altered twice": (
        lambda rows: changed(3, line="")(changed(30, line="")(rows)), these("altered", 3, 30), (0, 7)),
    "dropped": (dropped(18), these("missing", 18), (14, 21)),
    "dropped, the first": (dropped(0), these("missing", 0), (0, 7)),
    "dropped, the last of a block": (dropped(15), these("missing", 15), (14, 21)),
    "dropped, the last": (dropped(39), these("missing", 39), (35, 40)),
    "cut off": (lambda rows: rows[: at(rows, 20) + 1], these("missing", *range(21, 40)), (14, 40)),
    "a block dropped": (
        lambda rows: [row for row in rows if row.get("block") != 1 and row.get("leaf") not in range(16, 32)],
        these("missing", *range(16, 32)), (14, 21)),
    "put behind the next": (swapped(18, 19), these("misplaced", 18), (14, 21)),
    "changed places with one of another block": (swapped(3, 35), these("altered", 3, 35), (0, 7)),
    "repeated": (added(18, lambda rows: rows[at(rows, 18)]), these("repeated", 18), (14, 21)),
    "repeated at the end": (added(39, lambda rows: rows[at(rows, 33)]), these("repeated", 33), (35, 40)),
    "added": (added(18, lambda rows: rows[at(rows, 18)] | {"line": "{}"}), these("inserted", 18), (14, 21)),
    "added behind the end": (
        added(39, lambda rows: rows[at(rows, 39)] | {"leaf": 40}), these("inserted", 40), (35, 40)),
    "numbers exchanged": (exchanged(18, 19), these("proof", 18, 19), None),
    "a proof destroyed": (changed(18, beside=""), these("proof", 18), None),
    "the proof of a block destroyed": (way_of_block, these("proof", *range(16, 32)), None),
    "nonsense added": (added(18, lambda _: {"leaf": "18"}), these("unreadable", 25), None),
    "a number that is none": (changed(18, leaf=-1), these("missing", 18) | these("unreadable", 24), (14, 21)),
    "altered, and all proofs made anew": (
        forged(instead(18)), these("proof", *range(14)) | these("altered", *range(14, 40)), (14, 21)),
    "dropped, and all proofs made anew": (
        forged([*LINES[:18], *LINES[19:]]),
        these("proof", *range(14)) | these("altered", *range(14, 39)) | these("missing", 39), (14, 21)),
    "reordered, and all proofs made anew": (
        forged([*LINES[:18], LINES[19], LINES[18], *LINES[20:]]),
        these("proof", *range(14)) | these("altered", *range(14, 40)), (14, 21)),
    "repeated, and all proofs made anew": (
        forged([*LINES[:18], LINES[17], *LINES[18:]]),
        these("proof", *range(14)) | these("altered", *range(14, 40)) | these("inserted", 40), (14, 21)),
    "altered, and the end signed anew by somebody else": (
        forged(instead(18), head=False), these("not-signed", 0), (14, 21)),
    "altered, and all signed anew by somebody else": (
        forged(instead(18), head=False, between=False), these("not-signed", 0), (0, 40)),
    "not altered, and signed by somebody else": (
        forged(LINES, head=False, between=False), these("not-signed", 0), (0, 40)),
}  # fmt: skip
"""What is done to an export of forty lines, what is found, and between which leaves the first fault is."""


@pytest.mark.threat("D1")
@pytest.mark.trap("C9")
@pytest.mark.parametrize("name", BROKEN)
def test_what_was_done_to_an_export_is_found_and_where(both: Callable[[bytes], Verdict], name: str) -> None:
    broken, expected, begins = BROKEN[name]
    found = both(written(broken(export())))
    assert (faults(found), found.begins, found.sound) == (expected, begins, False)


@given(st.lists(st.tuples(st.sampled_from(["drop", "swap", "again", "alter", "number", "way"]),
                          st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=5))  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_is_done_to_the_rows_both_say_the_same(
    both: Callable[[bytes], Verdict], done: list[tuple[str, int, int]]
) -> None:
    rows = export()
    for what, one, other in done:
        row = rows[one % len(rows)]
        if row is rows[0] or what == "drop":
            del rows[max(1, one % len(rows))]
        elif what == "swap":
            there = max(1, other % len(rows))
            rows[one % len(rows)], rows[there] = rows[there], row
        elif what == "again":
            rows.insert(max(1, other % len(rows)), dict(row))
        else:
            changes = {"alter": {"line": "{}"}, "number": {"leaf": other}, "way": {"above": "", "beside": "x"}}[what]
            rows[one % len(rows)] = {name: changes.get(name, value) for name, value in row.items()}
    both(written(rows))


def receipt(*leaves: int, lines: Lines = LINES) -> bytes:
    tree = merkle.Tree([merkle.leaf_hash(one) for one in lines])
    head = form.head(form.RECEIPT, SIGNER.signed(len(lines), tree.root))
    return b"".join([head, *(form.leaf(leaf, tree.path(leaf), lines[leaf]) for leaf in leaves)])


@pytest.mark.threat("S8")
@pytest.mark.trap("C9")
def test_a_receipt_proves_its_lines_and_no_others(both: Callable[[bytes], Verdict]) -> None:
    whole = receipt(3, 39)
    assert (both(whole).sound, both(whole).proved) == (True, 2)
    altered = whole.replace(b"department-0", b"department-9", 1)
    assert faults(both(altered)) == {("altered", 3)}
    assert faults(both(whole.replace(b'"leaf":39', b'"leaf":38'))) == {("altered", 38)}
    another = whole.split(b"\n", 1)[1]
    assert not both(receipt(lines=LINES[:39]) + another).sound


@pytest.mark.threat("D2")
def test_an_earlier_checkpoint_shows_that_its_holder_has_rewritten_the_ledger() -> None:
    earlier = next(one for one in (parsed(row["signed"]) for row in export() if "signed" in row) if one.size == 21)
    assert ours(written(export()), earlier).sound
    for leaf, found in ((20, {("rewritten", n) for n in range(21)}), (21, set())):
        assert faults(ours(written(export(instead(leaf))), earlier)) == found
    assert faults(ours(written(export(LINES[:20])), earlier)) == {("shortened", 20)}


def test_what_is_no_export_is_a_usage_error() -> None:
    for content in (b"", b"{}\n", b"[]\n", b'{"ledger":"juki-ledger-export/1"}\n', b"\xff\n"):
        with pytest.raises(UsageError, match="not-an-export"):
            ours(content)
    with pytest.raises(JukiError, match="bad-checkpoint"):
        ours(form.head(form.EXPORT, "juki-hub/test/ledger\n-1\n\n"))


def test_the_verifier_that_is_not_ours_is_short_and_imports_nothing_of_ours(tmp_path: Path) -> None:
    source = ALONE.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 150
    names = {name.split(".")[0] for one in ast.walk(ast.parse(source)) for name in _imported(one)}
    assert names - sys.stdlib_module_names == {"cryptography"}
    (tmp_path / "export.jsonl").write_bytes(written(changed(18, line="{}")(export())))
    (tmp_path / "key").write_text(str(SIGNER.verifier), encoding="utf-8")
    words = [sys.executable, "-I", str(ALONE), str(tmp_path / "export.jsonl"), str(tmp_path / "key")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "altered 18\nbegins 14 21\n39 of 40 lines proved\n")


def _imported(one: ast.AST) -> list[str]:
    if isinstance(one, ast.ImportFrom):
        return [one.module or ""]
    return [each.name for each in one.names] if isinstance(one, ast.Import) else []


WORD = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
SIGNED = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
"""The key that the documentation of signed notes has for its example, both halves, and a signature by it."""


def test_keys_and_signatures_have_the_form_that_others_know() -> None:
    signer = Signer.of(SECRET)
    assert str(signer.verifier) == WORD == str(Verifier.of(f"{WORD}\n"))
    said = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    assert base64.b64encode(signer.verifier.hash + signer._key.sign(said.encode())).decode() == SIGNED


def test_a_checkpoint_opens_by_its_own_key_as_it_was_signed_and_not_otherwise() -> None:
    note = SIGNER.signed(40, bytes(range(32)))
    assert SIGNER.verifier.opened(note) == Checkpoint("juki-hub/test/ledger", 40, bytes(range(32)))
    witnessed = note + "— witness.example/w " + form.encoded([bytes(32)]) + "\n"
    assert SIGNER.verifier.opened(witnessed).size == 40
    refused = {
        "signature-invalid": note.replace("\n40\n", "\n41\n"), "not-signed-by-this-key": FORGER.signed(40, bytes(32)),
        "another-ledger": Signer.new("juki-hub/another/ledger").signed(40, bytes(32)),
        "bad-checkpoint": note.replace("\n40\n", "\n040\n"),
    }  # fmt: skip
    for code, one in refused.items():
        with pytest.raises(JukiError) as said:
            SIGNER.verifier.opened(one)
        assert said.value.code == code


@pytest.mark.parametrize("word", ["", "a", WORD[:-4], WORD.replace("c74", "c75"), WORD.replace("Pe", "P e"), SECRET])
def test_a_word_that_is_no_verifier_key_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="bad-key"):
        Verifier.of(word)


def test_the_signing_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    here = Settings(secrets=tmp_path / "secrets", system="some-city")
    made = signing.signer(here)
    assert made.verifier == signing.signer(here).verifier
    assert made.verifier.name == "juki-hub/some-city/ledger"
    file = tmp_path / "secrets" / "ledger-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    with pytest.raises(DependencyUnavailable, match="ledger-key-not-safe"):
        signing.signer(here)
    file.chmod(0o600)
    (tmp_path / "no-folder").touch()
    with pytest.raises(DependencyUnavailable, match="ledger-key-out-of-reach"):
        signing.signer(Settings(secrets=tmp_path / "no-folder" / "secrets"))
    file.write_text("PRIVATE+KEY+x", encoding="utf-8")
    with pytest.raises(DependencyUnavailable, match="ledger-key-unreadable"):
        signing.signer(here)
