"""A histogram that takes the times of a whole poll at once: one call for a thousand of them."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import inf

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Times(Collector):
    """Shown as any other histogram. `buckets`: their upper bounds in seconds, in order."""

    def __init__(
        self, name: str, documentation: str, buckets: Sequence[float], registry: CollectorRegistry = REGISTRY
    ) -> None:
        self._said = name, documentation
        self._bounds = (*buckets, inf)
        self._counts = [0] * len(self._bounds)
        self._sum = 0.0
        registry.register(self)

    def observe(self, seconds: Iterable[float]) -> None:
        """Count them; a time below zero (clocks differ) is none."""
        for each in seconds:
            self._counts[bisect_left(self._bounds, each)] += 1
            self._sum += max(0.0, each)

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """How many took at most so long, for each bound."""
        counted = zip(map(floatToGoString, self._bounds), accumulate(self._counts), strict=True)
        return [HistogramMetricFamily(*self._said, buckets=[*counted], sum_value=self._sum)]
