"""What a reviewer has to look at in a week of the audit, by ten rules. Pure: entries in, findings out.

1. *out-of-hours*: a person did or tried something while the office is closed; acts of timers may be excepted by name.
2. *spike*: a person did more than `floor` and more than `factor` times their own usual week. Usual is the median of
   those of the weeks before in which they did anything: one wild week does not become the measure for the next.
3. *same-pair*: one person has approved more of another one's requests than `at_most`.
4. *without-case*: an act that needs a case was done or tried without one, or with words that have not its form.
5. *reveal*: an act that shows residents was done; all of them are listed. `records`: of how many.
6. *sign-in-refused*: a password was wrong, `at_least` so often; or a token that no longer counts was used, once: of
   those one an hour is noted, however often it is tried.
7. *beyond-duty*: somebody tried what their duties do not allow, or to be the second person to themselves.
8. *in-no-tree*: entries that were written while the trigger was off which makes them leaves.
9. *cut-off*: an act began and has no end: its process was killed, before the effect or after it. Like one that was
   interrupted it counts as done for the rules above, because it may have been.
10. *another-time*: entries that were written in this week and say another time than the database's clock, by more than
   ten minutes; so one that is dated into a week that is signed is listed in the week in which it was written.

A finding names accounts and entries, and nothing that those say. What processes do is no person's act and not judged.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from statistics import median
from types import MappingProxyType
from typing import Any, Final

from contracts.change import JAPAN
from hub.acting import INTERRUPTED
from hub.audit import BEGUN, DONE, Noted
from hub.auditing.policy import Policy
from hub.people import Act
from hub.watching.judging import works
from hub.watching.policy import Office

APPROVES: Final[Mapping[Act, tuple[Act, ...]]] = {
    Act.LETTERS_DISCARD_APPROVE: (Act.LETTERS_DISCARD, Act.LETTERS_CORRECT),
    Act.REPLAY_APPROVE: (Act.REPLAY_PLAN,),
    Act.QUARANTINE_RELEASE_APPROVE: (Act.QUARANTINE_RELEASE,),
    Act.ATENA_CORRECT_APPROVE: (Act.ATENA_CORRECT,),
    Act.ERASURE_APPROVE: (Act.ERASURE,),
    Act.RECALL_APPROVE: (Act.RECALL_PLAN,),
    Act.KEK_ROTATE_APPROVE: (Act.KEK_ROTATE,),
    Act.KEK_DESTROY_APPROVE: (Act.KEK_DESTROY,),
    Act.CLIENTS_REGISTER_APPROVE: (Act.CLIENTS_REGISTER,),
    Act.TELL_AGAIN_APPROVE: (Act.TELL_AGAIN,),
    Act.TRANSFER_APPROVE: (Act.TRANSFER_ASK,),
    Act.COPIES_ERASE_APPROVE: (Act.COPIES_ERASE,),
    Act.COPIES_RELOAD_END: (Act.COPIES_RELOAD,),
}
"""Each act that approves, and by which acts that is asked for; the object of the one is the id that the other made."""

_SIGN_IN: Final = frozenset({Act.SELF_LOGIN, Act.SELF_PASSWORD})
_NO_LONGER: Final = frozenset({"token-expired", "token-revoked", "account-retired"})
_BEYOND: Final = frozenset({"duty-missing", "second-person-is-the-first", "terminal-not-allowed"})
NEVER_BEGUN: Final = _NO_LONGER | {"duty-missing"}
"""By these an act is refused before its beginning is noted: they are no end of one that has begun."""


class Kind(StrEnum):
    """What can be found; in the order of the rules."""

    OUT_OF_HOURS = "out-of-hours"
    SPIKE = "spike"
    SAME_PAIR = "same-pair"
    WITHOUT_CASE = "without-case"
    REVEAL = "reveal"
    SIGN_IN_REFUSED = "sign-in-refused"
    BEYOND_DUTY = "beyond-duty"
    IN_NO_TREE = "in-no-tree"
    CUT_OFF = "cut-off"
    ANOTHER_TIME = "another-time"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. `who`: accounts, the one who asked first; `entries`: their numbers in the audit."""

    kind: Kind
    who: tuple[str, ...]
    entries: tuple[int, ...]
    said: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"kind": self.kind, "who": list(self.who), "count": len(self.entries),
                "entries": list(self.entries), **self.said}  # fmt: skip


def is_open(at: datetime, office: Office) -> bool:
    """Whether the office is open at that moment."""
    there = at.astimezone(JAPAN)
    return works(there.date(), office) and office.first <= there.hour < office.end


