"""Drawings of ways to get about: a tram under cherry trees, a bicycle at a wall, a night train."""

from __future__ import annotations

import math

from parvis.demo.art.canvas import Canvas, around, pick


def tram(width: int = 1600, height: int = 1200) -> Canvas:
    """A little green tram between cherry trees."""
    c = Canvas(width, height, "tram")
    c.background(c.fade((0, "#d8ecf2"), (1, "#fdf1ec")))
    for x, wide, tall, colour in (
        (60, 220, 420, "#cfd6dc"),
        (300, 180, 520, "#dcd3cc"),
        (520, 260, 360, "#c9d3d0"),
        (1060, 240, 480, "#d6cfd8"),
        (1320, 260, 400, "#cdd8d2"),
    ):
        c.rect(x, 820 - tall, wide, tall, colour)
        for row in range(int(tall / 76)):
            for column in range(int(wide / 56)):
                c.rect(x + 18 + column * 54, 842 - tall + row * 74, 28, 36, "#f7f9fa", opacity=0.85)
    c.rect(0, 800, width, 400, c.fade((0, "#b9b4ae"), (1, "#8f8a86")))
    c.rect(0, 800, width, 22, "#e6dfd6")
    for offset in (0, 96):
        c.line((0, 1010 + offset), (width, 1010 + offset), "#5e5a58", 8)
        c.line((0, 1006 + offset), (width, 1006 + offset), "#d9d4cf", 3)
    c.line((0, 350), (width, 330), "#4a4a4f", 3)
    _carriage(c, 380, 1020)
    for x, y, size in ((120, 900, 1.15), (1450, 920, 1.3)):
        _cherry(c, x, y, size)
    for _ in range(150):
        x, y = c.random.uniform(0, width), c.random.uniform(200, height)
        c.ellipse(
            x,
            y,
            7,
            4,
            pick(("#f7b9c8", "#fbd6de", "#f29fb5"), round(x)),
            transform=f"rotate({round(y) % 180} {x:.0f} {y:.0f})",
        )
    return c


def _carriage(c: Canvas, x: float, rail: float) -> None:
    c.ellipse(x + 410, rail + 10, 450, 26, "#4f4b49", opacity=0.5)
    c.line((x + 330, rail - 480), (x + 470, rail - 660), "#3d4145", 7)
    c.line((x + 470, rail - 660), (x + 400, rail - 690), "#3d4145", 7)
    c.rect(x + 290, rail - 492, 170, 26, "#8c958f", r=8)
    c.rect(x, rail - 470, 820, 420, "#2f7d5b", r=44)
    c.rect(x, rail - 250, 820, 130, "#f4ead2")
    c.rect(x, rail - 470, 820, 54, "#256349", r=30)
    for window in range(6):
        wx = x + 46 + window * 124
        c.rect(wx, rail - 396, 104, 128, c.fade((0, "#bfe0ea"), (1, "#e9f4f3")), r=12)
        c.path(f"M{wx + 20} {rail - 270} l50 -124 h22 l-50 124Z", "#fff", opacity=0.5)
        if window in (1, 3, 4):
            c.circle(wx + 52, rail - 316, 20, pick(("#6a4b3a", "#2d2a32", "#c79a6b"), window))
            c.path(f"M{wx + 22} {rail - 268} q30 -50 60 0Z", pick(("#d1495b", "#3f6ea5", "#e9a23b"), window))
    for door in (x + 24, x + 700):
        c.rect(door, rail - 262, 96, 196, "#1f5a42", r=8)
        c.rect(door + 14, rail - 246, 30, 100, "#cfe7ea", r=6)
        c.rect(door + 52, rail - 246, 30, 100, "#cfe7ea", r=6)
    c.rect(x + 350, rail - 454, 150, 30, "#fdf6e3", r=6)
    c.circle(x + 14, rail - 150, 24, "#fff4c4")
    c.circle(x + 806, rail - 150, 24, "#f2d7d0")
    c.rect(x + 40, rail - 60, 740, 30, "#3b3f42", r=10)
    for wheel in (150, 270, 560, 680):
        c.circle(x + wheel, rail - 22, 34, "#2c2f31")
        c.circle(x + wheel, rail - 22, 14, "#8b9194")


