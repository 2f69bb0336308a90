"""Drawings of places: a harbour, a square, hills, a lake, a night sky."""

from __future__ import annotations

from parvis.demo.art.canvas import Canvas, mix, pick


def harbour(width: int = 1600, height: int = 1200) -> Canvas:
    """Three wooden boats on a calm sea at sunset."""
    c = Canvas(width, height, "harbour")
    horizon = height * 0.52
    c.background(c.fade((0, "#2f4b7c"), (0.25, "#7a5b8c"), (0.4, "#e58b6d"), (0.52, "#ffd9a0"), (0.53, "#ffd9a0")))
    sun = width * 0.62
    c.circle(sun, horizon - 30, 320, c.glow((0, "#fff3cf", 0.9), (0.3, "#ffe0a3", 0.5), (1, "#ffc98a", 0)))
    c.circle(sun, horizon - 30, 74, "#fff1c9")
    c.path(
        f"M0 {horizon} L0 {horizon - 70} Q180 {horizon - 120} 380 {horizon - 34} T620 {horizon} Z",
        "#5c4a72",
        opacity=0.75,
    )
    c.path(
        f"M{width} {horizon} V{horizon - 96} Q{width - 170} {horizon - 130} {width - 330} {horizon - 24}"
        f"T{width - 520} {horizon} Z",
        "#4c4068",
        opacity=0.8,
    )
    _lighthouse(c, width - 150, horizon - 96)
    c.rect(
        0, horizon, width, height - horizon, c.fade((0, "#f0b183"), (0.18, "#b87a86"), (0.5, "#4d5a8a"), (1, "#22345f"))
    )
    for _ in range(170):
        depth = c.random.random() ** 1.6
        y = horizon + 8 + depth * (height - horizon)
        long = 20 + 150 * depth * c.random.uniform(0.4, 1)
        near_sun = c.random.random() < 0.45
        x = sun + c.random.gauss(0, 60 + 140 * depth) if near_sun else c.random.uniform(0, width)
        colour = "#ffe3b3" if near_sun else pick(("#35507f", "#7f7ca0", "#f3c9a1"), c.random.randrange(3))
        c.rect(x - long / 2, y, long, 2 + 5 * depth, colour, r=3, opacity=round(0.25 + 0.35 * c.random.random(), 2))
    _boat(c, width * 0.80, horizon + height * 0.08, 0.62, "#2f6f73", "#f6e8cf")
    _boat(c, width * 0.50, horizon + height * 0.17, 0.95, "#a33b37", "#fbeed6")
    _boat(c, width * 0.20, horizon + height * 0.32, 1.5, "#1f3f66", "#e9c46a")
    return c


def _lighthouse(c: Canvas, x: float, y: float) -> None:
    c.polygon([(x - 16, y + 20), (x - 10, y - 84), (x + 10, y - 84), (x + 16, y + 20)], "#f5e6d3")
    for band in (0.2, 0.62):
        c.rect(x - 14, y - 84 + 104 * band, 28, 20, "#b4413c")
    c.rect(x - 9, y - 102, 18, 18, "#ffe9a8")
    c.polygon([(x - 13, y - 102), (x, y - 118), (x + 13, y - 102)], "#4a3350")


def _boat(c: Canvas, x: float, y: float, size: float, hull: str, sail: str) -> None:
    c.begin(transform=f"translate({x:.0f} {y:.0f}) scale({size})")
    c.ellipse(0, 34, 150, 16, "#16264a", opacity=0.35)
    c.path("M-130 -8 Q-118 40 -70 42 H76 Q122 38 142 -22 Q60 2 -130 -8Z", hull)
    c.path("M-130 -8 Q60 2 142 -22 L139 -12 Q60 12 -128 2Z", "#f3e3c5")
    c.path("M-122 14 Q20 26 128 8", stroke=mix(hull, "#000000", 0.35), stroke_width=3)
    c.line((-8, 0), (-8, -236), "#5b3a29", 7)
    c.path("M-2 -230 Q92 -120 96 -26 Q40 -14 -2 -20Z", sail)
    c.path("M-16 -206 Q-84 -110 -92 -24 Q-50 -14 -16 -18Z", mix(sail, "#c98f5a", 0.28))
    c.path("M-8 -236 l34 8 l-34 12Z", "#d1495b")
    c.path("M-70 44 Q0 62 80 46", stroke="#ffe3b3", stroke_width=3, opacity=0.6)
    c.end()


FRONTS = ("#e8a87c", "#f2d0a4", "#c38d9e", "#85b8a8", "#e27d60", "#f4c95d", "#9fb8d0", "#d9a5b3")


