"""A picture of a story: what waited for each silo, and for how long, over the story's time. An SVG of lines alone."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any, TypeAlias

Points: TypeAlias = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 900, 180, 60, 40, 50
"""In pixels: of one chart, its margins, and what lies between two of them."""
_COLOURS = ("#2563eb", "#dc2626", "#16a34a", "#9333ea", "#ea580c", "#0891b2", "#be185d", "#4d7c0f")
_FONT = "font-family='system-ui, sans-serif' font-size='12'"


def draw(samples: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """An SVG of two charts, with a line for each lane.

    Args:
        samples: in order; each has ``seconds`` since the beginning and ``waiting``, a list of silo, destination,
            messages and the age of the oldest in seconds. A lane that is not named has nothing that waits.
        title: stands above.
    """
    lanes = sorted({(silo, destination) for each in samples for silo, destination, *_ in each["waiting"]})
    height = _TOP + 2 * (_HEIGHT + _GAP)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH + 2 * _LEFT} {height}' {_FONT}>",
        f"<rect width='100%' height='100%' fill='white'/><text x='{_LEFT}' y='20'>{escape(title)}</text>",
        *_chart(samples, lanes, column=0, top=_TOP, label="messages that wait"),
        *_chart(samples, lanes, column=1, top=_TOP + _HEIGHT + _GAP, label="age of the oldest, s"),
        *_legend(lanes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _chart(
    samples: Sequence[Mapping[str, Any]], lanes: Sequence[tuple[str, str]], *, column: int, top: int, label: str
) -> list[str]:
    lines = [_points(samples, lane, column) for lane in lanes]
    # Never nothing: everything below is divided by both.
    last = max((each["seconds"] for each in samples), default=0.0) or 1.0
    most = max((value for points in lines for _, value in points), default=0.0) or 1.0
    bottom = top + _HEIGHT
    parts = [
        f"<path d='M{_LEFT},{top} V{bottom} H{_LEFT + _WIDTH}' fill='none' stroke='#999'/>",
        f"<text x='{_LEFT}' y='{top - 6}'>{escape(label)}</text>",
        f"<text x='{_LEFT - 6}' y='{top + 10}' text-anchor='end'>{most:g}</text>",
        f"<text x='{_LEFT + _WIDTH}' y='{bottom + 16}' text-anchor='end'>{last:g} s</text>",
    ]
    # From the bottom up, as SVG counts from the top down.
    for points, colour in zip(lines, _colours(len(lines)), strict=True):
        scaled = [(_LEFT + _WIDTH * x / last, bottom - _HEIGHT * y / most) for x, y in points]
        parts.append(f"<path d='{_steps(scaled)}' fill='none' stroke='{colour}' stroke-width='1.5'/>")
    return parts


def _points(samples: Sequence[Mapping[str, Any]], lane: tuple[str, str], column: int) -> Points:
    found = []
    for each in samples:
        values = {(silo, destination): numbers for silo, destination, *numbers in each["waiting"]}
        found.append((each["seconds"], max(0.0, values.get(lane, (0, 0.0))[column])))
    return found


def _steps(points: Points) -> str:
    """Level until the next sample: nobody knows what was between."""
    if not points:
        return ""
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    path += [f"H{x:.1f} V{y:.1f}" for _, (x, y) in pairwise(points)]
    return " ".join(path)


def _legend(lanes: Sequence[tuple[str, str]]) -> list[str]:
    parts = []
    for number, ((silo, destination), colour) in enumerate(zip(lanes, _colours(len(lanes)), strict=True)):
        x = _LEFT + 300 + 110 * (number % 6)
        y = 14 + 14 * (number // 6)
        parts.append(f"<text x='{x}' y='{y}' fill='{colour}'>{escape(silo)} → {escape(destination)}</text>")
    return parts


def _colours(count: int) -> list[str]:
    return [_COLOURS[number % len(_COLOURS)] for number in range(count)]
