"""The ways of handing over, as data: `via` of a contract -> adapter. Know one, know all.

Every adapter is a module of the same shape: SETTINGS, encode (a Disclosure to the counterpart's message), and read
(the counterpart's answer to an Outcome). Sending is the same for all of them. Where one message is not all, the module
has more: `before` (what must stand there before the message goes), `after` (what is read back once it was taken), and
`rest` (how long a disclosure rests because the counterpart's day has ended), and COUNT (how it is asked how many
records it holds).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from consumers.adapters import (
    convenience_store,
    immigration,
    intermediate_server,
    jlis_delivery,
    koseki_fuhyo,
    prefecture,
    previous_municipality,
)
from consumers.adapters.hours import ALWAYS, Hours
from consumers.adapters.http import Answer, Line, Settings
from consumers.adapters.municipality import MADE_UP, Municipality
from consumers.disclosure import Disclosure
from hub.errors import TokenRefused
from hub.outcome import Deferred, Delivered, Outcome, Refused

Form = Callable[[Disclosure, Municipality], dict[str, Any] | Refused]
Before = Callable[[Line, Disclosure, dict[str, Any]], Awaitable[Deferred | Refused | None]]
After = Callable[[Line, Disclosure, dict[str, Any], Delivered], Awaitable[Outcome]]
Rest = Callable[[Disclosure, Hours, datetime], float]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One way of handing over. `sender`: the municipality that speaks; `hours`: those of the counterpart's day."""

    settings: Settings
    form: Form
    read: Callable[[Answer], Outcome]
    sender: Municipality = MADE_UP
    before: Before | None = None
    after: After | None = None
    rest: Rest | None = None
    count: Settings | None = None
    hours: Hours = ALWAYS

    def encode(self, disclosure: Disclosure) -> dict[str, Any] | Refused:
        """The counterpart's message, or why there can be none."""
        return self.form(disclosure, self.sender)

    async def hand_over(self, line: Line, disclosure: Disclosure) -> Outcome:
        """Encode, send, read the answer. The disclosure's id is the idempotency key."""
        message = self.encode(disclosure)
        if isinstance(message, Refused):
            return message
        try:
            return await self._said(line, disclosure, message)
        except TokenRefused as refused:  # what lay under the seal can be told to nobody
            return Refused(refused.code)

    async def _said(self, line: Line, disclosure: Disclosure, message: dict[str, Any]) -> Outcome:
        if self.before and (stopped := await self.before(line, disclosure, message)):
            return stopped
        answer = await line.send(self.settings, str(disclosure.id), message)
        outcome = answer if isinstance(answer, Deferred) else self.read(answer)
        if self.after and isinstance(outcome, Delivered):
            return await self.after(line, disclosure, message, outcome)
        return outcome

    def resting(self, disclosure: Disclosure, now: datetime) -> float:
        """For how many seconds `disclosure` is not handed over, because the counterpart takes none of its kind now."""
        return self.rest(disclosure, self.hours, now) if self.rest else 0.0

    def spoken_by(self, sender: Municipality) -> "Adapter":
        """The same way, walked by another municipality."""
        return replace(self, sender=sender)

    def within(self, hours: Hours) -> "Adapter":
        """The same way, to a counterpart with other hours."""
        return replace(self, hours=hours)


_MODULES: Final = {
    "prefecture": prefecture, "previous-municipality": previous_municipality, "koseki-fuhyo": koseki_fuhyo,
    "jlis-delivery": jlis_delivery, "intermediate-server": intermediate_server,
    "convenience-store": convenience_store, "immigration": immigration,
}  # fmt: skip
ADAPTERS: Final[Mapping[str, Adapter]] = MappingProxyType(
    {
        via: Adapter(
            module.SETTINGS, module.encode, module.read, before=getattr(module, "before", None),
            after=getattr(module, "after", None), rest=getattr(module, "rest", None),
            count=getattr(module, "COUNT", None),
        ) for via, module in _MODULES.items()
    }
)
"""Every way, spoken by a made-up municipality; a process has its own speak."""
