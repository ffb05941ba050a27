"""The digests of a copy that is kept by other means: `python -m consumers.subscribe digests …`, stdin to stdout.

    psql -XAtc "SELECT told FROM residents" |
        python -m consumers.subscribe digests welfare --key welfare.key --named-by atena_no --names NAMES > first.json
    jukihub drift welfare --key welfare.key --theirs first.json        # the hub's side: which buckets differ
    …the same with --buckets 3f,a1 > second.json, and once more the hub's side: who differs

One JSON object per line: what a resident was told last, as the payload of a token has it or the columns of a file.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from consumers.subscribe.digesting import Compared, document
from consumers.subscribe.errors import SubscriptionError


def main(arguments: Sequence[str], lines: IO[str], out: IO[bytes], taken_at: datetime) -> None:
    """Read the copy, write its digests."""
    said = _parser().parse_args(arguments)
    compared = Compared(said.contract, said.named_by, tuple(said.names.split(",")))
    read = {int(part): int(seq) for part, seq in json.loads(said.read).items()} if said.read else None
    out.write(document(compared, _key(said.key), _lines(lines), taken_at, read, _listed(said.buckets)) + b"\n")


def _parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="consumers.subscribe", description="The digests of a copy, out of its lines")
    digests = whole.add_subparsers(required=True).add_parser("digests")
    digests.add_argument("contract")
    digests.add_argument("--key", type=Path, required=True, help="the digests' key, 64 hexadecimal digits")
    digests.add_argument("--named-by", required=True, help="the contract's identifier (atena_no), or: resident")
    digests.add_argument("--names", required=True, help="what is compared: items or columns, with commas between")
    digests.add_argument("--buckets", default="", help="those that the hub has named, with commas between")
    digests.add_argument("--read", default="", help='the last number of each partition: {"0": 812}')
    return whole


def _key(file: Path) -> bytes:
    try:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise SubscriptionError("no-key", file.name) from None


def _lines(lines: IO[str]) -> Iterator[Any]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _object(line, number)


def _object(line: str, number: int) -> Any:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise SubscriptionError("not-an-object", f"line {number}") from None
    return read


def _listed(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


if __name__ == "__main__":
    try:
        main(sys.argv[1:], sys.stdin, sys.stdout.buffer, datetime.now(UTC))
    except SubscriptionError as refused:
        sys.exit(f"refused: {refused}")