def _cherry(c: Canvas, x: float, y: float, size: float) -> None:
    c.begin(transform=f"translate({x} {y}) scale({size})")
    c.path(
        "M-20 0 Q-10 -160 -60 -300 M6 0 Q0 -180 70 -330 M-6 -150 Q-60 -220 -120 -260",
        stroke="#6b4a45",
        stroke_width=34,
        stroke_linecap="round",
    )
    for _ in range(90):
        angle, far = c.random.uniform(0, math.tau), c.random.random() ** 0.5
        c.circle(
            220 * far * math.cos(angle),
            -400 + 150 * far * math.sin(angle),
            c.random.uniform(26, 48),
            pick(("#f7b9c8", "#fbd6de", "#f4a6bb", "#fde6ea"), c.random.randrange(4)),
            opacity=0.9,
        )
    c.end()


def bicycle(width: int = 1600, height: int = 1200) -> Canvas:
    """A red bicycle leaning at an ochre wall."""
    c = Canvas(width, height, "bicycle")
    c.background(c.fade((0, "#e3a857"), (1, "#d18f45")))
    for _ in range(60):
        x, y = c.random.uniform(0, width), c.random.uniform(0, 900)
        c.ellipse(
            x,
            y,
            c.random.uniform(40, 150),
            c.random.uniform(14, 46),
            pick(("#dc9c4c", "#e9b367", "#cf8a40"), c.random.randrange(3)),
            opacity=0.35,
        )
    for x, y in ((90, 120), (160, 160), (80, 200), (1420, 640), (1490, 680), (1400, 720)):
        c.rect(x, y, 74, 32, "#b8693a", r=3, opacity=0.75)
    _shutter(c, 1040, 90)
    c.rect(0, 960, width, 240, c.fade((0, "#a89a8a"), (1, "#84786b")))
    for stone in range(11):
        c.rect(stone * 150 - 20, 960, 146, 44, pick(("#b9ac9b", "#ada08f", "#c1b5a5"), stone), r=6)
    c.begin(transform="translate(46 26)", opacity=0.22)
    _bike(c, "#5a3a1c", shadow=True)
    c.end()
    _bike(c, "#b3262e", shadow=False)
    return c


def _shutter(c: Canvas, x: float, y: float) -> None:
    c.rect(x - 14, y - 14, 348, 428, "#f3e6cf")
    c.rect(x, y, 320, 400, "#35505c")
    for side in (0, 164):
        c.rect(x + side, y, 156, 400, "#4f8a7b")
        for slat in range(17):
            c.rect(x + side + 14, y + 14 + slat * 22, 128, 12, "#3e7265", r=3)
    c.rect(x - 34, y + 414, 388, 22, "#f3e6cf")
    for i in range(16):
        px, py = x - 10 + i * 22, y + 404 - 18 * c.random.random()
        c.circle(px, py - 14, 20, pick(("#5f8f4e", "#4f7d45"), i))
        c.circle(px + 6, py - 28, 11, pick(("#d1495b", "#f4a6b8", "#fff1f1"), i))


def _bike(c: Canvas, colour: str, *, shadow: bool) -> None:
    back, front, ground = (460, 830), (1080, 830), 830
    for x, y in (back, front):
        c.circle(x, y, 190, "none", stroke="#26282b", stroke_width=18)
        if not shadow:
            c.circle(x, y, 174, "none", stroke="#c8ccce", stroke_width=5)
            for px, py in around(x, y, 172, 28):
                c.line((x, y), (px, py), "#e4e6e7", 1.8)
        c.circle(x, y, 16, "#43474a")
    pedal, seat, head = (720, ground + 14), (620, 540), (960, 520)
    for a, b in ((back, pedal), (pedal, seat), (seat, back), (pedal, head), ((640, 590), (966, 560))):
        c.line(a, b, colour, 20)
    c.path(
        f"M{head[0] - 12} {head[1] - 40} L{head[0] + 24} {head[1] + 60} Q{head[0] + 60} {head[1] + 220} {front[0]} {front[1]}",
        stroke=colour,
        stroke_width=20,
        stroke_linecap="round",
    )
    c.line(seat, (606, 496), "#9aa0a3", 14)
    c.path("M530 486 Q600 462 690 484 Q680 508 620 506 Q560 516 530 486Z", "#5b3a26")
    c.path(
        f"M{head[0] - 14} {head[1] - 44} L{head[0] - 30} {head[1] - 96}"
        f"Q{head[0] + 40} {head[1] - 128} {head[0] + 96} {head[1] - 92} q20 30 -24 40",
        stroke="#9aa0a3",
        stroke_width=14,
        stroke_linecap="round",
    )
    c.path(f"M{head[0] + 50} {head[1] - 52} q30 6 42 -12", stroke="#5b3a26", stroke_width=22, stroke_linecap="round")
    c.circle(*pedal, 52, "none", stroke="#3a3d40", stroke_width=12)
    c.line(pedal, (pedal[0] + 60, pedal[1] + 76), "#6d7275", 14)
    c.rect(pedal[0] + 34, pedal[1] + 72, 66, 16, "#26282b", r=6)
    c.path(
        f"M{back[0]} {back[1] - 18} H{pedal[0]} M{back[0]} {back[1] + 22} L{pedal[0]} {pedal[1] + 50}",
        stroke="#55595c",
        stroke_width=5,
    )
    c.path(
        f"M{back[0] - 196} {back[1] - 60} A206 206 0 0 1 {back[0] + 120} {back[1] - 168}",
        stroke=colour,
        stroke_width=14,
        stroke_linecap="round",
    )
    if not shadow:
        c.path("M1000 560 h190 l-22 130 h-146Z", "#c79a5b")
        for row in range(4):
            c.line((1004 + row * 5, 580 + row * 30), (1186 - row * 5, 580 + row * 30), "#a4783e", 5)
        for x, y, shade in ((1040, 540, "#e9a23b"), (1090, 530, "#d1495b"), (1140, 544, "#8fb05a")):
            c.circle(x, y, 34, shade)
        c.path("M1060 552 q70 -130 130 -150 q0 90 -60 160Z", "#6a9a4f")


