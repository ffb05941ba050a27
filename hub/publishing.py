"""The pages and documents that follow from the Book, kept as files: what is checked in is what would be generated.

A published folder is generated as a whole: what is not generated any more is removed from it. So a folder is written
only where it is empty or was published before, which its README says.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from contracts import assessment, table
from contracts.book import Book
from contracts.folder import SHIPPED
from hub import interface
from hub.config import Settings
from hub.errors import UsageError

PUBLISHED: Final = "published"
README: Final = "README.md"
_MARK: Final = "# 契約から生成した文書"
_README: Final = """\
{mark}

このフォルダーの文書は、提供契約（`subscribers/`）と法令（`law/`）から全て生成したものである。手で直さない。
直すのは契約又は法令であり、その後に次の命令で作り直す。生成されなくなった文書は、この命令が削る。

```
jukihub contracts publish            # 作り直す
jukihub contracts publish --check    # 違いがあれば示す
```

{about}

Everything here is generated from the contracts and the law. Do not edit it: edit those, and publish again.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Files that are made together, and what the README says of them."""

    make: Callable[[Book, Settings], Mapping[str, str]]
    about: Mapping[str, str]
    """Name of a file or folder, and what it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as it would be generated."""

    name: str
    what: Literal["missing", "changed", "stale"]


PARTS: Final[tuple[Part, ...]] = (
    Part(lambda book, _settings: table.files(book), {
        "table.html": "提供項目一覧表（項目×提供先）。A3横1枚に印刷し、法務が読んで決裁する。",
        "table.md": "同じ表。版を比べるときに読む。",
    }),
    Part(lambda book, _settings: assessment.files(book), {
        "assessment.md": "特定個人情報保護評価書「Ⅱ ５．特定個人情報の提供・移転」の案。人数は市が記入する。",
    }),
    Part(interface.files, {
        "schemas/": "提供先ごとの JSON Schema。封を開いた提供情報の形。",
        "asyncapi/": "提供先ごとの AsyncAPI 3.1。トピック、ヘッダー、封印と提供情報の形。",
        "topics.json": "ブローカーに置くトピック、利用者及び権限の全部。",
        "rights.md": "同じ権限の表。",
        "strimzi/": "同じトピックと利用者を Strimzi の資源として書いたもの。",
    }),
)  # fmt: skip


def everything(book: Book, settings: Settings) -> dict[str, str]:
    """Every generated file, by its path in the folder."""
    files = {README: _readme()}
    for part in PARTS:
        files.update(part.make(book, settings))
    return files


def place(book_folder: Path | None) -> Path:
    """Where the pages of the Book in `book_folder` are kept: beside its contracts; None is the shipped Book."""
    folder = book_folder or SHIPPED
    if folder == SHIPPED and not (folder.parent / "pyproject.toml").is_file():
        raise UsageError("no-checkout", str(folder), "Name a folder with --to")
    return folder / PUBLISHED


def differences(folder: Path, book: Book, settings: Settings) -> list[Difference]:
    """What in `folder` is not as it would be generated, sorted by name; UsageError where the folder is not ours."""
    _own(folder)
    return sorted(_differences(folder, everything(book, settings)), key=lambda each: each.name)


def write(folder: Path, book: Book, settings: Settings) -> list[Difference]:
    """Make `folder` as it would be generated, file by file, each at once; returns what was different."""
    files = everything(book, settings)
    found = differences(folder, book, settings)
    for each in found:
        if each.what == "stale":
            (folder / each.name).unlink()
        else:
            _replace(folder / each.name, files[each.name])
    return found


def _differences(folder: Path, files: Mapping[str, str]) -> Iterator[Difference]:
    there = set(_there(folder))
    for name in there - files.keys():
        yield Difference(name, "stale")
    for name, text in files.items():
        if name not in there:
            yield Difference(name, "missing")
        elif (folder / name).read_bytes() != text.encode("utf-8"):
            yield Difference(name, "changed")


def _there(folder: Path) -> Iterator[str]:
    """Every file of `folder`, but for hidden ones: those are a version control's and an editor's own."""
    for file in folder.rglob("*"):
        name = file.relative_to(folder)
        if not file.is_dir() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()


def _own(folder: Path) -> None:
    """Refuse a folder in which something lies that was not generated: it would be removed."""
    readme = folder / README
    ours = readme.is_file() and readme.read_bytes().startswith(_MARK.encode("utf-8"))
    if not ours and any(_there(folder)):
        raise UsageError("not-published-by-us", str(folder), "Name an empty folder, or one that was published before")


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8", newline="")
    new.replace(file)


def _readme() -> str:
    about = (f"- `{name}`　{said}" for part in PARTS for name, said in part.about.items())
    return _README.format(mark=_MARK, about="\n".join(about))
