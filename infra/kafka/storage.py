"""The broker's folder before its first start: settings, cluster id, and the one user that is there from the beginning.

Kafka's StorageTool takes the first user's password on its command line and prints it. Neither is seen by anybody: its
arguments are read from a file of its owner alone (`@file`), which is removed afterwards, and its output goes nowhere.
"""

import base64
import secrets as random
import subprocess
import uuid
from pathlib import Path
from string import Template

from certificates import write_private

from hub.errors import DependencyUnavailable

HERE = Path(__file__).resolve().parent


def write_settings(data: Path, secrets: Path, port: int, controller_port: int) -> Path:
    """`server.properties` of this start, from the template beside this file."""
    template = Template((HERE / "server.properties.template").read_text(encoding="utf-8"))
    filled = template.substitute(log_dir=data / "log", secrets=secrets, port=port, controller_port=controller_port)
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


def format_log(data: Path, secrets: Path, java: list[str], settings: Path) -> None:
    """Make an empty log that knows the user `admin`."""
    arguments = data / ".format"
    user = f"SCRAM-SHA-512=[name=admin,password={password(secrets, 'admin')}]"
    lines = ["format", "--config", str(settings), "--cluster-id", _cluster_id(), "--ignore-formatted", "-S", user]
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


def _cluster_id() -> str:
    """A random uuid as Kafka writes it; never with a dash in front, which would be taken for an option."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
