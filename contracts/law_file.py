"""One table of a file of the law that a Book's own folder may replace: read in its form, or refused by its place."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from contracts.errors import JukiError

Form = TypeVar("Form")


def found(shipped: Path, folder: Path | None) -> Path:
    """The file of this name in the law of `folder` where it has one, else the shipped one."""
    own = folder / "law" / shipped.name if folder else shipped
    return own if own.exists() else shipped


def table(file: Path, name: str, form: TypeAdapter[Form], code: str) -> Form:
    """The table `name` of `file`; JukiError under `code` that names the places where it is not as it should be."""
    try:
        return form.validate_python(tomllib.loads(file.read_text(encoding="utf-8"))[name])
    except ValidationError as refused:
        places = ", ".join(".".join(map(str, error["loc"])) for error in refused.errors(include_input=False))
        raise JukiError(code, f"{file.name}: {places}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError):
        raise JukiError(code, file.name) from None