class Judged:
    """One week, entry by entry; then `findings`. It holds numbers of entries, so a long week costs little."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._form = re.compile(policy.cases.form)
        self._found: dict[tuple[Kind, str], list[int]] = defaultdict(list)
        self._records: dict[str, int] = defaultdict(int)
        self._done: dict[str, list[int]] = defaultdict(list)
        self._approved: dict[str, tuple[str, int]] = {}
        self._open: dict[tuple[str, Act, str], list[Noted]] = defaultdict(list)
        self._came_too_late: set[str] = set()

    @property
    def unended(self) -> Sequence[int]:
        """What began and has no end as yet."""
        return [one.id for several in self._open.values() for one in several]

    @property
    def approved(self) -> Sequence[str]:
        """The ids of what was approved in this week."""
        return [*self._approved]

    def add(self, one: Noted) -> None:
        """The next entry."""
        if one.entry.person is None:
            return
        begun = self._open[one.name, one.entry.act, one.entry.object]
        if one.entry.code == BEGUN:
            begun.append(one)
            return
        if begun and one.entry.code not in NEVER_BEGUN:
            begun.pop()
        self._judge(one, one.entry.code in {DONE, INTERRUPTED})

    def over(self, ended_later: Iterable[int] = ()) -> None:
        """No entry comes any more: what began and has not ended, also not after the week, was cut off."""
        later = frozenset(ended_later)
        for one in sorted((one for several in self._open.values() for one in several), key=lambda one: one.id):
            if one.id not in later:
                self._found[Kind.CUT_OFF, one.name].append(one.id)
                self._judge(one, True)
        self._open.clear()

    def _judge(self, one: Noted, done: bool) -> None:
        for kind in _kinds(one, done, self._policy, self._form):
            self._found[kind, one.name].append(one.id)
            if kind is Kind.REVEAL:
                self._records[one.name] += int(one.entry.details.get("count", 1))
        if one.entry.code in _NO_LONGER:
            self._came_too_late.add(one.name)
        if done:
            self._done[one.name].append(one.id)
            if one.entry.act in APPROVES:
                self._approved.setdefault(one.entry.object, (one.name, one.id))

    def findings(
        self, usual: Mapping[str, Sequence[int]], askers: Mapping[str, str], in_no_tree: Sequence[int] = (),
        another_time: Mapping[str, Sequence[int]] = MappingProxyType({}),
    ) -> list[Finding]:  # fmt: skip
        """By kind and account. `usual`: how much each did in the weeks before; `askers`: id -> who asked for it."""
        self.over()
        few = self._policy.sign_ins.at_least
        alone = [
            Finding(kind, (who,), tuple(ids), {"records": self._records[who]} if kind is Kind.REVEAL else {})
            for (kind, who), ids in self._found.items()
            if kind is not Kind.SIGN_IN_REFUSED or len(ids) >= few or who in self._came_too_late
        ]  # fmt: skip
        loose = [Finding(Kind.IN_NO_TREE, (), tuple(in_no_tree))] if in_no_tree else []
        dated = [Finding(Kind.ANOTHER_TIME, (who,), tuple(ids)) for who, ids in another_time.items()]
        every = [*alone, *self._spikes(usual), *self._pairs(askers), *loose, *dated]
        return sorted(every, key=lambda one: ([*Kind].index(one.kind), one.who))

    def _spikes(self, usual: Mapping[str, Sequence[int]]) -> Iterable[Finding]:
        rule = self._policy.spike
        for who, ids in self._done.items():
            own = median([count for count in usual.get(who, ()) if count] or [0])
            if len(ids) > max(rule.floor, rule.factor * own):
                yield Finding(Kind.SPIKE, (who,), tuple(ids), {"usual": own})

    def _pairs(self, askers: Mapping[str, str]) -> Iterable[Finding]:
        both: dict[tuple[str, str], list[int]] = defaultdict(list)
        for what, (who, number) in self._approved.items():
            if what in askers:
                both[askers[what], who].append(number)
        for pair, ids in both.items():
            if len(ids) > self._policy.pairs.at_most:
                yield Finding(Kind.SAME_PAIR, pair, tuple(ids))


def _kinds(one: Noted, done: bool, policy: Policy, form: re.Pattern[str]) -> Iterable[Kind]:
    entry = one.entry
    if entry.act not in policy.hours.any_time and not is_open(entry.at, policy.office):
        yield Kind.OUT_OF_HOURS
    if entry.act in policy.cases.acts and not _has_case(one, policy, form):
        yield Kind.WITHOUT_CASE
    if done and entry.act in policy.reveals.acts:
        yield Kind.REVEAL
    if entry.code in _NO_LONGER or (entry.act in _SIGN_IN and not done):
        yield Kind.SIGN_IN_REFUSED
    if entry.code in _BEYOND:
        yield Kind.BEYOND_DUTY


def _has_case(one: Noted, policy: Policy, form: re.Pattern[str]) -> bool:
    said = [str(one.entry.details.get(key, "")).strip() for key in policy.cases.acts[one.entry.act]]
    return any(word and form.search(word) for word in said)
