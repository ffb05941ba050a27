"""`jukihub` with a clock that can be made to jump: `python clocked.py FILE run router …`; FILE holds seconds.

The processes take their clock as an argument from one place each; here that place is given another one. The ledger has
no clock, and the operating system's own is nobody's to turn here.
"""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from consumers import process
from hub import cli, run
from producers import relay_process
from producers.relay import Relay


def main() -> None:
    """Run the command line after the file's name."""
    file = Path(sys.argv.pop(1))

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=jump(file))

    run.now = process.now = now
    vars(relay_process)["Relay"] = partial(Relay, clock=now)
    cli.main()


def jump(file: Path) -> float:
    """By how many seconds the clock is wrong."""
    try:
        return float(file.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0.0


if __name__ == "__main__":
    main()