def square(width: int = 1600, height: int = 1200) -> Canvas:
    """A square with a fountain, coloured fronts and a clock tower, late in the afternoon."""
    c = Canvas(width, height, "square")
    ground = height * 0.68
    c.background(c.fade((0, "#6fa8c9"), (0.45, "#bfdce0"), (0.7, "#fbe7c6")))
    c.cloud(300, 170, 150, "#fff", opacity=0.8)
    c.cloud(1250, 120, 110, "#fff", opacity=0.65)
    x, index = -40.0, 0
    while x < width:
        wide = c.random.choice((190, 220, 250))
        if index == 4:
            _tower(c, x, ground)
            wide = 170
        else:
            _house(c, x, ground, wide, c.random.choice((380, 430, 480)), pick(FRONTS, index))
        x += wide
        index += 1
    c.rect(0, ground, width, height - ground, c.fade((0, "#d8c3a5"), (1, "#a78d6e")))
    for row in range(9):
        y = ground + (height - ground) * (row / 9) ** 1.5
        c.line((0, y), (width, y), "#8f765a", 1.5, opacity=0.5)
        for column in range(-12, 13):
            start = width / 2 + column * 130 + (65 if row % 2 else 0)
            spread = 1 + row * 0.16
            c.line(
                (width / 2 + (start - width / 2) * spread, y),
                (width / 2 + (start - width / 2) * (spread + 0.16), ground + (height - ground) * ((row + 1) / 9) ** 1.5),
                "#8f765a", 1.2, opacity=0.4,
            )  # fmt: skip
    _garland(c, 60, 330, width - 60, 300)
    _fountain(c, width * 0.5, ground + 200)
    for x, y, size in (
        (360, ground + 170, 1.0),
        (430, ground + 205, 0.9),
        (1190, ground + 240, 1.1),
        (1270, ground + 190, 0.9),
        (1110, ground + 300, 1.2),
    ):
        _pigeon(c, x, y, size, facing=-1 if x > width / 2 else 1)
    return c


def _house(c: Canvas, x: float, ground: float, width: float, height: float, colour: str) -> None:
    top = ground - height
    c.rect(x, top, width, height, colour)
    c.rect(x, top, width * 0.12, height, "#000", opacity=0.06)
    c.polygon([(x - 8, top), (x + 20, top - 56), (x + width - 20, top - 56), (x + width + 8, top)], "#9c4a3c")
    c.rect(x - 6, top - 4, width + 12, 12, "#f7ecd9")
    columns = 3 if width > 200 else 2
    step = width / columns
    for row in range(2 if height < 430 else 3):
        for column in range(columns):
            wx, wy = x + step * (column + 0.5) - 22, top + 42 + row * 100
            c.rect(wx - 14, wy - 2, 12, 64, mix(colour, "#23485e", 0.7))
            c.rect(wx + 46, wy - 2, 12, 64, mix(colour, "#23485e", 0.7))
            lit = c.random.random() < 0.25
            c.rect(wx, wy, 44, 60, "#ffe6a1" if lit else "#3e5c76", r=2)
            c.rect(wx + 20, wy, 4, 60, "#f7ecd9")
            c.rect(wx - 4, wy + 60, 52, 6, "#f7ecd9")
            if c.random.random() < 0.4:
                for flower in range(6):
                    c.circle(
                        wx + 2 + flower * 8,
                        wy + 58 - c.random.random() * 6,
                        6,
                        pick(("#d1495b", "#f4a6b8", "#6a994e"), flower),
                    )
    door = x + width / 2
    c.path(
        f"M{door - 34} {ground} V{ground - 70} A34 34 0 0 1 {door + 34} {ground - 70} V{ground} Z",
        mix(colour, "#3b2a20", 0.75),
    )
    awning = pick(("#b4413c", "#2f6f73", "#d9a441"), round(x))
    for stripe in range(8):
        sx = door - 76 + stripe * 19
        c.path(f"M{sx} {ground - 120} h19 v22 a9.5 9 0 0 1 -19 0Z", awning if stripe % 2 else "#fff6e5")


def _tower(c: Canvas, x: float, ground: float) -> None:
    top = ground - 600
    c.rect(x + 20, top, 130, 600, "#efe0c6")
    c.rect(x + 20, top, 22, 600, "#000", opacity=0.07)
    c.polygon([(x + 8, top), (x + 85, top - 110), (x + 162, top)], "#56708a")
    c.line((x + 85, top - 110), (x + 85, top - 146), "#3b4a5a", 5)
    c.circle(x + 85, top + 84, 46, "#fffaf0", stroke="#8c6d46", stroke_width=7)
    c.line((x + 85, top + 84), (x + 85, top + 54), "#3b2f2f", 6)
    c.line((x + 85, top + 84), (x + 108, top + 96), "#3b2f2f", 5)
    for row in range(3):
        wy = top + 190 + row * 120
        c.path(f"M{x + 66} {wy + 60} V{wy + 18} A19 19 0 0 1 {x + 104} {wy + 18} V{wy + 60} Z", "#5b6f82")
    c.path(f"M{x + 48} {ground} V{ground - 60} A37 37 0 0 1 {x + 122} {ground - 60} V{ground} Z", "#4c3a2c")


