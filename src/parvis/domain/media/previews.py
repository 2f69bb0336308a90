"""Small pictures along a video, for whoever looks for a place in it: one picture of tiles, and a list of which is when.

The list is WebVTT whose lines name parts of the picture, as players have agreed upon.
"""

from __future__ import annotations

import math

import msgspec

LEAST_S = 4  # as far apart as the pictures of our sizes that can be decoded alone
MOST = 100
A_ROW = 10
EDGE = 160


class Plan(msgspec.Struct, frozen=True):
    """So many tiles of that size, one every so many seconds."""

    every_s: int
    count: int
    width: int
    height: int

    @property
    def across(self) -> int:
        return min(self.count, A_ROW)

    @property
    def down(self) -> int:
        return math.ceil(self.count / A_ROW)


def plan(duration_ms: int, width: int, height: int) -> Plan:
    """Tiles for a video of that length and shape: not more than a hundred, none larger than it need be."""
    seconds = max(1.0, duration_ms / 1000)
    every_s = max(LEAST_S, math.ceil(seconds / MOST))
    scale = min(1.0, EDGE / max(width, height))
    return Plan(
        every_s,
        math.ceil(seconds / every_s),
        max(2, 2 * round(width * scale / 2)),
        max(2, 2 * round(height * scale / 2)),
    )


def filters(plan: Plan) -> str:
    """How the encoder makes the picture; what is too short for another tile has its last one again."""
    size = f"scale={plan.width}:{plan.height},setsar=1"
    every = f"fps=1/{plan.every_s}:eof_action=pass"
    enough = f"tpad=stop_mode=clone:stop={plan.count}"
    return f"{every},{size},{enough},tile={plan.across}x{plan.down},format=rgb24"


def listing(plan: Plan, name: str) -> str:
    """Which part of the picture `name` belongs to which seconds."""
    lines = ["WEBVTT"]
    for place in range(plan.count):
        begin = place * plan.every_s
        left, top = place % A_ROW * plan.width, place // A_ROW * plan.height
        lines += [
            "",
            f"{_time(begin)} --> {_time(begin + plan.every_s)}",
            f"{name}#xywh={left},{top},{plan.width},{plan.height}",
        ]
    return "\n".join([*lines, ""])


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.000"
