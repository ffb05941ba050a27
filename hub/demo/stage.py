"""The stage: commands of this very program as subprocesses, and the counterparts' own view over HTTP."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hub.errors import AlreadyTold, JukiError

PATIENCE_SECONDS = 60.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """Runs commands with the environment of one data folder."""

    environment: Mapping[str, str]

    def run(self, *arguments: str, given: str = "", token: str = "") -> str:
        """stdout of `jukihub <arguments>`; its stderr goes to the reader, and JukiError follows where it fails.

        `token`: of the person who types it.
        """
        command = [sys.executable, "-m", "hub", *arguments]
        nobody = f"{self.environment['HUB_DATA']}/no-login"  # a login of another house would be refused in this one
        done = subprocess.run(  # noqa: S603 - our own program
            command, input=given, stdout=subprocess.PIPE, text=True, check=False,
            env={**self.environment, "HUB_TOKEN": token, "HUB_TOKEN_FILE": nobody},
        )
        if done.returncode:
            failed = AlreadyTold if done.returncode == AlreadyTold.exit_code else JukiError
            raise failed("step-failed", f"jukihub {' '.join(arguments[:2])}")
        return done.stdout


def asked(url: str) -> Any:
    """The JSON that a counterpart answers; {} where it knows nothing."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback, from our own settings
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return json.load(refused)


def ordered(url: str, fault: Mapping[str, Any]) -> None:
    """Switch a fault of a stand-in."""
    request = urllib.request.Request(url + "/control", data=json.dumps(fault).encode(), method="POST")  # noqa: S310 - as above
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - as above
        pass


def until(look: Callable[[], T], enough: Callable[[T], bool], what: str) -> T:
    """What `look` sees once it is `enough`; JukiError after a minute, naming what was waited for."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not enough(seen := look()):
        if time.monotonic() > end:
            raise JukiError("waited-too-long", what)
        time.sleep(0.1)
    return seen


def lines(text: str) -> Sequence[Any]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def repository() -> Path:
    """The checkout in which infra/ lies beside hub/."""
    return Path(__file__).resolve().parents[2]
