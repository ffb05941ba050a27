"""Contracts to measure with: made up, all alike in what they hear, each with twelve items of which six are its own.

Each of them is told of every change of the sample, so outputs are changes times contracts. The law is the shipped one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ALWAYS: Final = ("宛名番号", "氏名", "生年月日", "住所", "続柄", "異動事由")
CHOSEN: Final = ("世帯番号", "個人番号", "氏名の振り仮名", "旧氏", "通称", "男女の別", "住所を定めた年月日",
                 "住民となった年月日", "世帯主である旨", "世帯主の氏名", "記載・消除・修正の別",
                 "事由の生じた年月日")  # fmt: skip
_OWN: Final = 6
_FORM: Final = """\
subscriber = "計測 {number}"
purpose = "児童手当その他の子ども・子育て支援の給付"
basis = [
  "番号法9条1項別表56", "番号法9条1項別表64", "番号法9条1項別表65", "番号法9条1項別表81", "番号法9条1項別表127",
  "庁内連携条例", "庁内連携条例・子ども",
]
hears = ["記載", "消除", "修正", "世帯"]
items = [{items}]
identifier = "宛名番号"
protected = "deliver"
via = "topic"
in_force = {{ from = 2026-04-01 }}
approved = {{ by = "計測", on = 2026-03-20, ref = "計測", sample = true }}
"""
_MIRROR: Final = "mirror = true\n"


def write(folder: Path, count: int, mirror: bool = False) -> Path:
    """A folder of `count` contracts, as HUB_CONTRACTS takes it. `mirror`: each keeps a copy of everybody."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        items = ", ".join(f'"{item}"' for item in (*ALWAYS, *_own(number)))
        form = _FORM.format(number=number, items=items)
        kept = form.replace("in_force", f"{_MIRROR}in_force", 1) if mirror else form
        (folder / f"measured-{number:02}.toml").write_text(kept, encoding="utf-8")
    return folder


def _own(number: int) -> Iterator[str]:
    return (CHOSEN[(number + at) % len(CHOSEN)] for at in range(_OWN))
