"""What ends a subscription's work, in one small tree. An error names a place and a closed code, and never a value.

    SubscriptionError        code, place
    ├── Unavailable          the broker does not answer, or not as it should: try again later
    ├── FellBehind           the offset asked for is gone: retention has taken it while it was looked for
    ├── NotVisible           the broker shows this subscriber no such topic: a right, a name or a topic is missing
    ├── RecordRefused        a record that does not belong where it lies, or does not open; nothing behind it is read
    ├── StoreFailed          the subscriber's database failed; SQLSTATE where there is one
    └── ApplyFailed          the subscriber's own `apply` raised; nothing of its transaction counts
"""

from pathlib import Path

from consumers.subscribe.events import Place
from contracts.errors import JukiError


class SubscriptionError(JukiError):
    """Root of what this library raises."""


class Unavailable(SubscriptionError):
    """The broker does not answer. Nothing is lost: call again."""


class NotVisible(SubscriptionError):
    """The broker shows this subscriber no such topic, and would let it wait for ever."""


class FellBehind(SubscriptionError):
    """The offset asked for is not on the topic any more. Whoever follows goes on with the first that is."""


class StoreFailed(SubscriptionError):
    """The subscriber's database failed; nothing of the transaction counts, and calling again begins where it was."""


class AtRecord(SubscriptionError):
    """What one record has stopped. What came before it in its partition is applied, nothing behind it is."""

    def __init__(self, code: str, at: Place, said: str = "") -> None:
        super().__init__(code, " ".join(filter(None, (str(at), said))))
        self.at = at


class RecordRefused(AtRecord):
    """A record that was forged, moved or altered, or that is none. A person decides, and may `pass_over` it."""


class ApplyFailed(AtRecord):
    """`apply` raised. Said are the kind of the exception, SQLSTATE and line, because its text may quote a person."""


def kind(failed: BaseException) -> str:
    """What can be said of somebody else's exception without a value: its kind and its SQLSTATE."""
    state = getattr(failed, "sqlstate", None)
    return f"{type(failed).__name__} {state}" if isinstance(state, str) else type(failed).__name__


def line_below(failed: BaseException) -> str:
    """File and line of the function that whoever caught it had called."""
    below = failed.__traceback__ and failed.__traceback__.tb_next
    return f"{Path(below.tb_frame.f_code.co_filename).name}:{below.tb_lineno}" if below else ""
