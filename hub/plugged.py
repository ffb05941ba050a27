"""What a city plugs in of its own: a function of an installed package, named by a setting as `package.module:function`.

Only what a setting names is loaded. What cannot be had is an error of that setting, told before anything begins.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from contracts.identifiers import JuminhyoCheck
from hub.config import Settings
from hub.errors import UsageError


def juminhyo_check(settings: Settings) -> JuminhyoCheck | None:
    """Whether the check digit of a 住民票コード fits: its formula is not public, so without a setting nobody asks."""
    named = settings.juminhyo_check
    return function(named, "HUB_JUMINHYO_CHECK") if named else None


@cache
def function(named: str, setting: str) -> Callable[..., Any]:
    """The function that `setting` names; UsageError (no-such-function) where there is none."""
    module, _, name = named.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not callable(found):
        raise UsageError("no-such-function", setting, "Name it as package.module:function, of a package installed here")
    return found  # type: ignore[no-any-return]
