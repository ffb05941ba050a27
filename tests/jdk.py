"""A JDK and Maven for tests: a project is built by them once, until something of it changes."""

import os
from pathlib import Path

import pytest

from hub.bench.jvm import program

WITHOUT_JDK = "JUKI_TEST_WITHOUT_JDK"
needs_jdk = pytest.mark.skipif(os.environ.get(WITHOUT_JDK) == "1", reason=f"{WITHOUT_JDK}=1 was asked for")


def java(folder: Path, name: str, *arguments: str) -> list[str]:
    """The command that runs class `name` of the project in `folder`; without a JDK or Maven the test fails, aloud."""
    return [*program(folder, name), *arguments]
