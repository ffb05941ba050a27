"""`jukihub ledger …`: what the hub's records of disclosures prove, and to whom (提供記録); and those of the audit."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final
from uuid import UUID

import typer

from hub.cli import progress
from hub.cli.shared import ledger_of, new_file
from hub.config import settings
from hub.errors import UsageError
from hub.people import Act

if TYPE_CHECKING:
    from hub.database import Database
    from hub.proofs.findings import Finding, Verdict
    from hub.proofs.logs import Log
    from hub.proofs.note import Checkpoint, Verifier

PARTIAL: Final = 3
_EVERY: Final = 10_000

Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


class Tree(StrEnum):
    """Which log is meant."""

    LEDGER = "ledger"
    AUDIT = "audit"


Of = Annotated[Tree, typer.Option("--tree", help="the disclosures, or what persons and processes have done (監査)")]
_ACTS: Final = {Tree.LEDGER: (Act.LEDGER_SEE, Act.LEDGER_EXPORT), Tree.AUDIT: (Act.AUDIT_SEE, Act.AUDIT_EXPORT)}
"""Seeing a checkpoint or a receipt, and having all of it."""


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register the commands."""
    ledger = ledger_of(app)
    for command in (key, checkpoint, export, prove, verify):
        ledger.command(command.__name__)(command)


def key(tree: Of = Tree.LEDGER) -> None:
    """Print the public key that checkpoints of this ledger are verified with: one word, to be handed over in person.

    \b
    The private half is HUB_SECRETS/ledger-key (audit-key), and is made where there is none.
    Examples:
      jukihub ledger key > ledger.key
      jukihub ledger key --tree audit > audit.key
    """
    from hub.proofs.signing import signer  # noqa: PLC0415 - not needed for anybody's help

    typer.echo(str(signer(settings(), _log(tree)).verifier))


def checkpoint(tree: Of = Tree.LEDGER) -> None:
    """Print the newest signed checkpoint: a few lines that an auditor keeps, and later gives to `verify --earlier`.

    Example: jukihub ledger checkpoint > 2026-04-01.checkpoint
    """
    typer.echo(asyncio.run(_checkpoint(tree)), nl=False)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="to be made; it must not be there")],
    tree: Of = Tree.LEDGER,
) -> None:
    """Write the whole ledger out for an auditor, as far as it is signed: every line, with its proof. JSON lines.

    \b
    No name and no value of a resident is in it; who was told what, when, by what contract, about which pseudonym is.
    Of the audit: which account or process did what, when, and the reasons that were typed.
    Examples:
      jukihub ledger export 2026.jsonl && jukihub ledger verify 2026.jsonl --key ledger.key
      jukihub ledger export audit.jsonl --tree audit && jukihub ledger verify audit.jsonl --key audit.key
    """
    with new_file(file, "FILE") as opened:
        size = asyncio.run(_exported(opened, tree))
    typer.echo(f"{file}: {size:,} leaves", err=True)


def prove(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="of a disclosure, a Change, or an entry of the audit")],
    tree: Of = Tree.LEDGER,
) -> None:
    """Print a receipt: every line of the ledger about a disclosure or a Change, with its proof and the checkpoint.

    \b
    JSON lines; `jukihub ledger verify` takes it. Exit 3 where some of the lines are too new to be signed.
    Examples:
      jukihub ledger prove 01930000-0000-7000-8000-000000000001 > receipt.jsonl
      jukihub ledger prove 4711 --tree audit > receipt.jsonl
    """
    lines, unsigned = asyncio.run(_proved(_id(wanted, tree), tree))
    typer.echo(b"".join(lines), nl=False)
    if unsigned:
        typer.echo(f"{unsigned} more lines are not signed yet: ask again in a minute", err=True)
        raise typer.Exit(PARTIAL)


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="what `export` or `prove` has written")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="the public key, as `jukihub ledger key` prints it")],
    earlier: Annotated[Path | None, typer.Option(
        metavar="FILE", help="an earlier checkpoint, export or receipt: is what it covers still the same?"
    )] = None,
    as_json: Json = False,
) -> None:
    """Verify an export or a receipt offline: no server, no setting, nothing but the public key.

    \b
    Names every line that was altered, dropped, put elsewhere, repeated or added, by its number. Exit 1 where anything
    is wrong. Whether nothing was told that is not on the ledger, no file can show.
    Example: jukihub ledger verify 2026.jsonl --key ledger.key --earlier 2025.checkpoint
    """  # fmt: skip
    from hub.proofs.verifying import verify as verified  # noqa: PLC0415 - not needed for anybody's help

    verifier = _verifier(key)
    before = _earlier(earlier, verifier) if earlier else None
    with _read(file, "FILE") as rows:
        found = verified(rows, verifier, before, progress.every(_EVERY))
    if as_json:
        typer.echo(json.dumps(found.as_json()))
    else:
        _say(found)
    if not found.sound:
        raise typer.Exit(1)


