"""`jukihub contracts table|publish`: the pages that legal reads and signs, out of the Book."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from contracts import table as page
from hub.cli.shared import Folder, book
from hub.config import settings

_DONE: Final = {"missing": "written", "changed": "rewritten", "stale": "removed"}


def commands(contracts: typer.Typer) -> None:
    """Register the commands."""
    contracts.command("table")(table)
    contracts.command("publish")(publish)


def table(
    html: Annotated[bool, typer.Option("--html", help="one sheet of A3 to be printed and signed")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="file; else stdout")] = None,
    contracts: Folder = None,
) -> None:
    """Print the table 項目 × 提供先: who has which item, and which article lets it through.

    \b
    Examples:
      jukihub contracts table
      jukihub contracts table --html --out table.html
      diff <(jukihub contracts table) <(jukihub contracts table --contracts draft/)
    """
    known = book(contracts)
    text = page.html(known) if html else page.markdown(known)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as refused:
        raise typer.BadParameter(f"cannot write {str(out)!r}: {refused.strerror}", param_hint="--out") from None


def publish(
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", file_okay=False,
                                            help="else published/ beside the contracts")] = None,
    check: Annotated[bool, typer.Option("--check", help="write nothing; exit 1 where something differs")] = False,
    contracts: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="the files and what differs, as one JSON document")] = False,
) -> None:  # fmt: skip
    """Write every page and document that follows from the Book; what is generated no more is removed.

    \b
    Examples:
      jukihub contracts publish
      jukihub contracts publish --check
      jukihub contracts publish --contracts city/ --to /srv/contracts
    """
    from hub import publishing  # noqa: PLC0415 - the documents of the broker are not needed for the table

    known, here = book(contracts), settings()
    folder = to or publishing.place(contracts or here.contracts)
    try:
        found = (publishing.differences if check else publishing.write)(folder, known, here)
    except OSError as refused:
        raise typer.BadParameter(f"{str(folder)!r}: {refused.strerror}", param_hint="--to") from None
    _tell(folder, [(each.name, each.what if check else _DONE[each.what]) for each in found], as_json)
    if check and found:
        typer.echo(f"{len(found)} file(s) differ from the contracts. Publish them without --check", err=True)
        raise typer.Exit(1)


def _tell(folder: Path, found: list[tuple[str, str]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), "files": dict(found)}, ensure_ascii=False))
        return
    for name, what in found:
        typer.echo(f"{what}\t{folder / name}")
