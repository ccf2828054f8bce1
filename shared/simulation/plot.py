"""A picture of a story over its time: what waited for each silo, for how long, and what was wrong meanwhile. An SVG."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any, TypeAlias

Samples: TypeAlias = Sequence[Mapping[str, Any]]
"""In order; each has ``seconds`` since the beginning, ``is_calm``, ``wrong``, which is texts, and ``waiting``: lists of
silo, destination, messages and the age of the oldest in seconds. A lane that is not named has nothing that waits."""

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP, _ROW = 900, 180, 150, 70, 50, 18
"""In pixels: of one chart, its margins, what lies between two of them, and a row of what was wrong."""
_COLOURS = ("#2563eb", "#dc2626", "#16a34a", "#9333ea", "#ea580c", "#0891b2", "#be185d", "#4d7c0f")
_FONT = "font-family='system-ui, sans-serif' font-size='12'"
_TICKS = 4


def draw(samples: Samples, *, title: str, subtitle: str = "") -> str:
    """An SVG of two charts, with a line for each lane, and below them a row for each thing that was wrong for a while.

    Args:
        samples: of one story.
        title: stands above.
        subtitle: below the title.
    """
    lanes = sorted({(silo, destination) for each in samples for silo, destination, *_ in each["waiting"]})
    rows = sorted({text for each in samples for text in each["wrong"]})
    # Never nothing: everything below is divided by it.
    last = max((each["seconds"] for each in samples), default=0.0) or 1.0
    ages, below = _TOP + _HEIGHT + _GAP, _TOP + 2 * (_HEIGHT + _GAP)
    height = below + _ROW * len(rows) + 10
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_LEFT + _WIDTH + 60} {height}' {_FONT}>",
        "<rect width='100%' height='100%' fill='white'/>",
        f"<text x='{_LEFT}' y='18' font-size='15'>{escape(title)}</text>",
        f"<text x='{_LEFT}' y='36' fill='#555'>{escape(subtitle)}</text>",
        *_calm(samples, last, bottom=height - 10),
        *_chart(samples, lanes, column=0, top=_TOP, label="messages that wait", last=last),
        *_chart(samples, lanes, column=1, top=ages, label="seconds that the oldest has waited", last=last),
        *_rows(samples, rows, top=below, last=last),
        *_legend(lanes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _chart(
    samples: Samples, lanes: Sequence[tuple[str, str]], *, column: int, top: int, label: str, last: float
) -> list[str]:
    lines = [_points(samples, lane, column) for lane in lanes]
    step = _step(max((value for points in lines for _, value in points), default=0.0))
    bottom = top + _HEIGHT
    parts = [f"<text x='{_LEFT}' y='{top - 8}' font-weight='bold'>{escape(label)}</text>"]
    for tick in range(_TICKS + 1):
        y = bottom - _HEIGHT * tick / _TICKS
        parts.append(f"<path d='M{_LEFT},{y:.0f} h{_WIDTH}' stroke='{'#999' if not tick else '#e5e5e5'}'/>")
        parts.append(f"<text x='{_LEFT - 6}' y='{y + 4:.0f}' text-anchor='end'>{step * tick:g}</text>")
    every = _step(last)
    for x, seconds in ((_LEFT + _WIDTH * every * n / last, every * n) for n in range(_TICKS + 1) if every * n <= last):
        parts.append(f"<text x='{x:.0f}' y='{bottom + 16}' text-anchor='middle'>{seconds:g} s</text>")
    # From the bottom up, as SVG counts from the top down.
    for points, colour in zip(lines, _colours(len(lines)), strict=True):
        scaled = [(_LEFT + _WIDTH * x / last, bottom - _HEIGHT * y / (step * _TICKS)) for x, y in points]
        parts.append(f"<path d='{_steps(scaled)}' fill='none' stroke='{colour}' stroke-width='2'/>")
    return parts


def _step(most: float) -> float:
    """A round number, ``_TICKS`` of which reach so far."""
    sizes = (digit * 10.0**power for power in range(7) for digit in (1, 2, 5))
    return next(size for size in sizes if size * _TICKS >= most)


def _points(samples: Samples, lane: tuple[str, str], column: int) -> list[tuple[float, float]]:
    found = []
    for each in samples:
        values = {(silo, destination): numbers for silo, destination, *numbers in each["waiting"]}
        found.append((each["seconds"], max(0.0, values.get(lane, (0, 0.0))[column])))
    return found


def _steps(points: Sequence[tuple[float, float]]) -> str:
    """Level until the next sample: nobody knows what was between."""
    if not points:
        return ""
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    path += [f"H{x:.1f} V{y:.1f}" for _, (x, y) in pairwise(points)]
    return " ".join(path)


def _calm(samples: Samples, last: float, *, bottom: int) -> list[str]:
    """Where the storm is over."""
    began = next((each["seconds"] for each in samples if each["is_calm"]), None)
    if began is None:
        return []
    x = _LEFT + _WIDTH * began / last
    return [
        f"<rect x='{x:.0f}' y='{_TOP}' width='{_LEFT + _WIDTH - x:.0f}' height='{bottom - _TOP}' fill='#f0fdf4'/>",
        f"<text x='{_LEFT + _WIDTH}' y='{_TOP - 8}' text-anchor='end' fill='#15803d'>green: the storm is over</text>",
    ]


def _rows(samples: Samples, rows: Sequence[str], *, top: int, last: float) -> list[str]:
    """A bar for as long as something was wrong."""
    parts = []
    for number, text in enumerate(rows):
        y = top + _ROW * number
        parts.append(f"<text x='{_LEFT - 6}' y='{y + 4}' text-anchor='end'>{escape(text)}</text>")
        for before, after in pairwise(samples):
            if text in before["wrong"]:
                x, width = (_LEFT + _WIDTH * before["seconds"] / last, after["seconds"] - before["seconds"])
                parts.append(
                    f"<rect x='{x:.1f}' y='{y - 5}' width='{_WIDTH * width / last + 1:.1f}' height='10' "
                    "fill='#f59e0b'/>"
                )
    return parts


def _legend(lanes: Sequence[tuple[str, str]]) -> list[str]:
    parts = []
    for number, ((silo, destination), colour) in enumerate(zip(lanes, _colours(len(lanes)), strict=True)):
        x, y = _LEFT + _WIDTH - 130 * (number // 4 + 1), 14 + 14 * (number % 4)
        parts.append(f"<text x='{x}' y='{y}' fill='{colour}'>— {escape(silo)} to {escape(destination)}</text>")
    return parts


def _colours(count: int) -> list[str]:
    return [_COLOURS[number % len(_COLOURS)] for number in range(count)]
