"""The square itself, with its fountain, its clock and its lamps: by day and at dusk."""

from __future__ import annotations

from parvis.demo.art.canvas import Canvas, Point, mix, pick

FRONTS = ("#e8a87c", "#f2d0a4", "#c38d9e", "#85b8a8", "#e27d60", "#f4c95d", "#9fb8d0", "#d9a5b3")


def square(width: int = 1600, height: int = 1200) -> Canvas:
    """A square with a fountain, coloured fronts and a clock tower, late in the afternoon."""
    c = Canvas(width, height, "square")
    c.background(c.fade((0, "#6fa8c9"), (0.45, "#bfdce0"), (0.7, "#fbe7c6")))
    c.cloud(300, 170, 150, "#fff", opacity=0.8)
    c.cloud(1250, 120, 110, "#fff", opacity=0.65)
    _place(c)
    _garland(c, 24, 0.8)
    return c


def dusk(width: int = 1600, height: int = 1200) -> Canvas:
    """The same square when the lamps are on."""
    c = Canvas(width, height, "square")
    c.background(c.fade((0, "#3d4f94"), (0.5, "#a884a8"), (0.68, "#ffc48a")))
    windows, clock = _place(c)
    c.add(f'<rect width="{width}" height="{height}" fill="#7074b0" style="mix-blend-mode:multiply"/>')
    c.stars(60, height * 0.2)
    for x, y in windows:
        if c.random.random() < 0.62:
            c.rect(x, y, 44, 60, "#ffdf94", r=2)
            c.rect(x + 20, y, 4, 60, "#8a6a5a")
            c.circle(x + 22, y + 30, 70, c.glow((0, "#ffd98a", 0.45), (1, "#ffd98a", 0)))
    c.circle(*clock, 42, "#fff3c9")
    c.line(clock, (clock[0], clock[1] - 30), "#3b2f2f", 6)
    c.line(clock, (clock[0] - 18, clock[1] + 14), "#3b2f2f", 5)
    c.circle(*clock, 130, c.glow((0, "#fff0c0", 0.5), (1, "#fff0c0", 0)))
    c.ellipse(width / 2, height * 0.8, width * 0.5, height * 0.16, c.glow((0, "#ffcf8a", 0.5), (1, "#ffcf8a", 0)))
    _garland(c, 44, 0.45)
    return c


def _place(c: Canvas) -> tuple[list[Point], Point]:
    """Houses, tower, paving, fountain and pigeons; answers where the windows are, and the clock."""
    width, height = c.width, c.height
    ground = height * 0.68
    windows: list[Point] = []
    clock: Point = (0, 0)
    x, index = -40.0, 0
    while x < width:
        wide = c.random.choice((190, 220, 250))
        if index == 4:
            clock = _tower(c, x, ground)
            wide = 170
        else:
            windows += _house(c, x, ground, wide, c.random.choice((380, 430, 480)), pick(FRONTS, index))
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
    _fountain(c, width * 0.5, ground + 200)
    for x, y, size in (
        (360, ground + 170, 1.0),
        (430, ground + 205, 0.9),
        (1190, ground + 240, 1.1),
        (1270, ground + 190, 0.9),
        (1110, ground + 300, 1.2),
    ):
        _pigeon(c, x, y, size, facing=-1 if x > width / 2 else 1)
    return windows, clock


def _house(c: Canvas, x: float, ground: float, width: float, height: float, colour: str) -> list[Point]:
    top = ground - height
    windows: list[Point] = []
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
            windows.append((wx, wy))
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
    return windows


def _tower(c: Canvas, x: float, ground: float) -> Point:
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
    return x + 85, top + 84


def _garland(c: Canvas, reach: float, strength: float) -> None:
    x1, y1, x2, y2, sag = 60, 330, c.width - 60, 300, 480
    c.path(f"M{x1} {y1} Q{(x1 + x2) / 2} {sag} {x2} {y2}", stroke="#4a3b35", stroke_width=3)
    for i in range(1, 26):
        t = i / 26
        x = (1 - t) ** 2 * x1 + t * (1 - t) * (x1 + x2) + t * t * x2
        y = (1 - t) ** 2 * y1 + 2 * t * (1 - t) * sag + t * t * y2
        c.circle(x, y + 14, reach, c.glow((0, "#fff3b8", strength), (1, "#fff3b8", 0)))
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
