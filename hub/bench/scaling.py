"""What a city, a prefecture and the country would need, by arithmetic from the kept curves. Pure.

Assumptions stand here by name, and on the page that is written of them (scale.py); everything else is computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log2
from typing import Any, Final

from hub.bench.shape import Fit, Step, by_contracts

Kept = Mapping[str, Any]

EVENTS: Final = 30_000_000
"""A year in the whole country: the upper end of 25 to 30 million."""
PEAK_HOUR, PEAK_RESIDENTS = 400, 510_000
"""Persons whom something happens to in the busiest hour of a year, in a city of that size."""
NIGHT_HOURS: Final = 8
TOLD, MIRRORS = 8, 12
"""Contracts that are told of a change; that keep a copy of everybody."""
BUSY: Final = 0.6
"""Share of a core that may be wanted in the worst hour."""
REPLICAS: Final = 3
BROKER_CORES, BROKER_TB = 8, 4.0
FULL: Final = 0.6
WEEKEND_HOURS: Final = 48
YEARS: Final = 10
PREFECTURES: Final = 47


@dataclass(frozen=True, slots=True)
class Size:
    """Whom it is for."""

    name: str
    residents: int
    municipalities: int


SIZES: Final = (Size("a city", 510_000, 1), Size("a prefecture", 5_000_000, 40), Size("the country", 125_000_000, 1741))


@dataclass(frozen=True, slots=True)
class Costs:
    """What is paid, from the curves: in µs of routers and of the broker per change and per output, and in bytes."""

    router: Fit
    broker: Fit
    change_bytes: int
    disclosure_bytes: float
    line_bytes: int

    @classmethod
    def of(cls, growth: Kept) -> "Costs":
        """From a kept growth; bytes are those of the middle."""
        middle = growth["middle"]
        [step] = [each for each in growth["axes"]["contracts"] if each["at"] == middle["contracts"]]
        outputs = middle["contracts"]
        own = (step["record_bytes"] * (outputs + 1) - step["line_bytes"]) / outputs
        routers, broker = (_positive(by_contracts(growth, cost)) for cost in (_routers, _broker))
        return cls(routers, broker, sealed(middle["change_bytes"]), own, step["line_bytes"])

    def router_us(self, outputs: int) -> float:
        """Of a change that becomes so many outputs."""
        return self.router.slope + self.router.fixed * outputs

    def broker_us(self, outputs: int) -> float:
        """The same, of one copy."""
        return self.broker.slope + self.broker.fixed * outputs

    def written(self, outputs: int) -> float:
        """Bytes of a change on every topic: itself, what is told, its line of the ledger."""
        return self.change_bytes + self.disclosure_bytes * outputs + self.line_bytes


def _positive(found: Fit) -> Fit:
    """Nothing costs less than nothing, whatever a line through a few points says."""
    return Fit(max(0.0, found.fixed), max(0.0, found.slope))


def _routers(step: Step) -> float:
    return float(step["client_us"])


def _broker(step: Step) -> float:
    return float(step["broker_us"])


def sealed(length: int) -> int:
    """Bytes of a change once it is sealed: padded to the next doubling of 512, in base64, and a header of some 300."""
    padded = 512
    while padded < length + 4:
        padded *= 2
    return ceil(padded * 4 / 3) + 300


@dataclass(frozen=True, slots=True)
class Plan:
    """What one installation of a size needs. All of it follows from the costs and the assumptions."""

    size: Size
    costs: Costs

    @property
    def events(self) -> float:
        """Changes a year."""
        return EVENTS * self.size.residents / SIZES[-1].residents

    @property
    def peak(self) -> float:
        """Changes per second in the busiest hour of an ordinary year."""
        return self.size.residents / PEAK_RESIDENTS * PEAK_HOUR / 3600

    @property
    def night(self) -> float:
        """Changes per second where everybody changes in one night."""
        return self.size.residents / (NIGHT_HOURS * 3600)

    def router_cores(self, rate: float) -> float:
        """Of so many changes per second, none too busy."""
        return rate * self.costs.router_us(TOLD) / 1e6 / BUSY

    def broker_cores(self, rate: float) -> float:
        """The same, over all copies."""
        return rate * self.costs.broker_us(TOLD) * REPLICAS / 1e6 / BUSY

    @property
    def routers(self) -> int:
        """Processes, of a core each; two at least, so that one may end."""
        return max(2, ceil(self.router_cores(self.night)))

    @property
    def partitions(self) -> int:
        """Four to a router, and a power of two."""
        return max(8, 1 << ceil(log2(4 * self.routers)))

    @property
    def week_tb(self) -> float:
        """On the brokers' disks in the week after such a night, copies included."""
        return self.size.residents * self.costs.written(TOLD) * REPLICAS / 1e12

    @property
    def ledger_tb(self) -> float:
        """Of lines of the ledger on its topic after so many years, copies included."""
        return self.events * YEARS * self.costs.line_bytes * REPLICAS / 1e12

    @property
    def load_tb(self) -> float:
        """Of a first load to every mirror, copies included."""
        return self.size.residents * self.costs.written(MIRRORS) * REPLICAS / 1e12

    @property
    def disk_tb(self) -> float:
        """The most that lies there at once: the larger of the two, and the ledger."""
        return max(self.week_tb, self.load_tb) + self.ledger_tb

    @property
    def brokers(self) -> int:
        """Enough cores in the worst night, enough disk, and three at least."""
        by_cores = self.broker_cores(self.night) / BROKER_CORES
        return max(3, ceil(by_cores), ceil(self.disk_tb / (BROKER_TB * FULL)))