def _garland(c: Canvas, x1: float, y1: float, x2: float, y2: float) -> None:
    sag = 150
    c.path(f"M{x1} {y1} Q{(x1 + x2) / 2} {max(y1, y2) + sag} {x2} {y2}", stroke="#4a3b35", stroke_width=3)
    for i in range(1, 26):
        t = i / 26
        x = (1 - t) ** 2 * x1 + 2 * (1 - t) * t * (x1 + x2) / 2 + t * t * x2
        y = (1 - t) ** 2 * y1 + 2 * (1 - t) * t * (max(y1, y2) + sag) + t * t * y2
        c.circle(x, y + 14, 24, c.glow((0, "#fff3b8", 0.8), (1, "#fff3b8", 0)))
        c.circle(x, y + 12, 8, pick(("#fff0a8", "#ffd6a0", "#ffb3a7"), i))


def _fountain(c: Canvas, x: float, y: float) -> None:
    c.ellipse(x, y + 36, 240, 52, "#000", opacity=0.15)
    c.path(f"M{x - 210} {y - 20} Q{x - 200} {y + 46} {x} {y + 50} Q{x + 200} {y + 46} {x + 210} {y - 20}Z", "#c9bfae")
    c.ellipse(x, y - 20, 210, 42, "#e6ddcc")
    c.ellipse(x, y - 18, 188, 34, c.fade((0, "#7fb8c9"), (1, "#4f93ad")))
    c.path(f"M{x - 20} {y - 20} L{x - 14} {y - 150} H{x + 14} L{x + 20} {y - 20}Z", "#d8ccb8")
    c.path(f"M{x - 92} {y - 160} Q{x} {y - 96} {x + 92} {y - 160}Z", "#cfc3af")
    c.ellipse(x, y - 160, 92, 18, "#86bccb")
    for side in (-1, 1):
        for reach in (40, 70, 104):
            c.path(
                f"M{x} {y - 236} Q{x + side * reach * 0.9} {y - 250} {x + side * reach} {y - (42 if reach == 104 else 162)}",
                stroke="#e8f7fb", stroke_width=5, opacity=0.85, stroke_linecap="round",
            )  # fmt: skip
    c.line((x, y - 160), (x, y - 240), "#eefafd", 8)


def _pigeon(c: Canvas, x: float, y: float, size: float, *, facing: int) -> None:
    c.begin(transform=f"translate({x} {y}) scale({size * facing} {size})")
    c.ellipse(0, 24, 30, 5, "#000", opacity=0.18)
    c.path("M-38 4 Q-20 -18 8 -12 Q16 -30 26 -26 Q36 -22 30 -8 Q26 18 0 20 Q-18 18 -38 4Z", "#77808f")
    c.path("M-30 4 Q-12 -8 8 -4 Q0 12 -14 12Z", "#5d6675")
    c.circle(27, -18, 2.4, "#20242b")
    c.path("M33 -16 l9 3 l-9 3Z", "#d98c4a")
    c.end()


def hills(width: int = 1600, height: int = 1000) -> Canvas:
    """Ridge behind ridge in the morning, birds above."""
    c = Canvas(width, height, "hills")
    c.background(c.fade((0, "#9cc9d9"), (0.5, "#f6dfc0"), (1, "#f2b98d")))
    c.circle(
        width * 0.3, height * 0.36, height * 0.32, c.glow((0, "#fff8dc", 1), (0.25, "#ffedb8", 0.7), (1, "#ffe1a8", 0))
    )
    c.circle(width * 0.3, height * 0.36, height * 0.055, "#fffbe8")
    colours = ("#b9b7c9", "#9aa3b8", "#7890a0", "#577a84", "#3b6266", "#264a49")
    for i, colour in enumerate(colours):
        c.ridge(height * (0.5 + 0.1 * i), height * 0.16, colour, bumps=5 + i % 3, opacity=0.95)
    for x, y in ((0.52, 0.2), (0.56, 0.17), (0.6, 0.21), (0.65, 0.18)):
        c.path(
            f"M{x * width} {y * height} q12 -14 24 0 q12 -14 24 0",
            stroke="#4a5568",
            stroke_width=4,
            stroke_linecap="round",
        )
    return c


