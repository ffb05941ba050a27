"""One difference between the register and a counterpart: of which sort, whose, what is missing, what is to be done.

Pure. Nobody is named but by the pseudonym that the contract's own letters and topics have for them; somebody whom the
counterpart alone has is named by the digest that both sides have of their number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from contracts.contract import Contract
from hub.last_told import COMING, WAITING, LastTold, Standing
from producers.digests import Difference
from producers.drift.paper import Paper

MISSING, DIFFERENT, STALE, FOREIGN = "missing", "different", "stale", "foreign"
SORTS: Final = {"missing-there": MISSING, "differs": DIFFERENT, "unknown-here": FOREIGN}

TELL_AGAIN: Final = "tell-again"
ON_ITS_WAY: Final = "on-its-way"
DEAD_LETTER: Final = "dead-letter"
NO_MIRROR: Final = "no-mirror"
STRANGER: Final = "stranger"
NOTHING_TO_TELL: Final = "nothing-to-tell"
REMEDIES: Final = {
    TELL_AGAIN: "the hub can tell it again: --heal",
    ON_ITS_WAY: "a change of theirs is still on its way: look again",
    DEAD_LETTER: "a dead letter keeps all else about them waiting: see `jukihub letters list`, then replay",
    NO_MIRROR: "the law has no first load for this contract: a clerk files what is to be told",
    STRANGER: "nobody on the register has that number: a person asks the counterpart",
    NOTHING_TO_TELL: "the contract may be told nothing of them today: a person asks the counterpart",
}
"""What is to be done, and the sentence for it."""

_GONE: Final = frozenset({"left", "deleted"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `resident`: None for a stranger; `last`: the last that the contract was told of them; `version`:
    of what the other side was told last, where it says so."""

    sort: str
    digest: bytes
    resident: UUID | None
    pseudonym: bytes | None
    last: LastTold | None
    remedy: str
    version: int | None = None

    @property
    def missing(self) -> LastTold | None:
        """The telling that the counterpart does not reflect; None where it was never told."""
        fits = self.last is not None and (self.last.state in _GONE) is (self.sort == FOREIGN)
        return self.last if fits else None

    def as_json(self) -> dict[str, Any]:
        """For machines. `missing` is null where the contract was never told; `digest` where there is a pseudonym, so
        that nobody without the copy puts the two together."""
        return {
            "sort": self.sort, "resident": self.pseudonym.hex() if self.pseudonym else None,
            "digest": None if self.pseudonym else self.digest.hex(),
            "missing": self.missing.as_json() if self.missing else None,
            "holds": self.version, "remedy": self.remedy,
        }  # fmt: skip

    def in_words(self) -> str:
        """One line."""
        who = self.pseudonym.hex() if self.pseudonym else f"digest {self.digest.hex()[:16]}"
        return f"{self.sort:9} {who} {_told(self.missing)}: {self.remedy}"


def _told(last: LastTold | None) -> str:
    if last is None:
        return "never told"
    return f"change {last.change}, disclosure {last.disclosure}, version {last.version} ({last.hand_over})"


def found(  # noqa: PLR0913 - all that is known of one difference
    difference: Difference, resident: UUID | None, contract: Contract, standing: Standing | None, is_coming: bool,
    paper: Paper | None = None,
) -> Finding:  # fmt: skip
    """What a difference is, once it is known whose it is and how things stand with them."""
    last = standing.last if standing else None
    version = paper.version(difference.digest) if paper else None
    unread = last is not None and paper is not None and not paper.has_read(last.partition, last.seq)
    return Finding(
        _sort(SORTS[difference.code], last, version), difference.digest, resident,
        standing.pseudonym if standing else None, last, _remedy(contract, standing, is_coming or unread), version,
    )  # fmt: skip


def _sort(sort: str, last: LastTold | None, version: int | None) -> str:
    """Whether what is held otherwise is what was told earlier, where the other side says of which version it is."""
    is_behind = last is not None and version is not None and version < last.version
    return STALE if sort == DIFFERENT and is_behind else sort


def _remedy(contract: Contract, standing: Standing | None, is_coming: bool) -> str:
    if standing is None:
        return STRANGER
    if standing.blocked:
        return DEAD_LETTER
    if is_coming or (standing.last is not None and standing.last.hand_over in {COMING, WAITING}):
        return ON_ITS_WAY
    return TELL_AGAIN if contract.mirror else NO_MIRROR


def curable(findings: Sequence[Finding]) -> list[UUID]:
    """Whom the hub can tell again by itself."""
    return [one.resident for one in findings if one.remedy == TELL_AGAIN and one.resident is not None]
