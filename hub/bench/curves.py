"""The curves of a growth as a picture: SVG, readable on light and on dark, from what is kept and nothing else. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, log2
from typing import Final

from hub.bench.shape import FLAT, NAMES, Document, Step, cpu

WIDTH, PANEL_WIDTH, PANEL_HEIGHT, TOP = 860, 430, 250, 64
_LEFT, _RIGHT, _ABOVE, _BELOW = 56, 18, 26, 42
LINES: Final = {"cpu": "CPU of routers and broker", "client": "of it, CPU of routers", "wall": "by the clock"}
_STYLE: Final = """\
svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#24292f}.dim{fill:#57606a}
.grid{stroke:#d0d7de;stroke-width:1}.band{fill:#1a7f37;opacity:.12}
.line{fill:none;stroke-width:2}.cpu{stroke:#0550ae}.client{stroke:#0550ae;stroke-dasharray:5 4}.wall{stroke:#bc4c00}
.dot{stroke:none}.dot.cpu,.dot.client{fill:#0550ae}.dot.wall{fill:#bc4c00}
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.dim{fill:#8b949e}.grid{stroke:#30363d}
.band{fill:#3fb950;opacity:.18}.cpu,.client{stroke:#79c0ff}.wall{stroke:#ffa657}
.dot.cpu,.dot.client{fill:#79c0ff}.dot.wall{fill:#ffa657}}"""


@dataclass(frozen=True, slots=True)
class Panel:
    """Where one axis is drawn: its corner, its steps, and the value on top."""

    x: float
    y: float
    steps: Sequence[Step]
    top: float

    def across(self, at: int) -> float:
        """Doublings are equally far apart."""
        first, last = (log2(self.steps[each]["at"]) for each in (0, -1))
        share = (log2(at) - first) / (last - first) if last > first else 0.5
        return self.x + _LEFT + share * (PANEL_WIDTH - _LEFT - _RIGHT)

    def up(self, value: float) -> float:
        """From zero, in equal steps."""
        return self.y + PANEL_HEIGHT - _BELOW - value / self.top * (PANEL_HEIGHT - _ABOVE - _BELOW)


def svg(document: Document) -> str:
    """The whole picture; every axis has a panel, and one scale for all would hide what differs."""
    return "\n".join([*_head(document), *_legend(), *_panels(document), "</svg>", ""])


def _head(document: Document) -> Iterator[str]:
    height, title = TOP + PANEL_HEIGHT * ceil(len(document["axes"]) / 2), escape(_title(document))
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
           f'role="img" aria-label="{title}">')  # fmt: skip
    yield f"<style>{_STYLE}</style>"
    yield f'<text x="16" y="24" font-weight="600">{title}</text>'


def _title(document: Document) -> str:
    middle = ", ".join(f"{value:,} {NAMES[axis]}" for axis, value in document["middle"].items())
    return f"µs per output; around {middle}"


def _legend() -> Iterator[str]:
    for at, (name, said) in enumerate(LINES.items()):
        x = 16 + at * 205
        yield f'<path class="line {name}" d="M{x} 44h24"/><text class="dim" x="{x + 30}" y="48">{said}</text>'
    x = 16 + len(LINES) * 205
    yield f'<rect class="band" x="{x}" y="37" width="24" height="14"/>'
    yield f'<text class="dim" x="{x + 30}" y="48">CPU of the middle ± {FLAT:.0%}</text>'


def _panels(document: Document) -> Iterator[str]:
    for at, axis in enumerate(document["axes"]):
        yield from _panel(document, axis, at)


def _panel(document: Document, axis: str, at: int) -> Iterator[str]:
    steps = document["axes"][axis]
    highest = max(max(values(step).values()) for step in steps)
    panel = Panel(at % 2 * PANEL_WIDTH, TOP + at // 2 * PANEL_HEIGHT, steps, _round_up(highest))
    yield from _frame(panel, axis)
    yield from _band(panel, document["middle"][axis])
    for name in LINES:
        places = [(panel.across(step["at"]), panel.up(values(step)[name])) for step in steps]
        yield f'<path class="line {name}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>'
        yield from (f'<circle class="dot {name}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)


def values(step: Step) -> Mapping[str, float]:
    """What is drawn of a point, by line."""
    return {"cpu": cpu(step), "client": float(step["client_us"]), "wall": float(step["wall_us"])}


def _frame(panel: Panel, axis: str) -> Iterator[str]:
    left, right = panel.x + _LEFT, panel.x + PANEL_WIDTH - _RIGHT
    for part in range(5):
        value = panel.top * part / 4
        y = panel.up(value)
        yield f'<path class="grid" d="M{left} {y:.1f}H{right}"/>'
        yield f'<text class="dim" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    for step in panel.steps:
        yield (f'<text class="dim" x="{panel.across(step["at"]):.1f}" y="{panel.up(0) + 16:.1f}" '
               f'text-anchor="middle">{step["at"]:,}</text>')  # fmt: skip
    yield f'<text x="{(left + right) / 2}" y="{panel.up(0) + 33:.1f}" text-anchor="middle">{NAMES[axis]}</text>'
    yield f'<text class="dim" x="{left}" y="{panel.y + 16:.1f}">µs per output</text>'


def _band(panel: Panel, middle: int) -> Iterator[str]:
    [base] = [cpu(step) for step in panel.steps if step["at"] == middle]
    low, high = base * (1 - FLAT), min(base * (1 + FLAT), panel.top)
    yield (f'<rect class="band" x="{panel.x + _LEFT}" y="{panel.up(high):.1f}" '
           f'width="{PANEL_WIDTH - _LEFT - _RIGHT}" height="{panel.up(low) - panel.up(high):.1f}"/>')  # fmt: skip


def _round_up(value: float) -> float:
    """The next value of which a quarter is a round number."""
    step = 10.0 ** (len(str(int(value))) - 1)
    return next(top for each in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if (top := each * step) >= value)
