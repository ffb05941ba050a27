"""The ways of handing over, as data: `via` of a contract -> adapter. Know one, know all.

Every adapter is a module of the same shape: SETTINGS, encode (a Disclosure to the counterpart's message), and read
(the counterpart's answer to an Outcome). Sending is the same for all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
from consumers.adapters.http import Answer, Line, Settings
from consumers.adapters.municipality import MADE_UP, Municipality
from consumers.disclosure import Disclosure
from hub.outcome import Deferred, Outcome, Refused

Form = Callable[[Disclosure, Municipality], dict[str, Any] | Refused]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One way of handing over. `sender`: the municipality that speaks."""

    settings: Settings
    form: Form
    read: Callable[[Answer], Outcome]
    sender: Municipality = MADE_UP

    def encode(self, disclosure: Disclosure) -> dict[str, Any] | Refused:
        """The counterpart's message, or why there can be none."""
        return self.form(disclosure, self.sender)

    async def hand_over(self, line: Line, disclosure: Disclosure) -> Outcome:
        """Encode, send, read the answer. The disclosure's id is the idempotency key."""
        message = self.encode(disclosure)
        if isinstance(message, Refused):
            return message
        answer = await line.send(self.settings, str(disclosure.id), message)
        return answer if isinstance(answer, Deferred) else self.read(answer)

    def spoken_by(self, sender: Municipality) -> "Adapter":
        """The same way, walked by another municipality."""
        return replace(self, sender=sender)


_MODULES: Final = {
    "prefecture": prefecture, "previous-municipality": previous_municipality, "koseki-fuhyo": koseki_fuhyo,
    "jlis-delivery": jlis_delivery, "intermediate-server": intermediate_server,
    "convenience-store": convenience_store, "immigration": immigration,
}  # fmt: skip
ADAPTERS: Final[Mapping[str, Adapter]] = MappingProxyType(
    {via: Adapter(module.SETTINGS, module.encode, module.read) for via, module in _MODULES.items()}
)
"""Every way, spoken by a made-up municipality; a process has its own speak."""
