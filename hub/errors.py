"""Every error of the hub, in one small tree. An error names a place and a closed code, and never a value.

    JukiError                     code, place; exit 1
    ├── ChangeRefused             a Change that the door does not let in                          (contracts.errors)
    ├── BookRefused               contracts that the law does not support, all findings at once   (contracts.errors)
    ├── UsageError                a command or a setting that cannot be meant                     exit 2
    ├── ApprovalRequired          an act that needs a second person                       exit 4
    ├── NotPermitted              an act that the caller may not do                               exit 5
    ├── DependencyUnavailable     broker, database, Java, Maven …: with what to do about it       exit 6
    │   └── AlreadyTold           the same, where a child of ours has said so to the same people
    ├── ProduceFailed             a batch was not acknowledged: nothing of the transaction counts
    ├── Fenced                    somebody else owns this slot now: leave it to them
    ├── Contested                 somebody else took over at the same moment: look again, then begin again
    ├── TokenRefused              a sealed value that does not belong where it lies, or does not open
    │   └── KeyDestroyed          the same, for good: its key was destroyed by order of two persons
    └── DatabaseError             SQLSTATE alone, because PostgreSQL quotes values

Those with an exit code of their own are Advised: they may also say what to do.
"""

from contracts.errors import BookRefused, ChangeRefused, JukiError


class Advised(JukiError):
    """Where `remedy` is given, it says to people what to do: a sentence without its full stop, and without a value."""

    def __init__(self, code: str, place: str = "", remedy: str = "") -> None:
        super().__init__(code, place)
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{super().__str__()}. {self.remedy}" if self.remedy else super().__str__()


class UsageError(Advised):
    """A command or a setting that cannot be meant."""

    exit_code = 2


class ApprovalRequired(Advised):
    """An act that a second person has to approve."""

    exit_code = 4


class NotPermitted(Advised):
    """An act that the caller may not do."""

    exit_code = 5


class DependencyUnavailable(Advised):
    """Something the hub needs is not there; `place` names it, `remedy` says what to do."""

    exit_code = 6


class AlreadyTold(DependencyUnavailable):
    """A child that shares our stderr has said what is missing; to say more would only hide it."""


class ProduceFailed(JukiError):
    """At least one batch was not acknowledged."""


class Fenced(JukiError):
    """Another producer with our transactional id has started."""


class Contested(JukiError):
    """Another process took over at the same moment; nothing of ours was done."""


class TokenRefused(JukiError):
    """A sealed value that does not belong where it lies, or does not open."""


class KeyDestroyed(TokenRefused):
    """A sealed value that nobody will ever open again, because its key was destroyed by order."""


class DatabaseError(JukiError):
    """A statement failed; `code` is `sqlstate-XXXXX`."""


PASSING = (ProduceFailed, DependencyUnavailable, DatabaseError, Contested)
"""What is over once broker and database answer again: a process waits and begins anew, and does not end."""

__all__ = [
    "PASSING",
    "AlreadyTold",
    "ApprovalRequired",
    "BookRefused",
    "ChangeRefused",
    "Contested",
    "DatabaseError",
    "DependencyUnavailable",
    "Fenced",
    "JukiError",
    "KeyDestroyed",
    "NotPermitted",
    "ProduceFailed",
    "TokenRefused",
    "UsageError",
]
