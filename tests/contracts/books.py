"""Books written for one test: a sound contract as text, edited, put into a folder, and loaded."""

from pathlib import Path

from contracts.book import load
from contracts.contract import Contract
from contracts.errors import BookRefused, Finding
from contracts.folder import SHIPPED

SOUND = """\
subscriber = "子ども政策課"
purpose    = "児童手当の支給"
basis      = ["番号法9条1項別表81", "庁内連携条例", "庁内連携条例・子ども"]
hears      = ["記載", "消除", "修正", "世帯", "個人番号", "支援措置"]
always     = []
items      = ["宛名番号", "氏名", "生年月日", "住所", "続柄"]
conditional = ["国籍等"]
granted    = []
identifier = "宛名番号"
population = { age_from = 0, age_to = 18 }
protected  = "deliver"
mirror     = true
via        = "topic"
in_force   = { from = 2026-04-01 }
approved   = { by = "総務部法務", on = 2026-03-20, ref = "令和8年 決裁第123号" }
"""

BASES = (SHIPPED / "law" / "bases.toml").read_text(encoding="utf-8")
"""The shipped bases, to be edited."""

Edits = tuple[tuple[str, str], ...]


def edited(text: str, edits: Edits) -> str:
    """`text` with each edit made exactly once; an edit that finds nothing is a fault of the test."""
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def ruled(key: str, old: str, new: str, bases: str = BASES) -> str:
    """The shipped bases (or `bases`), with one edit in the basis `key`."""
    head, mark, rest = bases.partition(f'[bases."{key}"]')
    basis, gap, others = rest.partition("\n\n")
    return head + mark + edited(basis, ((old, new),)) + gap + others


def write(folder: Path, text: str, name: str = "kosodate", bases: str | None = None) -> Path:
    """A folder with one contract and, where `bases` is given, a law of its own."""
    (folder / "subscribers").mkdir(parents=True, exist_ok=True)
    (folder / "subscribers" / f"{name}.toml").write_text(text, encoding="utf-8")
    if bases is not None:
        (folder / "law").mkdir(exist_ok=True)
        (folder / "law" / "bases.toml").write_text(bases, encoding="utf-8")
    return folder


def contract(folder: Path, *edits: tuple[str, str]) -> Contract:
    """The sound contract with `edits`, through the whole of `load`."""
    return load(write(folder, edited(SOUND, edits))).contracts["kosodate"]


def refused(folder: Path) -> tuple[Finding, ...]:
    """What `load` objects to in `folder`; nothing where it does not object."""
    try:
        load(folder)
    except BookRefused as objection:
        return objection.findings
    return ()
