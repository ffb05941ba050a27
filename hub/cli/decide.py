"""`jukihub decide`: the pure decision on its own. Changes in, disclosures out, line by line; no server.

A line that is no valid Change is told on stderr by number, code and place, never by value, and the next line is
answered. However long a line is, no more than 64 KiB of it are held.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, BinaryIO, Final

import orjson
import typer

from contracts.change import Change, parse
from contracts.contract import Contract
from contracts.decide import Disclosure, Silence, decide
from contracts.door import MAX_BYTES
from contracts.errors import ChangeRefused
from hub.cli.shared import Folder, book, day_of
from hub.errors import UsageError

PARTIAL: Final = 3


def commands(app: typer.Typer, _run: typer.Typer) -> None:
    """Register `jukihub decide`."""
    app.command("decide")(run)


Day = Annotated[str | None, typer.Option(metavar="DATE", help="day of decision; else each change's day of recording")]
Names = Annotated[list[str] | None, typer.Option(metavar="NAME", help="only this contract; repeatable")]


def run(
    on: Day = None,
    silences: Annotated[bool, typer.Option("--silences", help="also say who is not told, and why")] = False,
    contract: Names = None,
    contracts: Folder = None,
) -> None:
    """Decide who is told what.

    \b
    Examples:
      jukihub decide < changes.jsonl > disclosures.jsonl
      jukihub decide --silences --contract prefecture --on 2026-04-02 < changes.jsonl

    One Change per line on stdin; on stdout one line for each change and contract told, sorted by contract. A line that
    is no valid Change is named on stderr, and the exit code is 3.
    """
    day = None if on is None else day_of(on)
    chosen = _chosen(book(contracts).contracts, contract or [])
    try:
        partial = _answer_all(sys.stdin.buffer, sys.stdout.buffer, chosen, day, silences)
    except BrokenPipeError:
        _close_quietly()
        return
    if partial:
        raise typer.Exit(PARTIAL)


def _answer_all(given: BinaryIO, out: BinaryIO, contracts: list[Contract], on: date | None, silences: bool) -> bool:
    """Answer every line of `given`; True where at least one was refused."""
    refused = False
    for number, line in lines(given):
        try:
            change = parse(line)
        except ChangeRefused as objection:
            refused = True
            typer.echo(f"line {number}: {objection.code}{objection.place and ' at '}{objection.place}", err=True)
            continue
        out.write(b"".join(answers(change, contracts, on or change.day, silences)))
        out.flush()
    return refused


def lines(given: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each line that is not blank. A line over 64 KiB is cut, still too long for the door."""
    number = 0
    while line := given.readline(MAX_BYTES + 2):
        number += 1
        cut = len(line) > MAX_BYTES + 1 and not line.endswith(b"\n")
        if cut:
            _skip_rest(given, line)
        if cut or not line.isspace():  # what a blank piece was cut from may not be blank
            yield number, line.removesuffix(b"\n")


def _skip_rest(given: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = given.readline(MAX_BYTES)


def answers(change: Change, contracts: list[Contract], on: date, silences: bool) -> Iterator[bytes]:
    """One line of JSON for each contract that is told, and with `silences` for each that is not."""
    for contract in contracts:
        outcome = decide(change, contract, on)
        if isinstance(outcome, Disclosure):
            yield _line(_disclosed(change, contract, outcome))
        elif silences:
            yield _line(_silent(change, contract, outcome))


def _disclosed(change: Change, contract: Contract, told: Disclosure) -> dict[str, object]:
    line: dict[str, object] = {
        "change": change.id, "contract": contract.id, "state": told.state, "items": told.items
    }  # fmt: skip
    return line if told.protected is None else {**line, "protected": told.protected}


def _silent(change: Change, contract: Contract, silence: Silence) -> dict[str, object]:
    return {"change": change.id, "contract": contract.id, "silence": silence.reason}


def _line(answer: dict[str, object]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)


def _chosen(contracts: Mapping[str, Contract], names: list[str]) -> list[Contract]:
    for name in names:
        if name not in contracts:
            raise UsageError("unknown-contract", "--contract")
    return [contract for name, contract in contracts.items() if not names or name in names]


def _close_quietly() -> None:
    """Nobody reads on: what is still buffered goes nowhere, and Python's own farewell stays silent."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
