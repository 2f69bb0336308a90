"""Drawings of places: a harbour, hills, a lake, a night sky."""

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
