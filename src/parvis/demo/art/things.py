"""Drawings of things: bread, books, sardines."""

from __future__ import annotations

import math

from parvis.demo.art.canvas import Canvas, around, mix, pick


def loaf(width: int = 1600, height: int = 1200) -> Canvas:
    """A scored loaf on a board, with a knife and a striped cloth."""
    c = Canvas(width, height, "loaf")
    c.background(c.fade((0, "#35524f"), (1, "#22393a")))
    c.begin(transform="rotate(-9 1180 300)")
    c.rect(900, -80, 620, 720, "#f3ead8")
    for stripe in range(5):
        c.rect(940 + stripe * 124, -80, 14, 720, "#b4413c", opacity=0.85)
        c.rect(962 + stripe * 124, -80, 5, 720, "#b4413c", opacity=0.85)
    c.end()
    c.rect(250, 330, 1120, 640, "#14262a", r=60, opacity=0.5, filter=c.blur(22))
    c.rect(230, 300, 1120, 640, c.fade((0, "#b98552"), (1, "#9a6a3e")), r=54)
    c.circle(1280, 620, 26, "#2b4645")
    for grain in range(16):
        y = 330 + grain * 38 + c.random.uniform(-6, 6)
        c.path(
            f"M262 {y:.0f} C520 {y + c.random.uniform(-22, 22):.0f} 900 {y + c.random.uniform(-22, 22):.0f} 1238 {y:.0f}",
            stroke="#7d5430", stroke_width=2, opacity=0.4,
        )  # fmt: skip
    c.ellipse(760, 700, 430, 230, "#5d3a1c", opacity=0.5, filter=c.blur(16))
    c.path("M330 640 C330 440 520 376 760 376 C1010 376 1190 446 1190 636 C1190 800 1010 872 756 872 C500 872 330 806 330 640Z",
           c.glow((0, "#e9b872", 1), (0.55, "#c98843", 1), (0.9, "#9a5a24", 1), (1, "#7c431a", 1), x=0.46, y=0.4))  # fmt: skip
    _scores(c)
    for _ in range(420):
        angle, far = c.random.uniform(0, math.tau), c.random.random() ** 0.5
        c.circle(760 + 395 * far * math.cos(angle), 610 + 220 * far * math.sin(angle), c.random.uniform(0.8, 2.6), "#fff4dc",
                 opacity=round(c.random.uniform(0.2, 0.7), 2))  # fmt: skip
    for _ in range(60):
        c.circle(c.random.uniform(270, 1300), c.random.uniform(880, 925), c.random.uniform(2, 5), "#d9a566")
    c.begin(transform="rotate(12 500 1040)")
    c.path("M330 1020 H900 Q960 1024 990 1054 Q700 1074 330 1062Z", c.fade((0, "#eef2f3"), (1, "#aab6ba")))
    c.rect(110, 1012, 230, 56, "#4a2f22", r=24)
    for rivet in (160, 225, 290):
        c.circle(rivet, 1040, 7, "#d9c7a8")
    c.end()
    return c


def _scores(c: Canvas) -> None:
    c.path("M400 640 Q760 520 1130 616", stroke="#f6dfb4", stroke_width=26, stroke_linecap="round")
    c.path("M400 646 Q760 530 1130 622", stroke="#b87434", stroke_width=7, stroke_linecap="round")
    for i in range(7):
        x = 470 + i * 96
        y = 622 - 70 * math.sin(math.pi * (i + 0.9) / 8)
        for side in (-1, 1):
            c.path(
                f"M{x} {y + side * 16} q{34} {side * 26} {70} {side * 78}",
                stroke="#f3d6a3", stroke_width=17, stroke_linecap="round",
            )  # fmt: skip
            c.path(
                f"M{x + 5} {y + side * 16} q{34} {side * 26} {70} {side * 76}",
                stroke="#b87434", stroke_width=4, stroke_linecap="round",
            )  # fmt: skip


def books(width: int = 1600, height: int = 1200) -> Canvas:
    """Three full shelves, and a tail."""
    c = Canvas(width, height, "books")
    c.background("#3b2a23")
    colours = (
        "#c8553d",
        "#f2d0a4",
        "#588b8b",
        "#28536b",
        "#d9a441",
        "#8c5e58",
        "#93a8ac",
        "#6b4e71",
        "#a3b18a",
        "#e6d5b8",
    )
    for shelf in range(3):
        floor = 370 + shelf * 380
        c.rect(40, floor - 330, width - 80, 330, "#2a1d18")
        x = 60.0
        while x < width - 110:
            if (shelf, 900 < x < 980) == (1, True):
                _pot(c, x + 70, floor)
                x += 170
                continue
            x += _book(c, x, floor, pick(colours, c.random.randrange(len(colours))))
        c.rect(20, floor, width - 40, 34, c.fade((0, "#8a5f3f"), (1, "#6a452c")), r=4)
    c.path(
        "M1290 30 Q1300 170 1360 250 Q1400 300 1372 352 Q1350 380 1330 352",
        stroke="#d98a43",
        stroke_width=40,
        stroke_linecap="round",
    )
    for y in (120, 190, 262):
        c.circle(1302 + (y - 100) * 0.36, y, 17, "#b4662a", opacity=0.6)
    return c


