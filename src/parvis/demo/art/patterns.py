"""Patterns: glazed tiles, a star in a web of stars, waves, confetti of leaves."""

from __future__ import annotations

import math

from parvis.demo.art.canvas import Canvas, around, mix, pick, star


def tiles(width: int = 1400, height: int = 1400) -> Canvas:
    """Glazed tiles in blue and yellow, each painted by hand."""
    c = Canvas(width, height, "tiles")
    c.background("#dcd6c8")
    side = 280 if height > 900 else 250
    for row in range(math.ceil(height / side)):
        for column in range(math.ceil(width / side)):
            _tile(c, column * side, row * side, side, (row + column) % 2)
    for _ in range(26):
        x, y = c.random.uniform(0, width), c.random.uniform(0, height)
        c.path(
            f"M{x:.0f} {y:.0f} l{c.random.uniform(-60, 60):.0f} {c.random.uniform(10, 70):.0f}"
            f" l{c.random.uniform(-30, 30):.0f} {c.random.uniform(10, 50):.0f}",
            stroke="#8d9aa6",
            stroke_width=1.4,
            opacity=0.6,
        )
    return c


def _tile(c: Canvas, x: float, y: float, side: float, kind: int) -> None:
    glaze = mix("#f7f4ea", "#e6ecef", c.random.random())
    blue, deep = mix("#2a5fa5", "#3b78c0", c.random.random()), "#1d3f78"
    c.begin(transform=f"translate({x} {y})")
    c.rect(3, 3, side - 6, side - 6, glaze, r=5)
    middle = side / 2
    for turn in range(4):
        c.begin(transform=f"rotate({turn * 90} {middle} {middle})")
        c.path(f"M6 6 H{side * 0.36:.0f} A{side * 0.36:.0f} {side * 0.36:.0f} 0 0 1 6 {side * 0.36:.0f}Z", blue)
        c.path(f"M6 6 H{side * 0.24:.0f} A{side * 0.24:.0f} {side * 0.24:.0f} 0 0 1 6 {side * 0.24:.0f}Z", "#f2c14e")
        c.path(f"M6 6 H{side * 0.12:.0f} A{side * 0.12:.0f} {side * 0.12:.0f} 0 0 1 6 {side * 0.12:.0f}Z", deep)
        if kind:
            c.path(
                f"M{middle} {middle} Q{middle - 34} {middle - 70} {middle} {side * 0.06}"
                f"Q{middle + 34} {middle - 70} {middle} {middle}Z",
                blue,
            )
            c.path(
                f"M{middle} {middle - 22} Q{middle - 12} {middle - 66} {middle} {side * 0.14}"
                f"Q{middle + 12} {middle - 66} {middle} {middle - 22}Z",
                "#f2c14e",
            )
        else:
            c.path(
                f"M{middle} {middle} L{side * 0.3} {side * 0.3} Q{middle} {side * 0.2} {side * 0.7} {side * 0.3}Z", deep
            )
            c.circle(middle, side * 0.13, side * 0.05, "#f2c14e")
            c.path(f"M{middle - 40} {side * 0.1} q40 44 80 0", stroke=blue, stroke_width=8, stroke_linecap="round")
        c.end()
    c.circle(middle, middle, side * 0.1, "#f7f4ea")
    c.polygon(star(middle, middle, side * 0.085, side * 0.045, 8), "#f2c14e")
    c.path(
        f"M{side * 0.1} {side * 0.96} Q{side * 0.5} {side * 0.9} {side * 0.9} {side * 0.06}",
        stroke="#fff",
        stroke_width=5,
        opacity=0.35,
    )
    c.end()


