"""`jukihub contracts …`: the law's side of the hub, for those who sign it."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from contracts.errors import BookRefused, Finding, Language
from hub.cli import comparing, publishing
from hub.cli.shared import Folder
from hub.cli.shared import book as chosen
from hub.cli.simulate import simulate

Lang = Annotated[Language, typer.Option("--lang", help="language of what is said: Japanese (ja) or English (en)")]


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register `jukihub contracts`."""
    contracts = typer.Typer(help="Contracts (提供契約) and the law behind them.", no_args_is_help=True)
    contracts.callback()(_nothing)
    contracts.command("check")(check)
    contracts.command("diff")(comparing.diff)
    contracts.command("simulate")(simulate)
    publishing.commands(contracts)
    app.add_typer(contracts, name="contracts")


def check(
    contracts: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="findings and hashes as JSON")] = False,
    lang: Lang = "ja",
) -> None:
    """Judge every contract by the law: all findings by file and line; exit 1 where there are any.

    \b
    Examples:
      jukihub contracts check
      jukihub contracts check --contracts draft/ --lang en
    """
    findings, hashes, whole = _judged(contracts)
    if as_json:
        found = [_plain(finding) for finding in findings]
        typer.echo(orjson.dumps({"findings": found, "contracts": hashes, "book": whole}))
    else:
        for finding in findings:
            typer.echo(finding.told(lang))
        typer.echo(_summary(findings, hashes), err=True)
    if findings:
        raise typer.Exit(1)


def _judged(folder: Path | None) -> tuple[tuple[Finding, ...], dict[str, str], str | None]:
    try:
        book = chosen(folder)
    except BookRefused as refused:
        return refused.findings, {}, None
    return (), {name: contract.hash for name, contract in book.contracts.items()}, book.hash


def _plain(finding: Finding) -> dict[str, object]:
    place = {"code": finding.code, "file": finding.file, "line": finding.line}
    return {**place, "message": finding.message.ja, "message_en": finding.message.en}


def _summary(findings: tuple[Finding, ...], hashes: dict[str, str]) -> str:
    if findings:
        return f"{len(findings)} finding(s): nothing is loaded"
    return f"{len(hashes)} contract(s), all supported by the law"


def _nothing() -> None:
    """Keeps `check` a command with a name while it is the only one."""
