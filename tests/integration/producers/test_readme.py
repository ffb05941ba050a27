"""The Python of the README is run as it stands there, and prints what its comments say."""

import re
from pathlib import Path
from typing import Any

import pytest

import producers
from hub.database import Database
from producers.refusals import sentence

PAGE = (Path(str(producers.__file__)).parent / "README.md").read_text("utf-8")
SECTION = PAGE.partition("\n## In Python\n")[2].partition("\n## ")[0]


async def test_the_counter_is_called_from_python_as_the_readme_says(
    dsn: str, db: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    [program] = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
    named: dict[str, Any] = {"__name__": "readme"}
    exec(compile(program, "README.md", "exec"), named)  # noqa: S102 - our own page, which says that it runs
    await named["main"](dsn)
    printed = capsys.readouterr().out.splitlines()
    told = re.findall(r"print\(.*# ([^:]+): ", program)
    assert (printed[:-1], printed[-1]) == (told, sentence("not-on-register"))
    assert await db.fetchval("SELECT count(*) FROM registry.notice") == 1
