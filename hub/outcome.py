"""How a hand-over ends: Delivered, Deferred or Refused. There is no fourth."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """The counterpart confirmed with a receipt of its own; nothing else counts as delivered.

    `confirmed`: what was read back there besides, such as `erased`; empty where nothing had to be.
    """

    receipt: str
    confirmed: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: the counterpart or the way to it is at fault, not the disclosure. Tried again by itself."""

    code: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not this one: the counterpart read the disclosure and will not have it. Becomes a dead letter."""

    code: str


Outcome = Delivered | Deferred | Refused