def _say(found: "Verdict") -> None:
    for one in found.findings:
        typer.echo(_sentence(one))
    if found.begins:
        first, end = found.begins
        typer.echo(f"the first fault is one of the leaves {first:,} to {end - 1:,}")
    if not found.sound:
        typer.echo(f"NOT SOUND: {found.faults:,} faults")
    place = found.checkpoint
    named = f"; they name {found.disclosures:,} disclosures" if found.disclosures else ""
    typer.echo(f"{found.proved:,} lines of {place.origin} are those that were signed, of {place.size:,}{named}")


def _log(tree: Tree) -> "Log":
    from hub.proofs import logs  # noqa: PLC0415 - as above

    return {Tree.LEDGER: logs.LEDGER, Tree.AUDIT: logs.AUDIT}[tree]


def _id(wanted: str, tree: Tree) -> UUID | int:
    bad = UsageError("bad-id", "ID", "A UUID is meant, or with --tree audit the number of an entry")
    try:
        found = UUID(wanted) if tree is Tree.LEDGER else int(wanted)
    except ValueError:
        raise bad from None
    if isinstance(found, int) and not 0 <= found < 1 << 63:
        raise bad
    return found


def _sentence(one: "Finding") -> str:
    from hub.proofs.findings import SAID  # noqa: PLC0415 - as above

    subject, said = SAID[one.fault]
    numbers = f" {one.first:,}" + (f" to {one.last:,}" if one.last > one.first else "")
    return f"{subject}{numbers if subject != 'checkpoint' else ''}: {said} [{one.fault}]"


def _verifier(file: Path) -> "Verifier":
    from hub.proofs.note import Verifier  # noqa: PLC0415 - as above

    with _read(file, "--key") as rows:
        return Verifier.of(rows.read(10_000).decode(errors="replace"))


def _earlier(file: Path, verifier: "Verifier") -> "Checkpoint":
    """The checkpoint in a file of its own, or at the head of an export or a receipt; it has to be signed by the key."""
    from hub.proofs.verifying import opened  # noqa: PLC0415 - as above

    with _read(file, "--earlier") as rows:
        first = rows.readline()
        note = opened(first)[1] if first.startswith(b"{") else (first + rows.read(100_000)).decode(errors="replace")
    return verifier.opened(note)


@contextmanager
def _read(file: Path, place: str) -> Iterator[BinaryIO]:
    try:
        opened = file.open("rb")
    except OSError:
        raise UsageError("unreadable-file", place) from None
    with opened:
        yield opened


@asynccontextmanager
async def _acting(act: Act, object: str, details: "dict[str, str | int] | None" = None) -> "AsyncIterator[Database]":  # noqa: A002 - its name in the audit
    from hub.acting import acting  # noqa: PLC0415 - as above
    from hub.clock import now  # noqa: PLC0415 - as above
    from hub.database import connect  # noqa: PLC0415 - as above

    async with (
        connect(settings().database, size=1) as database,
        acting(settings(), database, act, object, now, details),
    ):
        yield database


async def _checkpoint(tree: Tree) -> str:
    from hub.proofs import checkpoints  # noqa: PLC0415 - as above

    async with _acting(_ACTS[tree][0], "checkpoint") as database:
        return (await checkpoints.newest(database, _log(tree))).note


async def _exported(opened: BinaryIO, tree: Tree) -> int:
    from hub.proofs import checkpoints, exporting  # noqa: PLC0415 - as above

    details: dict[str, str | int] = {}
    async with _acting(_ACTS[tree][1], str(tree), details) as database:
        signed = await checkpoints.newest(database, _log(tree))
        async for line in exporting.export(database, signed, progress.every(_EVERY), _log(tree)):
            opened.write(line)
        details["count"] = signed.checkpoint.size
    return signed.checkpoint.size


async def _proved(wanted: UUID | int, tree: Tree) -> tuple[list[bytes], int]:
    from hub.proofs import exporting  # noqa: PLC0415 - as above

    async with _acting(_ACTS[tree][0], str(wanted)) as database:
        return await exporting.receipt(database, wanted, _log(tree))
