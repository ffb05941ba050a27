"""異動の取消 and 回復: the forms. A Change is named by its id, and all that its notice did is taken back with it."""

from typing import ClassVar, Literal
from uuid import UUID

from producers.notices.form import ChangeId, Decided, ExOfficio


class _Undoing(ExOfficio, Decided):
    looks_back: ClassVar[bool] = True
    change: ChangeId

    def concerns(self) -> list[str]:
        return []

    def undoes(self) -> UUID | None:
        return UUID(self.change)


class Cancel(_Undoing):
    """異動の取消: a 記載 or 修正 that should not have been made."""

    act: Literal["cancel"]


class Restore(_Undoing):
    """回復: somebody whose record should not have been deleted."""

    act: Literal["restore"]