def lake(width: int = 1600, height: int = 1000) -> Canvas:
    """A jetty, mist, and one red bathing cap."""
    c = Canvas(width, height, "lake")
    shore = height * 0.5
    c.background(c.fade((0, "#dfe9ee"), (0.5, "#f4ece4")))
    for i, colour in enumerate(("#c3d0da", "#a3b8c6", "#7f9fb0")):
        c.ridge(shore * (0.66 + 0.16 * i), shore * 0.42, colour, bumps=4 + i)
    for i in range(46):
        x = i * width / 45 + c.random.uniform(-12, 12)
        tall = c.random.uniform(40, 96)
        c.polygon([(x - 17, shore), (x, shore - tall), (x + 17, shore)], pick(("#3f6268", "#4d7276", "#35565e"), i))
    c.rect(0, shore, width, height - shore, c.fade((0, "#b8cbd2"), (0.3, "#8fb0bd"), (1, "#3f6f85")))
    c.rect(0, shore - 26, width, 80, "#fff", opacity=0.5, filter=c.blur(18))
    for _ in range(110):
        depth = c.random.random()
        y = shore + 20 + depth * depth * (height - shore)
        long = 30 + 160 * depth
        c.rect(
            c.random.uniform(-60, width),
            y,
            long,
            1.5 + 3 * depth,
            "#fff",
            r=2,
            opacity=round(0.1 + 0.25 * c.random.random(), 2),
        )
    for plank in range(15):
        t = plank / 15
        y = shore + 60 + t * t * (height - shore - 40)
        half = 26 + 96 * t
        middle = width * 0.24 - 40 * t
        near, low = half * 1.08, y + 8 + 22 * t
        c.polygon(
            [(middle - half, y), (middle + half, y), (middle + near, low), (middle - near, low)],
            pick(("#8a6a4f", "#7b5d44", "#94755a"), plank),
        )  # fmt: skip
    x, y = width * 0.66, shore + (height - shore) * 0.42
    for ring in (1, 2, 3):
        c.ellipse(x, y + 12, 50 * ring, 11 * ring, "none", stroke="#eef6f8", stroke_width=3, opacity=0.7 / ring)
    c.circle(x, y - 8, 20, "#e8b796")
    c.path(f"M{x - 21} {y - 10} A21 21 0 0 1 {x + 21} {y - 10} Q{x} {y - 18} {x - 21} {y - 10}Z", "#c8322f")
    return c


def night(width: int = 1600, height: int = 1000) -> Canvas:
    """The Milky Way above a small observatory."""
    c = Canvas(width, height, "night")
    c.background(c.fade((0, "#0b1030"), (0.55, "#1d2a5e"), (0.85, "#5a4a86"), (1, "#b0729b")))
    soft = c.blur(height * 0.05)
    c.begin(transform=f"rotate(-28 {width / 2} {height / 2})", filter=soft, opacity=0.5)
    c.ellipse(width * 0.5, height * 0.4, width * 0.62, height * 0.09, "#9fb0ef")
    c.ellipse(width * 0.45, height * 0.4, width * 0.4, height * 0.04, "#f3dcf0")
    c.end()
    c.stars(round(width * height / 3000), height * 0.82)
    for _ in range(260):
        along, off = c.random.uniform(-0.6, 0.6) * width, c.random.gauss(0, height * 0.05)
        x, y = width / 2 + along * 0.88 + off * 0.47, height * 0.42 - along * 0.47 + off * 0.88
        c.circle(x, y, c.random.uniform(0.8, 1.8), "#fff", opacity=0.7)
    c.path(
        f"M{width * 0.72} {height * 0.16} l90 -26", stroke="#fff", stroke_width=3, opacity=0.8, stroke_linecap="round"
    )
    c.ridge(height * 0.86, height * 0.1, "#1b1f42", bumps=5)
    c.ridge(height * 0.97, height * 0.12, "#0c0f26", bumps=4)
    x, y = width * 0.68, height * 0.83
    c.rect(x - 62, y - 34, 124, 80, "#191d3b")
    c.path(f"M{x - 74} {y - 30} A74 74 0 0 1 {x + 74} {y - 30}Z", "#2b3161")
    c.path(f"M{x - 4} {y - 104} L{x + 30} {y - 94} L{x + 18} {y - 32} H{x - 6}Z", "#0b0e22")
    c.rect(x - 40, y - 6, 22, 26, "#ffd98a")
    c.circle(x - 29, y + 6, 70, c.glow((0, "#ffd98a", 0.5), (1, "#ffd98a", 0)))
    return c
