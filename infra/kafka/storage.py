"""The broker's folder before its first start: settings, cluster id, and the one user that is there from the beginning.

Kafka's StorageTool takes the first user's password on its command line and prints it. Neither is seen by anybody: its
arguments are read from a file of its owner alone (`@file`), which is removed afterwards, and its output goes nowhere.
"""

import base64
import secrets as random
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from string import Template

from certificates import write_private

from hub.errors import DependencyUnavailable

HERE = Path(__file__).resolve().parent
SINGLE = HERE / "server.properties.template"
SEVERAL = HERE / "cluster.properties.template"
"""What a node of a cluster has otherwise."""


def overlaid(base: str, over: str) -> str:
    """Two files of settings as one: what `over` sets, it sets in the place of `base`."""
    again = set(_names(over))
    kept = [line for line in base.splitlines() if not (again & set(_names(line)))]
    return "\n".join([*kept, "", *over.splitlines(), ""])


def _names(text: str) -> list[str]:
    """What is set in `text`; a line that continues the one before begins with a space and sets nothing."""
    return [line.split("=", 1)[0] for line in text.splitlines() if "=" in line and line[0] not in "# "]


def write_settings(data: Path, secrets: Path, template: str, names: Mapping[str, object]) -> Path:
    """`server.properties` of this start: `template` with its names filled in."""
    filled = Template(template).substitute(names, log_dir=data / "log", secrets=secrets)
    file = data / "server.properties"
    write_private(file, filled.encode())
    return file


def formatted(data: Path) -> bool:
    """Whether `data` holds a broker's log already."""
    return (data / "log" / "meta.properties").exists()


def password(secrets: Path, name: str) -> str:
    """The password called `name`, made where there is none yet."""
    file = secrets / f"{name}.password"
    if not file.exists():
        write_private(file, random.token_urlsafe(32).encode())
    return file.read_text(encoding="ascii")


def format_log(data: Path, secrets: Path, java: list[str], settings: Path, cluster: str) -> None:
    """Make an empty log of the cluster with the id `cluster`, which knows the user `admin`."""
    arguments = data / ".format"
    user = f"SCRAM-SHA-512=[name=admin,password={password(secrets, 'admin')}]"
    lines = ["format", "--config", str(settings), "--cluster-id", cluster, "--ignore-formatted", "-S", user]
    write_private(arguments, "\n".join(lines).encode())
    try:
        done = subprocess.run(
            [*java, "kafka.tools.StorageTool", f"@{arguments}"],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        arguments.unlink()
    if done.returncode or not formatted(data):
        raise DependencyUnavailable(
            "format-failed",
            str(data),
            ("Kafka's StorageTool could not prepare this folder; its output is withheld because it prints credentials"),
        )


def cluster_id() -> str:
    """A random uuid as Kafka writes it; never with a dash in front, which would be taken for an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