def stars(width: int = 1400, height: int = 1400) -> Canvas:
    """Eight-pointed stars and crosses, drawn with compass and ruler."""
    c = Canvas(width, height, "stars")
    c.background("#123c4a")
    side = 234
    for row in range(-1, math.ceil(height / side) + 1):
        for column in range(-1, math.ceil(width / side) + 1):
            x, y = column * side + side / 2, row * side + side / 2
            tone = mix("#0f6e7c", "#2a9d8f", c.random.random())
            outline = star(x, y, side * 0.54, side * 0.415, 8)
            c.polygon(outline, tone, stroke="#e9d8a6", stroke_width=7, stroke_linejoin="round")
            c.polygon(star(x, y, side * 0.36, side * 0.2, 8, math.pi / 8), "#123c4a", stroke="#e9c46a", stroke_width=4)
            c.polygon(
                star(x, y, side * 0.25, side * 0.13, 8), pick(("#e76f51", "#f4a261", "#e9c46a"), row * 3 + column)
            )
            c.circle(x, y, side * 0.06, "#fdf6e3")
            corner_x, corner_y = x + side / 2, y + side / 2
            c.polygon(star(corner_x, corner_y, side * 0.2, side * 0.085, 4), "#e9c46a")
            c.polygon(star(corner_x, corner_y, side * 0.12, side * 0.05, 4, math.pi / 4), "#9d4f3a")
    return c


def waves(width: int = 1500, height: int = 500) -> Canvas:
    """Overlapping circles, the old pattern of the sea."""
    c = Canvas(width, height, "waves")
    c.background("#1f4e6b")
    r = 92
    row = 0
    y = -r * 0.2
    while y < height + r:
        for column in range(-1, width // (2 * r) + 2):
            x = column * 2 * r + (r if row % 2 else 0)
            base = pick(("#1f4e6b", "#27607f", "#2f7391"), column + row)
            for ring, share in enumerate((1, 0.78, 0.56, 0.34)):
                c.circle(x, y, r * share, base if ring % 2 else "#f1ead6")
        y += r * 0.5
        row += 1
    return c


def leaves(width: int = 1500, height: int = 500) -> Canvas:
    """Leaves, seeds and berries on paper."""
    c = Canvas(width, height, "leaves")
    c.background("#f4ead5")
    colours = ("#5f8a4e", "#8fb05a", "#2f6f5a", "#c9a227", "#b4533c")
    for i in range(130):
        x, y = c.random.uniform(0, width), c.random.uniform(0, height)
        colour = pick(colours, i)
        c.begin(
            transform=f"translate({x:.0f} {y:.0f}) rotate({c.random.randrange(360)}) scale({c.random.uniform(0.6, 1.2):.2f})"
        )
        if i % 5 == 4:
            for px, py in around(0, 0, 16, 3):
                c.circle(px, py, 10, "#b4413c")
        else:
            c.path("M0 0 Q-34 -40 0 -96 Q34 -40 0 0Z", colour)
            c.line((0, 16), (0, -82), mix(colour, "#ffffff", 0.45), 3)
            for rib in (-20, -42, -62):
                c.path(f"M-14 {rib - 12} L0 {rib} L14 {rib - 12}", stroke=mix(colour, "#ffffff", 0.45), stroke_width=2)
        c.end()
    return c


def field(width: int = 1500, height: int = 500) -> Canvas:
    """Wheat in the evening."""
    c = Canvas(width, height, "field")
    c.background(c.fade((0, "#f6b26b"), (0.5, "#fbe3b5"), (1, "#e9c46a")))
    c.circle(width * 0.72, height * 0.42, 190, c.glow((0, "#fff7df", 1), (0.3, "#ffeab8", 0.7), (1, "#ffe0a0", 0)))
    c.ridge(height * 0.62, height * 0.14, "#c99a4b", bumps=5)
    for i in range(210):
        x, depth = c.random.uniform(-20, width + 20), i / 210
        top, foot = height * (0.62 - 0.2 * depth) + c.random.uniform(-14, 30), height + 20
        colour = mix("#d9a441", "#8a5a1e", depth * 0.7)
        bend = c.random.uniform(10, 60)
        c.path(
            f"M{x:.0f} {foot} Q{x:.0f} {(top + foot) / 2:.0f} {x + bend:.0f} {top:.0f}", stroke=colour, stroke_width=2.6
        )
        for grain in range(6):
            gx, gy = x + bend + 3 * grain * 0.5, top - grain * 9
            for side in (-1, 1):
                c.ellipse(gx + side * 5, gy, 3.6, 8, colour, transform=f"rotate({side * 26} {gx:.0f} {gy:.0f})")
    return c