def _book(c: Canvas, x: float, floor: float, colour: str) -> float:
    wide, tall = c.random.choice((30, 38, 46, 56, 70)), c.random.uniform(210, 296)
    lean = c.random.random() < 0.06
    c.begin(transform=f"rotate({7 if lean else 0} {x + wide:.0f} {floor})")
    c.rect(x, floor - tall, wide - 3, tall, colour, r=3)
    c.rect(x, floor - tall, 5, tall, "#000", opacity=0.15)
    trim = mix(colour, "#fff4d6", 0.6)
    c.rect(x + 3, floor - tall + 24, wide - 9, 5, trim)
    c.rect(x + 3, floor - 44, wide - 9, 5, trim)
    if wide >= 46:
        c.rect(x + wide * 0.22, floor - tall + 56, wide * 0.5, tall * 0.32, trim, r=3)
    elif c.random.random() < 0.5:
        c.circle(x + wide / 2 - 2, floor - tall / 2, wide * 0.2, trim)
    c.end()
    return wide + (30 if lean else 0)


def _pot(c: Canvas, x: float, floor: float) -> None:
    for i, turn in enumerate((-70, -45, -20, 5, 30, 55, 78)):
        c.begin(transform=f"rotate({turn} {x} {floor - 90})")
        c.path(f"M{x} {floor - 90} q-16 -90 0 -150 q16 60 0 150Z", pick(("#7fb069", "#5f9450"), i))
        c.end()
    c.path(f"M{x - 56} {floor - 96} h112 l-14 96 h-84Z", "#e6d5b8")
    c.rect(x - 56, floor - 70, 112, 12, "#28536b")


def sardines(width: int = 1400, height: int = 1050) -> Canvas:
    """An open tin of five sardines."""
    c = Canvas(width, height, "sardines")
    c.background("#f3c64e")
    for x in range(-200, width + 200, 110):
        c.line((x, -20), (x + 300, height + 20), "#eebb3a", 26)
    c.rect(230, 300, 960, 560, "#a8791d", r=150, opacity=0.45, filter=c.blur(20))
    c.rect(210, 260, 960, 560, c.fade((0, "#dfe7ea"), (0.5, "#aebcc2"), (1, "#d3dde1")), r=150)
    c.rect(238, 288, 904, 504, "#7d8d94", r=124)
    c.rect(254, 304, 872, 472, c.fade((0, "#d8a838"), (1, "#b9851f")), r=112, opacity=0.9)
    for fish in range(5):
        _sardine(c, 300, 342 + fish * 84, turned=fish % 2 == 1)
    c.begin(transform="rotate(-7 1200 300)")
    c.path("M1080 250 q10 -150 150 -150 h60 v120 q-110 20 -120 90Z", c.fade((0, "#f4f7f8"), (1, "#9fb0b7")))
    c.rect(1284, 92, 34, 140, "#c3ced3", r=16)
    c.circle(1302, 60, 44, "none", stroke="#c3ced3", stroke_width=18)
    c.end()
    c.begin(transform="translate(330 900) rotate(-16)")
    c.circle(0, 0, 96, "#f5e04f")
    c.circle(0, 0, 84, "#fbf2a8")
    for segment in around(0, 0, 76, 9):
        c.line((0, 0), segment, "#f5e04f", 7)
    c.end()
    for x, y in ((1040, 900), (1110, 930), (980, 945)):
        c.path(f"M{x} {y} q30 -60 90 -60 q-14 60 -90 60Z", "#4f8a4a")
    return c


def _sardine(c: Canvas, x: float, y: float, *, turned: bool) -> None:
    c.begin(transform=f"translate({x + (780 if turned else 0)} {y}) scale({-1 if turned else 1} 1)")
    c.path(
        "M0 34 Q60 -18 260 -14 Q520 -8 660 26 L760 -10 Q744 34 760 80 L660 46 Q500 84 260 82 Q60 80 0 34Z",
        c.fade((0, "#3f6f8f"), (0.42, "#6fa3bb"), (0.5, "#e4edf0"), (1, "#b4c6ce")),
    )
    c.path("M118 -4 Q160 34 120 76", stroke="#31566e", stroke_width=5)
    c.circle(58, 26, 13, "#fff8e6")
    c.circle(60, 26, 7, "#1f2d36")
    for spot in range(9):
        c.circle(190 + spot * 48, 14 + 3 * math.sin(spot), 5, "#2b4d63", opacity=0.7)
    for scale in range(11):
        c.path(f"M{180 + scale * 40} 42 q12 12 0 24", stroke="#8aa5b1", stroke_width=3)
    c.end()