def train(width: int = 1600, height: int = 1000) -> Canvas:
    """A night train with lit windows on a viaduct, under the moon."""
    c = Canvas(width, height, "train")
    c.background(c.fade((0, "#101b3d"), (0.6, "#33457c"), (1, "#8a6f9e")))
    c.stars(260, height * 0.55)
    c.circle(width * 0.78, height * 0.2, 200, c.glow((0, "#fff6d0", 0.5), (1, "#fff6d0", 0)))
    c.circle(width * 0.78, height * 0.2, 66, "#fff3cf")
    c.circle(width * 0.765, height * 0.185, 12, "#ecdcae")
    c.circle(width * 0.795, height * 0.215, 8, "#ecdcae")
    c.ridge(height * 0.66, height * 0.2, "#2a3a69", bumps=4)
    c.ridge(height * 0.76, height * 0.16, "#1f2c55", bumps=6)
    deck = height * 0.66
    c.rect(0, deck, width, 26, "#5b4a55")
    for i in range(9):
        x = i * 200 - 60
        c.path(
            f"M{x} {deck + 26} h200 v{height - deck} h-44 V{deck + 160} a56 56 0 0 0 -112 0 V{height} h-44Z",
            c.fade((0, "#6a5560"), (1, "#33304a")),
        )  # fmt: skip
    c.ridge(height * 1.0, height * 0.1, "#141d3a", bumps=7)
    _engine(c, width * 0.08, deck)
    for wagon in range(4):
        _wagon(c, width * 0.08 + 236 + wagon * 296, deck, wagon)
    return c


def _engine(c: Canvas, x: float, deck: float) -> None:
    c.path(
        f"M{x - 20} {deck - 8} V{deck - 62} Q{x - 10} {deck - 116} {x + 60} {deck - 118} H{x + 226} V{deck - 8}Z",
        "#a5323a",
    )
    c.rect(x - 20, deck - 40, 246, 12, "#f2d8a7")
    c.path(f"M{x + 6} {deck - 66} Q{x + 18} {deck - 100} {x + 62} {deck - 100} V{deck - 66}Z", "#ffe6a1")
    c.path(f"M{x - 18} {deck - 30} L{x - 330} {deck + 4} L{x - 330} {deck - 96}Z", "#fff2b8", opacity=0.16)
    c.circle(x - 8, deck - 28, 9, "#fff7d0")
    for wheel in (30, 80, 150, 196):
        c.circle(x + wheel, deck - 8, 15, "#1b1b2b")


def _wagon(c: Canvas, x: float, deck: float, index: int) -> None:
    c.rect(x, deck - 112, 284, 104, pick(("#23406f", "#2b4d80"), index), r=10)
    c.rect(x, deck - 40, 284, 8, "#f2d8a7")
    for window in range(6):
        lit = c.random.random() < 0.72
        wx = x + 18 + window * 43
        c.rect(wx, deck - 94, 32, 40, "#ffe19a" if lit else "#1a2a4d", r=4)
        if lit and c.random.random() < 0.5:
            c.circle(wx + 16, deck - 70, 7, "#7a5a4a")
            c.rect(wx + 8, deck - 64, 16, 10, "#7a5a4a", r=4)
    for wheel in (36, 84, 200, 248):
        c.circle(x + wheel, deck - 6, 13, "#1b1b2b")
