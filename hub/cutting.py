"""From decisions to what the kernel cuts and seals: records, each encoded once, and what each contract is told of them.

A decision is taken once for the same facts: `outcome` sees nothing else of a change, so it cannot differ for another.
Most contracts are told the same values, each of its own items; their disclosures are cut from one common record. Who is
told other ones (left the population, or told of a kind that it does not hear) has a record of its own. Nothing is ever
removed from a record: a wording names what is copied.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from contracts.change import Change
from contracts.contract import Contract
from contracts.decide import NOT_IN_FORCE, Facts, Silence, Told, derived_of, is_common, outcome, subject, values
from hub.intake import Accepted
from hub.kernel.form import Row, Source, Wording

REMEMBERED: Final = 10_000
"""Facts whose decisions are remembered: ages, kinds and altered items, of nobody in particular."""

WORDED: Final = 50
"""Wordings per contract: a few, but that each order of a 随時移転 has its own."""


class Answer(NamedTuple):
    """That one contract is told, and how: its place in the Book, what it is told, the place of its wording."""

    contract: int
    told: Told
    wording: int
    common: bool


class Answers(NamedTuple):
    """What all contracts are told where the facts are these, and why the others are not."""

    told: tuple[Answer, ...]
    silences: tuple[tuple[str, str], ...]


class Decisions:
    """The decisions of a Book on one day of routing, each taken once. `wordings`: by the place of a contract."""

    def __init__(self, contracts: Sequence[Contract], today: date) -> None:
        self.contracts, self.today = contracts, today
        self.wordings: list[list[Wording]] = [[] for _ in contracts]
        self._places: dict[tuple[int, Told, str | None], int] = {}
        self._known: dict[Facts, Answers] = {}

    def of(self, facts: Facts) -> Answers:
        """What is told; a contract that has ended by today is told nothing more."""
        known = self._known.get(facts)
        if known is None:
            known = self._known[facts] = self._taken(facts)
        return known

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self._known) > REMEMBERED or len(self._places) > WORDED * len(self.contracts)

    def _taken(self, facts: Facts) -> Answers:
        told: list[Answer] = []
        silences: list[tuple[str, str]] = []
        for at, contract in enumerate(self.contracts):
            found = outcome(facts, contract) if contract.in_force(self.today) else NOT_IN_FORCE
            if isinstance(found, Silence):
                silences.append((contract.id, found.reason))
            else:
                told.append(Answer(at, found, self._wording(at, found, facts), is_common(facts, contract, found)))
        return Answers(tuple(told), tuple(silences))

    def _wording(self, at: int, told: Told, facts: Facts) -> int:
        said = at, told, facts.transfer.order if facts.transfer else None
        if said not in self._places:
            self._places[said] = len(self.wordings[at])
            self.wordings[at].append(wording_of(self.contracts[at].id, *said[1:]))
        return self._places[said]


class Case(NamedTuple):
    """One change of a poll. `id`: its own, `own`: its resident's, 16 bytes each."""

    accepted: Accepted
    facts: Facts
    id: bytes
    own: bytes

    @classmethod
    def of(cls, accepted: Accepted) -> "Case":
        """The case of a change, decided as of its day of recording."""
        change = accepted.change
        name = bytes.fromhex(change.id.replace("-", ""))
        return cls(accepted, Facts.of(change, change.day), name, change.resident.bytes)


@dataclass(slots=True)
class Cut:
    """What a poll comes to: the records that somebody is told of, and by contract what is cut from them."""

    cases: Sequence[Case]
    answers: Sequence[Answers]
    contracts: Sequence[Contract]
    sources: list[Source] = field(default_factory=list)
    lots: dict[int, list[Row]] = field(default_factory=dict)

    @classmethod
    def of(cls, accepted: Sequence[Accepted], decisions: Decisions) -> "Cut":
        """Decide, each as of its day of recording."""
        return cls.decided([Case.of(one) for one in accepted], decisions)

    @classmethod
    def decided(cls, cases: Sequence[Case], decisions: Decisions) -> "Cut":
        """Decide, and note what is to be cut."""
        made = cls(cases, [decisions.of(case.facts) for case in cases], decisions.contracts)
        for index, (case, answers) in enumerate(zip(cases, made.answers, strict=True)):
            made._put(index, case.accepted.change, answers)
        return made

    def silences(self) -> Counter[tuple[str, str]]:
        """How often which contract is told nothing, for which reason."""
        often, counted = Counter(map(id, self.answers)), Counter[tuple[str, str]]()
        for answers in {id(one): one for one in self.answers}.values():
            for silence in answers.silences:
                counted[silence] += often[id(answers)]
        return counted

    def _put(self, index: int, change: Change, answers: Answers) -> None:
        shared = -1
        for at, told, wording, is_shared in answers.told:
            if not is_shared:
                source = self._source(change, values(change, self.contracts[at], told), {})
            elif shared < 0:
                source = shared = self._source(change, subject(change), derived_of(change, heard=True))
            else:
                source = shared
            self.lots.setdefault(at, []).append((index, source, wording))

    def _source(self, change: Change, record: Mapping[str, object], derived: Mapping[str, object]) -> int:
        recorded_at = change.recorded_at.isoformat().encode()
        beginning = b'"version":%d,"recorded_at":"%b",' % (change.version, recorded_at)
        self.sources.append(Source(record, derived, beginning))
        return len(self.sources) - 1


def wording_of(contract: str, told: Told, order: str | None) -> Wording:
    """What a payload says beside ids, times and values. `order`: of a 随時移転."""
    protected = b"" if told.protected is None else b',"protected":true' if told.protected else b',"protected":false'
    transfer = b"" if order is None else b',"transfer":"%b"' % order.encode()
    lead, head = b'"contract":"%b",' % contract.encode(), b'"state":"%b","items":' % told.state.encode()
    return Wording(lead, head, told.items, protected + transfer + b"}")
