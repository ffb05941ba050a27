"""Java programs to measure against: a project of Maven, built once until something of it changes, and its command."""

import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from hub.config import inherited
from hub.errors import DependencyUnavailable

QUICKLY = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For what runs for seconds: a compiler that thinks longer than that is of no use."""


def program(folder: Path, name: str, options: Sequence[str] = QUICKLY) -> list[str]:
    """The command that runs class `name` of the project in `folder`, which is built where it is not."""
    _build(folder)
    classpath = f"{folder}/target/classes:{folder}/target/dependency/*"
    return [str(home() / "bin" / "java"), *options, "-cp", classpath, name]


def _build(folder: Path) -> None:
    files = [folder / "pom.xml", *sorted(file for file in (folder / "src").rglob("*") if file.is_file())]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    built = folder / "target" / "built"
    with files[0].open("rb") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # two at a time may want the same
        if built.exists() and built.read_text(encoding="ascii") == wanted:
            return
        shutil.rmtree(folder / "target", ignore_errors=True)
        _maven(folder, "compile", "dependency:copy-dependencies")
        built.write_text(wanted, encoding="ascii")


def _maven(folder: Path, *goals: str) -> None:
    found = shutil.which("mvn")
    if found is None:
        raise DependencyUnavailable("no-maven", str(folder), "Install Apache Maven (Debian: maven)")
    environment = {**inherited(), "JAVA_HOME": str(home()), "MAVEN_OPTS": " ".join(QUICKLY)}
    done = subprocess.run(  # noqa: S603 - goals of ours
        [found, "-q", "-B", *goals], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        log = folder / "target" / "maven.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise DependencyUnavailable("maven-failed", str(folder), f"Maven could not build it; read {log}")


def home() -> Path:
    """Where the JDK is: the Java that runs the broker may be one that compiles nothing."""
    named, found = inherited().get("JAVA_HOME"), shutil.which("javac")
    homes = [Path(named)] if named else []
    homes += [Path(found).resolve().parents[1]] if found else []
    for there in homes:
        if (there / "bin" / "javac").exists():
            return there
    remedy = "Install a JDK of version 17 or newer (Debian: openjdk-17-jdk-headless)"
    raise DependencyUnavailable("no-jdk", "javac", remedy)
