"""hub/THREATS.md and its Japanese twin: who tries what, what stops it, what stays open, and which tests play it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from tests.catalogue.marks import Marked, marked
from tests.threats.rows import MARK, Attacker, Model, Threat, model, tests_of

HUB: Final = Path(__file__).resolve().parents[2] / "hub"
PAGES: Final = {"en": HUB / "THREATS.md", "ja": HUB / "THREATS.ja.md"}
_NOTE: Final = (
    "<!-- Generated from tests/threats/threats.toml and the marks on the tests: `python -m tests.threats --write` -->\n"
)

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "head": """\
# Threats: who could try what, and what stops them

日本語版: [THREATS.ja.md](THREATS.ja.md)

Every row is played by a test on the running system: a broker, a PostgreSQL or both; beside it others in memory show
what one run cannot. A test says with `@pytest.mark.threat("…")` which rows it plays; what bears *make faults* is run by
`make faults` alone. *Open* is what nothing stops, said as it is; a row can be open in part and stopped for the rest.
From which day on backups count no more: [BACKUPS.md](BACKUPS.md).
""",
        "overview": "| who | rows | stopped | open in part |\n|---|---|---|---|\n",
        "holds": "Has", "stops": "Stopped by", "open": "Open", "tests": "Played by", "rough": " (make faults)",
        "outside": "## Not stopped by anything here\n",
    },
    "ja": {
        "head": """\
# 脅威: 誰が何を試みうるか、何がそれを止めるか

English: [THREATS.md](THREATS.md)

各行を、動いているシステム（ブローカー、PostgreSQL、または両方）に対して試験が実演する。一度の実行で示せないことは、
メモリの中の試験が補う。試験は `@pytest.mark.threat("…")` で自分の行を示す。*make faults* とあるものは
`make faults` だけが実行する。「残るもの」は、何も止めないことを、そのまま述べる。バックアップがいつから無効になるか:
[BACKUPS.ja.md](BACKUPS.ja.md)。
""",
        "overview": "| 誰 | 行 | 止まる | 一部が残る |\n|---|---|---|---|\n",
        "holds": "手にあるもの", "stops": "止めるもの", "open": "残るもの", "tests": "実演", "rough": "（make faults）",
        "outside": "## ここでは止められないもの\n",
    },
}  # fmt: skip


def pages() -> dict[Path, str]:
    """Each page as the rows and the marks say it."""
    told, marks = model(), marked(mark=MARK)
    return {file: page(told, marks, language) for language, file in PAGES.items()}


def page(told: Model, marks: Sequence[Marked], language: str) -> str:
    """The whole page in one language."""
    words = WORDS[language]
    parts = [_NOTE + words["head"], words["overview"] + "".join(_counted(one, language) for one in told.attackers)]
    parts += [_attacker(one, marks, language) for one in told.attackers]
    parts += [words["outside"] + "\n" + "".join(f"- {one[language]}\n" for one in told.outside)]
    return "\n".join(parts)


def _counted(one: Attacker, language: str) -> str:
    left = sum(bool(threat.open) for threat in one.tries)
    return f"| {one.name[language]} | {len(one.tries)} | {len(one.tries) - left} | {left} |\n"


def _attacker(one: Attacker, marks: Sequence[Marked], language: str) -> str:
    words = WORDS[language]
    head = f"## {one.name[language]}\n\n*{words['holds']}:* {one.holds[language]}\n"
    return "\n".join([head, *(_threat(threat, marks, language) for threat in one.tries)])


def _threat(threat: Threat, marks: Sequence[Marked], language: str) -> str:
    words = WORDS[language]
    lines = [f"**{threat.id}** {threat.tries[language]}", f"*{words['stops']}:* {threat.stops[language]}"]
    lines += [f"*{words['open']}:* {threat.open[language]}"] if threat.open else []
    return "  \n".join([*lines, f"*{words['tests']}:*"]) + "\n\n" + "".join(_listed(tests_of(threat, marks), words))


def _listed(tests: Sequence[Marked], words: Mapping[str, str]) -> Iterator[str]:
    for place, found in groupby(tests, key=lambda one: one.place):
        yield f"- [{place}](../tests/{place})\n"
        yield from (f"  - `{one.name}`{words['rough'] if one.rough else ''}\n" for one in found)
