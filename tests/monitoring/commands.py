"""Whether a line that people are told to type is a command that does something, with options that it has."""

import shlex
from functools import cache
from typing import Any

import typer

from hub.cli import build


@cache
def _whole() -> Any:
    return typer.main.get_command(build([]))


def not_to_be_typed(line: str) -> str | None:
    """What is wrong with `jukihub …`: no such command, a group that only shows its help, an unknown option. Or None."""
    first, *words = shlex.split(line)
    if first != "jukihub":
        return f"{first} is not ours"
    command, left = _whole(), [*words]
    while getattr(command, "commands", None) is not None:
        if not left or (found := command.commands.get(left.pop(0))) is None:
            return f"no command: {line}"
        command = found
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    strange = [word for word in left if word.startswith("-") and word != "-" and word not in known]
    return f"no option {strange[0]}: {line}" if strange else None
