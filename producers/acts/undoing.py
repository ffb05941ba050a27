"""異動の取消 and 回復: what a notice recorded is taken back, whole and in reverse, for everybody it touched.

1. The Change is known, and is not itself a cancellation, a first load or a review. 2. It has not been taken back. 3.
It is the latest that stands for each person touched: newer ones are taken back first. 4. A deletion is restored
(EX_OFFICIO_ENTRY), anything else cancelled (EX_OFFICIO_DELETE, EX_OFFICIO_CORRECTION); each names what it `cancels`
(規則11条 is closed, so there is no kind of its own). 5. What is heard by its kind alone is corrected under it: a taken
back 世帯主変更 is an EX_OFFICIO_CORRECTION that names it and a HEAD_CHANGED that carries item 4 of 法7条, because the
中間サーバー hears of no other correction. 6. Afterwards every household concerned has one head, whose name the others
carry, and nobody has a 個人番号 that is somebody else's by now.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from contracts.kinds import kinds
from producers.household import Past, Record, View
from producers.notices import Cancel, Restore
from producers.outbox import Draft
from producers.refusals import NoticeRefused

_TELLS_ONLY = frozenset({"SNAPSHOT", "POPULATION_REVIEW"})
_HEARD_BY_KIND = frozenset({"household", "my_number", "protection"})
_AGAIN = {
    "PROTECTION_STARTED": "PROTECTION_ENDED", "PROTECTION_ENDED": "PROTECTION_STARTED",
    "MY_NUMBER_CHANGE_REQUESTED": "MY_NUMBER_CORRECTED_EX_OFFICIO",
    "MY_NUMBER_ENTERED_EX_OFFICIO": "MY_NUMBER_CORRECTED_EX_OFFICIO",
}  # fmt: skip
"""Under which kind a taken back one is carried, where not under its own."""


def cancel(notice: Cancel, view: View) -> list[Draft]:
    """EX_OFFICIO_DELETE or EX_OFFICIO_CORRECTION for each Change of the notice, the last one first."""
    return _undone(notice, view, deletion=False)


def restore(notice: Restore, view: View) -> list[Draft]:
    """EX_OFFICIO_ENTRY for the deleted, and for the others what undoes their part of it."""
    return _undone(notice, view, deletion=True)


def _undone(notice: Cancel | Restore, view: View, *, deletion: bool) -> list[Draft]:
    recorded = _recorded(view)
    named = next((past for past in recorded if past.id == notice.undoes()), None)
    if named is None:
        raise NoticeRefused("unknown-change", "change")
    _check_kinds(recorded)
    if (named.after is None) != deletion:
        raise NoticeRefused("cancel-instead" if deletion else "restore-instead", "act")
    for resident in {past.resident for past in recorded}:
        _check_latest([past for past in recorded if past.resident == resident], view)
    drafts = [draft for past in reversed(recorded) for draft in _undo(past, notice)]
    _check_households(drafts, view)
    return drafts


def _recorded(view: View) -> list[Past]:
    """What the notice recorded, in its order."""
    known = {past.id: past for history in view.past.values() for past in history}
    return [known[change] for change in view.together if change in known]


def _check_kinds(recorded: Iterable[Past]) -> None:
    if any(past.cancels is not None or past.kind in _TELLS_ONLY for past in recorded):
        raise NoticeRefused("cannot-be-cancelled", "change")


def _check_latest(recorded: Sequence[Past], view: View) -> None:
    """Rules 2 and 3 for one person, with `recorded` of that person."""
    history = view.past[recorded[0].resident]
    cancelled = {past.cancels for past in history}
    if any(past.id in cancelled for past in recorded):
        raise NoticeRefused("already-cancelled", "change")
    standing = [
        past for past in history
        if past.cancels is None and past.id not in cancelled and past.kind not in _TELLS_ONLY
    ]  # fmt: skip
    if standing[-len(recorded):] != [*recorded] or view.record_of(recorded[0].resident) != recorded[-1].after:
        raise NoticeRefused("not-the-latest", "change")


def _undo(past: Past, notice: Cancel | Restore) -> list[Draft]:
    day = (notice.on, notice.notified_on, past.id)
    if past.after is None:
        return [Draft(past.resident, "EX_OFFICIO_ENTRY", None, past.before, *day)]
    if past.before is None:
        return [Draft(past.resident, "EX_OFFICIO_DELETE", past.after, None, *day)]
    if past.after == past.before or kinds()[past.kind].group not in _HEARD_BY_KIND:
        return [Draft(past.resident, "EX_OFFICIO_CORRECTION", past.after, past.before, *day)]
    again = _AGAIN.get(past.kind, past.kind)
    return [
        Draft(past.resident, "EX_OFFICIO_CORRECTION", past.after, past.after, *day),
        Draft(past.resident, again, past.after, past.before, *day),
    ]


def _check_households(drafts: Sequence[Draft], view: View) -> None:
    now: dict[UUID, Record] = {who.resident: who.record for who in view.people.values()}
    for draft in drafts:
        now.pop(draft.resident, None)
        if draft.after is not None:
            now[draft.resident] = draft.after
            if draft.after.get("my_number") is not None:
                view.check_number_free(draft.after["my_number"], draft.resident)
    for household_no in {str(record["household_no"]) for draft in drafts
                         for record in (draft.before, draft.after) if record is not None}:  # fmt: skip
        _check_household([record for record in now.values() if record["household_no"] == household_no])


def _check_household(members: Sequence[Mapping[str, object]]) -> None:
    heads = [record for record in members if record["is_household_head"]]
    named = {record["household_head_name"] for record in members if not record["is_household_head"]}
    if members and (len(heads) != 1 or not named <= {heads[0]["name"]}):
        raise NoticeRefused("household-changed-since", "change")


