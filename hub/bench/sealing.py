"""What one core carries between two Kafkas: sealed changes in, sealed disclosures out, by the kernel and by its twin.

Everything is real but the servers: open, check, decide, cut, pad, seal, the ledger's lines. Kernel and twin take turns
within one run, on the same changes, so that whatever else the machine does slows both; seconds are those of the
processor. Each round begins with the other one.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from os import urandom
from statistics import median
from types import MappingProxyType
from typing import Final

from contracts.book import Book
from contracts.contract import Approval, Contract
from hub import envelope
from hub.bench.sample import changes
from hub.bus import Incoming
from hub.intake import Accepted, Intake
from hub.kernel.form import Kernel
from hub.keys import CHANGES, KeyStore
from hub.pseudonym import Pseudonyms
from hub.seal import ContentKey, Place, Sheet, seal
from hub.telling import Tally, Teller

POLL: Final = 250
"""Changes of one partition in one poll."""
ROUNDS: Final = 5
_NOW: Final = datetime(2026, 4, 2, 1, 20, tzinfo=UTC)
_TOPIC: Final = "bench.changes"
_ITEMS: Final = (
    "name", "name_furigana", "birth_date", "sex", "address", "address_fixed_date", "resident_since", "household_no",
    "is_household_head", "household_head_name", "relationship_to_head", "honseki", "nationality", "former_surname",
    "alias_name", "togo_atena_no", "notified_date",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """With so many contracts, by the name of a kernel: outputs per second of one core. `ratio`: kernel to twin."""

    contracts: int
    outputs_per_second: dict[str, float]
    ratio: float | None


class Keys(KeyStore):
    """Keys in memory: a bench needs no database."""

    def __init__(self) -> None:
        self._here: dict[str, ContentKey] = {}

    async def content_key(self, owner: str, day: date) -> ContentKey:
        """Made when it is first asked for."""
        kid = f"{owner}.{day}"
        return self._here.setdefault(kid, ContentKey.of(kid, urandom(32)))

    async def by_kid(self, kid: str, times: int = 1) -> ContentKey:  # noqa: ARG002 - nobody counts here
        """Of those that were made."""
        return self._here[kid]

    async def pseudonym_key(self, owner: str) -> bytes:
        """The same each time."""
        return sha256(owner.encode()).digest()


async def measure(law: Book, contracts: int, count: int, kernels: Sequence[Kernel]) -> Measured:
    """Carry `count` changes to so many contracts, `ROUNDS` times with each kernel."""
    keys, book = Keys(), book_of(law, contracts)
    records = await _sealed(keys, count)
    residents = Pseudonyms(await keys.pseudonym_key(CHANGES))
    intakes = {kernel.NAME: Intake(keys, residents, kernel) for kernel in kernels}
    tellers = [await Teller.of("bench", book, keys, kernel) for kernel in kernels]
    taken: dict[str, list[float]] = {kernel.NAME: [] for kernel in kernels}
    for turn in range(ROUNDS):
        for teller in tellers if turn % 2 else reversed(tellers):
            taken[teller.kernel.NAME].append(await _carried(intakes[teller.kernel.NAME], teller, records))
    rates = {name: count * contracts / median(seconds) for name, seconds in taken.items()}
    ratios = [mine / twins for mine, twins in zip(taken.get("python", ()), taken.get("native", ()), strict=False)]
    return Measured(contracts, rates, median(ratios) if ratios else None)


def book_of(law: Book, contracts: int) -> Book:
    """A Book of so many contracts that are told of every change, each with twelve items of its own."""
    made = [_contract(f"department-{at + 1}", at) for at in range(contracts)]
    return replace(law, contracts=MappingProxyType({one.id: one for one in made}))


def _contract(name: str, at: int) -> Contract:
    items = tuple(_ITEMS[(at + step) % len(_ITEMS)] for step in range(10))
    return Contract(
        id=name, subscriber=name, purpose="計測", basis=(), hears=frozenset({"RELOCATE", "HEAD_CHANGED"}),
        always=frozenset({"RELOCATE", "HEAD_CHANGED"}), items=("atena_no", *items, "change_reason"),
        identifier="atena_no", protected="deliver", via="topic", in_force_from=date(2026, 4, 1),
        approved=Approval("計測", date(2026, 3, 20), "計測", sample=True),
    )  # fmt: skip


async def _sealed(keys: Keys, count: int) -> list[Incoming]:
    key, residents = await keys.content_key(CHANGES, _NOW.date()), Pseudonyms(await keys.pseudonym_key(CHANGES))
    made = [*changes(count)]
    own = residents.of([resident for resident, _ in made])
    sheets = [Sheet(0, "", content, each) for (_, content), each in zip(made, own, strict=True)]
    tokens = seal(key, Place(CHANGES, _TOPIC, 0), "", 0, sheets)
    return [
        Incoming(_TOPIC, 0, offset, each, token, envelope.CHANGE, 0)
        for offset, (each, token) in enumerate(zip(own, tokens, strict=True))
    ]


async def _carried(intake: Intake, teller: Teller, records: Sequence[Incoming]) -> float:
    """Seconds of a core from sealed changes to the records that would be written."""
    begun, sequences = time.process_time(), dict[str, int]()
    for at in range(0, len(records), POLL):
        read = [one for one in await intake.read_all(records[at : at + POLL]) if isinstance(one, Accepted)]
        await teller.all_of(0, read, sequences, _NOW, Tally())
    taken = time.process_time() - begun
    if sequences != dict.fromkeys(teller.book.contracts, len(records)):
        raise AssertionError("not every output was made")
    return taken
