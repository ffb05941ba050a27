"""The hours of a counterpart's day, by the clock of Japan. Pure: the time is passed in."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from contracts.change import JAPAN
from hub.errors import UsageError

_FORM: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` to `closes`, every day; the same time twice is round the clock."""

    opens: time
    closes: time

    def until_open(self, now: datetime) -> timedelta:
        """How long it is until the counterpart opens; nothing while it is open."""
        here = now.astimezone(JAPAN)
        if self._is_open(here.time()):
            return timedelta()
        opening = here.replace(hour=self.opens.hour, minute=self.opens.minute, second=0, microsecond=0)
        return (opening if opening > here else opening + timedelta(days=1)) - here

    def _is_open(self, at: time) -> bool:
        if self.opens < self.closes:
            return self.opens <= at < self.closes
        return self.opens == self.closes or at >= self.opens or at < self.closes


ALWAYS: Final = Hours(time(0), time(0))
STORE: Final = Hours(time(6, 30), time(23))
"""コンビニ交付: 6:30 to 23:00."""


def hours(said: str, where: str) -> Hours:
    """`HH:MM-HH:MM`; UsageError names the setting."""
    found = _FORM.fullmatch(said)
    if found is None:
        raise UsageError("bad-setting", where, "HH:MM-HH:MM, by the clock of Japan")
    first, second, third, fourth = map(int, found.groups())
    return Hours(time(first, second), time(third, fourth))
