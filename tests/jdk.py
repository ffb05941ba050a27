"""A JDK and Maven for tests: where they are, and a project built by them once, until something of it changes."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

WITHOUT_JDK = "JUKI_TEST_WITHOUT_JDK"
needs_jdk = pytest.mark.skipif(os.environ.get(WITHOUT_JDK) == "1", reason=f"{WITHOUT_JDK}=1 was asked for")
QUICKLY = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For what runs for seconds: a compiler that thinks longer than that is of no use."""


def java(folder: Path, name: str, *arguments: str) -> list[str]:
    """The command that runs class `name` of the project in `folder`, which is built where it is not."""
    _build(folder)
    classpath = f"{folder}/target/classes:{folder}/target/dependency/*"
    return [str(_home() / "bin" / "java"), *QUICKLY, "-cp", classpath, name, *arguments]


def _build(folder: Path) -> None:
    files = [folder / "pom.xml", *sorted((folder / "src").rglob("*.java"))]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    built = folder / "target" / "built"
    with files[0].open("rb") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # two workers of one run want the same
        if built.exists() and built.read_text(encoding="ascii") == wanted:
            return
        shutil.rmtree(folder / "target", ignore_errors=True)
        _maven(folder, "compile", "dependency:copy-dependencies")
        built.write_text(wanted, encoding="ascii")


def _maven(folder: Path, *goals: str) -> None:
    found = shutil.which("mvn")
    assert found, f"no mvn: install Apache Maven; {WITHOUT_JDK}=1 goes without"
    env = {**os.environ, "JAVA_HOME": str(_home()), "MAVEN_OPTS": " ".join(QUICKLY)}
    done = subprocess.run(
        [found, "-q", "-B", *goals], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"Maven builds nothing; {WITHOUT_JDK}=1 goes without: {done.stdout}"


def _home() -> Path:
    """Where the JDK is: the Java that runs the broker may be one that compiles nothing."""
    named, found = os.environ.get("JAVA_HOME"), shutil.which("javac")
    homes = [Path(named)] if named else []
    homes += [Path(found).resolve().parents[1]] if found else []
    home = next((home for home in homes if (home / "bin" / "javac").exists()), None)
    assert home, f"no javac: install a JDK of version 17 or newer; {WITHOUT_JDK}=1 goes without"
    return home
