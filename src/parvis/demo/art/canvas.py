"""A sheet to draw on: shapes become SVG, and SVG becomes a PNG. For our own drawings only, never for anything uploaded."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Iterable, Sequence
from typing import Any

Point = tuple[float, float]


class Canvas:
    """Collects shapes from back to front; `random` is seeded, so that a drawing is the same every time."""

    def __init__(self, width: int, height: int, seed: str = "") -> None:
        self.width = width
        self.height = height
        self.random = random.Random(seed)  # noqa: S311 - for brush strokes, not for secrets
        self._definitions: list[str] = []
        self._shapes: list[str] = []

    # ── colours ──────────────────────────────────────────────────────────────────────────────────────────────────

    def fade(self, *stops: tuple[float, str], x: float = 0, y: float = 1) -> str:
        """A linear gradient across each shape it fills; downwards unless told otherwise."""
        name = f"g{len(self._definitions)}"
        marks = "".join(f'<stop offset="{at}" stop-color="{colour}"/>' for at, colour in stops)
        self._definitions.append(f'<linearGradient id="{name}" x2="{x}" y2="{y}">{marks}</linearGradient>')
        return f"url(#{name})"

    def glow(self, *stops: tuple[float, str, float], x: float = 0.5, y: float = 0.5) -> str:
        """A radial gradient; each stop has a colour and an opacity."""
        name = f"g{len(self._definitions)}"
        marks = "".join(f'<stop offset="{a}" stop-color="{c}" stop-opacity="{o}"/>' for a, c, o in stops)
        self._definitions.append(f'<radialGradient id="{name}" cx="{x}" cy="{y}">{marks}</radialGradient>')
        return f"url(#{name})"

    def blur(self, amount: float) -> str:
        """A filter for soft edges, to be given as `filter`."""
        name = f"f{len(self._definitions)}"
        self._definitions.append(
            f'<filter id="{name}" x="-30%" y="-30%" width="160%" height="160%">'
            f'<feGaussianBlur stdDeviation="{amount}"/></filter>'
        )
        return f"url(#{name})"

    def clip(self, shape: str) -> str:
        """A window of that shape (an SVG element), to be given as `clip_path`."""
        name = f"c{len(self._definitions)}"
        self._definitions.append(f'<clipPath id="{name}">{shape}</clipPath>')
        return f"url(#{name})"

    # ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, element: str) -> None:
        """An SVG element as it is."""
        self._shapes.append(element)

    def background(self, fill: str) -> None:
        self.rect(0, 0, self.width, self.height, fill)

    def rect(self, x: float, y: float, width: float, height: float, fill: str, *, r: float = 0, **more: Any) -> None:
        self.add(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{r}" fill="{fill}"{_more(more)}/>'
        )

    def circle(self, x: float, y: float, r: float, fill: str, **more: Any) -> None:
        self.add(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}"{_more(more)}/>')

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, **more: Any) -> None:
        self.add(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"{_more(more)}/>')

    def path(self, d: str, fill: str = "none", **more: Any) -> None:
        self.add(f'<path d="{d}" fill="{fill}"{_more(more)}/>')

    def polygon(self, points: Iterable[Point], fill: str, **more: Any) -> None:
        self.path(closed(points), fill, **more)

    def line(self, a: Point, b: Point, stroke: str, width: float, **more: Any) -> None:
        self.path(
            f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}",
            stroke=stroke, stroke_width=width, stroke_linecap="round", **more,
        )  # fmt: skip

    def begin(self, **attributes: Any) -> None:
        """What follows, until `end`, is one group."""
        self.add(f"<g{_more(attributes)}>")

    def end(self) -> None:
        self.add("</g>")

    # ── things that many drawings need ───────────────────────────────────────────────────────────────────────────

    def ridge(self, base: float, height: float, fill: str, *, bumps: int = 6, **more: Any) -> None:
        """A line of hills from edge to edge, down to the bottom."""
        step = self.width / bumps
        tops = [base - height * self.random.uniform(0.25, 1) for _ in range(bumps + 2)]
        d = f"M{-step:.1f} {tops[0]:.1f}"
        for i, top in enumerate(tops[1:]):
            x = i * step
            d += f"S{x - step / 2:.1f} {top:.1f} {x:.1f} {top:.1f}"
        self.path(f"{d}V{self.height}H{-step:.1f}Z", fill, **more)

    def cloud(self, x: float, y: float, size: float, fill: str = "#fff", **more: Any) -> None:
        self.begin(**more)
        for dx, dy, r in ((-0.55, 0.05, 0.3), (-0.2, -0.14, 0.42), (0.25, -0.05, 0.36), (0.58, 0.1, 0.24)):
            self.circle(x + dx * size, y + dy * size, r * size, fill)
        self.rect(x - 0.75 * size, y + 0.08 * size, 1.5 * size, 0.27 * size, fill, r=round(0.13 * size))
        self.end()

    def stars(self, count: int, below: float, colour: str = "#fff6d8") -> None:
        for _ in range(count):
            x, y = self.random.uniform(0, self.width), self.random.uniform(0, below)
            self.circle(
                x, y, self.random.choice((1, 1.3, 1.6, 2.6)), colour, opacity=round(self.random.uniform(0.3, 1), 2)
            )

    @property
    def svg(self) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}"><defs>{"".join(self._definitions)}</defs>'
            f"{''.join(self._shapes)}</svg>"
        )

    def png(self) -> bytes:
        """The drawing in pixels."""
        import pyvips  # here, because only this command draws

        logging.getLogger("pyvips").setLevel(logging.WARNING)  # it tells of every thread
        image: Any = pyvips.Image.svgload_buffer(self.svg.encode())
        return image.flatten(background=[255, 255, 255]).pngsave_buffer(compression=1)


def closed(points: Iterable[Point]) -> str:
    """The path of a polygon."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def around(x: float, y: float, r: float, count: int, turn: float = 0) -> list[Point]:
    """Points on a circle, the first at the top."""
    angles = [math.tau * i / count - math.pi / 2 + turn for i in range(count)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a in angles]


def star(x: float, y: float, outer: float, inner: float, points: int, turn: float = 0) -> list[Point]:
    """The outline of a star."""
    tips = around(x, y, outer, points, turn)
    dents = around(x, y, inner, points, turn + math.pi / points)
    return [point for pair in zip(tips, dents, strict=True) for point in pair]


def mix(a: str, b: str, share: float) -> str:
    """A colour between two (#rrggbb)."""
    parts = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(p + (q - p) * share):02x}" for p, q in parts)


def pick(values: Sequence[str], index: int) -> str:
    """Colours in turn."""
    return values[index % len(values)]


def _more(attributes: dict[str, Any]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
