"""The ways of handing over, as data: `via` of a contract -> adapter. Know one, know all.

Every adapter is a module of the same shape: SETTINGS, encode (a Disclosure to the counterpart's message), and read
(the counterpart's answer to an Outcome). Sending is the same for all of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from consumers.adapters import convenience_store, intermediate_server, prefecture
from consumers.adapters.http import Answer, Line, Settings
from consumers.disclosure import Disclosure
from hub.outcome import Deferred, Outcome, Refused


@dataclass(frozen=True, slots=True)
class Adapter:
    """One way of handing over."""

    settings: Settings
    encode: Callable[[Disclosure], dict[str, Any] | Refused]
    read: Callable[[Answer], Outcome]

    async def hand_over(self, line: Line, disclosure: Disclosure) -> Outcome:
        """Encode, send, read the answer. The disclosure's id is the idempotency key."""
        message = self.encode(disclosure)
        if isinstance(message, Refused):
            return message
        answer = await line.send(self.settings, str(disclosure.id), message)
        return answer if isinstance(answer, Deferred) else self.read(answer)


ADAPTERS: Final[Mapping[str, Adapter]] = MappingProxyType({
    "prefecture": Adapter(prefecture.SETTINGS, prefecture.encode, prefecture.read),
    "intermediate-server": Adapter(intermediate_server.SETTINGS, intermediate_server.encode, intermediate_server.read),
    "convenience-store": Adapter(convenience_store.SETTINGS, convenience_store.encode, convenience_store.read),
})  # fmt: skip
