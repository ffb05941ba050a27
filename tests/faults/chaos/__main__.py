"""The fault harness: a made-up city at work, faults of many kinds after a seed, an oracle that demands everything.

    python -m tests.faults.chaos --seed 7 --minutes 10 [--json] [--keep] [--plan]

The same seed gives the same schedule (`--plan` prints it and does nothing else). Exit 0 where nothing is lost, 1
otherwise; then, or with --keep, the folder with the logs of all processes stays and is named.
"""

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.chaos import report
from tests.faults.chaos.play import Outcome, play
from tests.faults.chaos.schedule import schedule


def main(arguments: list[str]) -> int:
    """Run one run; the exit code."""
    given = _given(arguments)
    if given.plan:
        sys.stdout.writelines(f"{fault}\n" for fault in schedule(given.seed, given.minutes * 60))
        return 0
    logging.basicConfig(handlers=[logging.NullHandler()])  # pools tell of every connection that a fault has taken
    folder = Path(tempfile.mkdtemp(prefix="juki-chaos-"))
    kept = True
    try:
        outcome = asyncio.run(play(folder, given.seed, given.minutes * 60, _say))
        kept = given.keep or not outcome.well
    finally:
        if kept:
            _say(f"the logs are in {folder}")
        else:
            shutil.rmtree(folder)
    _tell(outcome, as_json=given.json)
    return 0 if outcome.well else 1


def _given(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description="Faults after a seed.")
    parser.add_argument("--seed", type=int, default=7, help="of the schedule and of what the counter files")
    parser.add_argument("--minutes", type=float, default=10.0, help="of faults; start and recovery come on top")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--keep", action="store_true", help="keep the folder also where all is well")
    parser.add_argument("--plan", action="store_true", help="print the schedule and do nothing else")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S}  {text}\n")


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(report.document(outcome)) + "\n")
    else:
        report.shown(outcome)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
