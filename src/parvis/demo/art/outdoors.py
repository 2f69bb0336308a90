"""Drawings of weather and of those who like it: a cat at the window, kites, a vegetable garden."""

from __future__ import annotations

import math

from parvis.demo.art.canvas import Canvas, around, mix, pick


def cat(width: int = 1200, height: int = 1500) -> Canvas:
    """A ginger cat on a window sill, watching the rain."""
    c = Canvas(width, height, "cat")
    c.background("#c9b79c")
    for stripe in range(16):
        c.rect(stripe * 80, 0, 30, height, "#c0ac8f")
    c.rect(150, 90, 900, 1090, "#f7f0e3", r=8)
    c.rect(190, 130, 820, 1010, c.fade((0, "#5d7a91"), (0.6, "#8fa9b5"), (1, "#b7c5c4")))
    for x, tall, colour in (
        (190, 330, "#5a7384"),
        (330, 450, "#4d6678"),
        (520, 300, "#607b8b"),
        (680, 520, "#506a7c"),
        (850, 380, "#5a7384"),
    ):
        c.rect(x, 1140 - tall, 150 if x < 850 else 160, tall, colour, opacity=0.75)
        for window in range(int(tall / 80)):
            c.rect(
                x + 24 + 50 * (window % 2),
                1160 - tall + window * 70,
                26,
                34,
                "#ffe0a0" if c.random.random() < 0.5 else "#45596a",
                opacity=0.85,
            )
    for _ in range(150):
        x, y, long = c.random.uniform(190, 1010), c.random.uniform(130, 1100), c.random.uniform(16, 54)
        c.line((x, y), (x - long * 0.14, y + long), "#e6f0f4", 2.2, opacity=round(c.random.uniform(0.25, 0.7), 2))
    for _ in range(60):
        c.ellipse(c.random.uniform(196, 1004), c.random.uniform(136, 1130), 4, 6, "#f2f8fa", opacity=0.55)
    c.rect(586, 130, 28, 1010, "#f7f0e3")
    c.rect(190, 500, 820, 24, "#f7f0e3")
    c.rect(100, 1150, 1000, 66, "#efe4d0", r=10)
    c.rect(100, 1206, 1000, 16, "#cdbb9d")
    _plant(c, 250, 1150)
    _sitting_cat(c, 700, 1156)
    return c


def _plant(c: Canvas, x: float, y: float) -> None:
    for turn in (-64, -40, -18, 6, 28, 52):
        c.begin(transform=f"rotate({turn} {x} {y - 120})")
        c.path(
            f"M{x} {y - 120} Q{x - 52} {y - 250} {x} {y - 360} Q{x + 52} {y - 250} {x} {y - 120}Z",
            mix("#4f7f5a", "#2f5a44", abs(turn) / 70),
        )
        c.line((x, y - 130), (x, y - 330), "#7fb08a", 3, opacity=0.7)
        c.end()
    c.path(f"M{x - 82} {y - 140} H{x + 82} L{x + 62} {y} H{x - 62}Z", "#b8603f")
    c.rect(x - 92, y - 156, 184, 36, "#c8704c", r=6)


def _sitting_cat(c: Canvas, x: float, y: float) -> None:
    fur, dark, light = "#d98a43", "#b4662a", "#f4d6ab"
    c.path(
        f"M{x + 150} {y - 40} Q{x + 330} {y - 20} {x + 300} {y + 140} Q{x + 280} {y + 240} {x + 210} {y + 220}",
        stroke=fur,
        stroke_width=46,
        stroke_linecap="round",
    )
    for ring in (0.45, 0.62, 0.79):
        px, py = x + 150 + 160 * math.sin(ring * 2.2), y - 40 + 240 * ring * ring
        c.circle(px, py, 20, dark, opacity=0.55)
    c.path(f"M{x - 170} {y} Q{x - 210} {y - 260} {x - 90} {y - 420} H{x + 90} Q{x + 220} {y - 250} {x + 178} {y}Z", fur)
    for i in range(4):
        yy = y - 330 + i * 76
        for side in (-1, 1):
            edge = 122 + i * 16
            c.path(
                f"M{x + side * edge} {yy} q{-side * 46} 8 {-side * 74} 36",
                stroke=dark,
                stroke_width=17,
                stroke_linecap="round",
            )
    c.path(
        f"M{x - 24} {y - 380} Q{x} {y - 180} {x + 24} {y - 380}",
        stroke=dark,
        stroke_width=14,
        stroke_linecap="round",
        opacity=0.6,
    )
    c.polygon([(x - 126, y - 500), (x - 116, y - 646), (x - 14, y - 580)], fur)
    c.polygon([(x + 126, y - 500), (x + 116, y - 646), (x + 14, y - 580)], fur)
    c.polygon([(x - 104, y - 540), (x - 102, y - 614), (x - 48, y - 576)], "#e9a98a")
    c.polygon([(x + 104, y - 540), (x + 102, y - 614), (x + 48, y - 576)], "#e9a98a")
    c.ellipse(x, y - 470, 138, 122, fur)
    for offset in (-34, 0, 34):
        c.line((x + offset, y - 580), (x + offset * 0.8, y - 532), dark, 15)
    for side in (-1, 1):
        c.line((x + side * 128, y - 460), (x + side * 80, y - 452), dark, 12)
        c.ellipse(x + side * 110, y - 12, 60, 30, light)
        for whisker in (-12, 4, 20):
            c.line((x + side * 96, y - 440 + whisker * 0.6), (x + side * 200, y - 452 + whisker * 2), "#fff6e6", 3)


def kites(width: int = 1600, height: int = 1200) -> Canvas:
    """Kites above the dunes."""
    c = Canvas(width, height, "kites")
    c.background(c.fade((0, "#4aa3d1"), (0.6, "#bfe3ec"), (1, "#fdf3d8")))
    for x, y, size in ((240, 210, 150), (900, 150, 110), (1380, 330, 170), (600, 470, 100)):
        c.cloud(x, y, size, opacity=0.85)
    c.rect(0, 840, width, 120, c.fade((0, "#2f7f9e"), (1, "#69b3bd")))
    for _ in range(40):
        c.rect(
            c.random.uniform(0, width),
            850 + c.random.random() * 100,
            c.random.uniform(30, 120),
            3,
            "#e8f6f6",
            r=2,
            opacity=0.6,
        )
    c.ridge(980, 90, "#ecd29a", bumps=4)
    c.ridge(1090, 110, "#dfbd7c", bumps=3)
    for x in range(30, width, 66):
        for blade in range(5):
            c.path(
                f"M{x + blade * 7} 1190 q{c.random.uniform(-20, 20):.0f} -60 {c.random.uniform(-34, 34):.0f} -110",
                stroke=pick(("#7b8f4b", "#97a75b", "#66803f"), blade),
                stroke_width=4,
            )
    people = ((360, 1010, "#d1495b"), (430, 1016, "#2f6f73"), (990, 985, "#e9a23b"), (1280, 1030, "#5c4a8a"))
    sails = (
        (330, 330, 1.3, ("#d1495b", "#f6c667", "#fff1d6", "#e2725b")),
        (690, 250, 1.0, ("#2f6f73", "#8fd0c0", "#f3e9d2", "#51a3a3")),
        (1080, 420, 1.15, ("#e9a23b", "#fff3c4", "#d1495b", "#f7d08a")),
        (1330, 180, 0.8, ("#5c4a8a", "#b9a7e0", "#f6d5e5", "#8c76c0")),
    )
    for (px, py, coat), (kx, ky, size, colours) in zip(people, sails, strict=True):
        c.path(
            f"M{px + 10} {py - 40} Q{(px + kx) / 2 + 90} {(py + ky) / 2 + 60} {kx} {ky + 60 * size}",
            stroke="#fff",
            stroke_width=2,
            opacity=0.9,
        )
        _kite(c, kx, ky, size, colours)
        c.path(f"M{px - 16} {py} q2 -50 16 -52 q16 2 18 52Z", coat)
        c.circle(px + 1, py - 62, 12, "#7a5240")
        c.line((px + 6, py - 40), (px + 20, py - 60), coat, 7)
    return c


def _kite(c: Canvas, x: float, y: float, size: float, colours: tuple[str, ...]) -> None:
    c.begin(transform=f"translate({x} {y}) rotate(18) scale({size})")
    tip, right, foot, left = (0, -110), (76, -14), (0, 120), (-76, -14)
    for i, pair in enumerate(((tip, right), (right, foot), (foot, left), (left, tip))):
        c.polygon([*pair, (0, -14)], colours[i])
    c.line(tip, foot, "#6b4a35", 4)
    c.line(left, right, "#6b4a35", 4)
    c.path("M0 120 q40 50 0 100 t10 100 t-16 90", stroke="#fff", stroke_width=4)
    for i in range(5):
        bx, by = 22 * math.sin(i * 1.6) + 6, 150 + i * 54
        c.polygon([(bx, by), (bx - 22, by - 13), (bx - 22, by + 13)], colours[i % 4])
        c.polygon([(bx, by), (bx + 22, by - 13), (bx + 22, by + 13)], colours[(i + 1) % 4])
    c.end()


def garden(width: int = 1600, height: int = 1200) -> Canvas:
    """Beds, beanpoles, a shed, sunflowers and the pumpkin."""
    c = Canvas(width, height, "garden")
    c.background(c.fade((0, "#8ec6df"), (0.45, "#e8f1dc")))
    c.cloud(360, 190, 140, opacity=0.9)
    c.cloud(1180, 140, 100, opacity=0.8)
    for x in range(-40, width + 60, 90):
        c.circle(
            x,
            480 + c.random.uniform(-30, 20),
            c.random.uniform(70, 110),
            pick(("#5f8a4e", "#70994f", "#547d49"), x // 90),
        )
    c.rect(0, 480, width, height - 480, c.fade((0, "#8bb05a"), (1, "#6c9446")))
    c.rect(1120, 260, 300, 270, "#7c5a41")
    for board in range(10):
        c.rect(1120 + board * 30, 260, 3, 270, "#5f432f")
    c.polygon([(1090, 266), (1270, 150), (1450, 266)], "#4d5a61")
    c.rect(1160, 340, 90, 190, "#3e6b6f")
    c.rect(1300, 340, 80, 80, "#f7e9b8")
    c.rect(1338, 340, 4, 80, "#5f432f")
    for bed in range(4):
        _bed(c, 560 + bed * 150, 60 - bed * 20, bed)
    for x, tall in ((150, 380), (240, 440), (330, 360)):
        _sunflower(c, x, 820, tall)
    _pumpkin(c, 1180, 1010, 1.25)
    _pumpkin(c, 1420, 1060, 0.75)
    c.path("M120 1120 h150 l-16 -110 h-118Z", "#8a949b")
    c.path("M270 1040 l90 -70 l12 14 l-92 92Z", "#8a949b")
    c.path("M140 1012 q56 -80 112 0", stroke="#6b757c", stroke_width=10)
    return c


def _bed(c: Canvas, y: float, inset: float, kind: int) -> None:
    left, right = 60 + inset, 1000 + kind * 30
    c.path(f"M{left + 40} {y} H{right - 40} L{right} {y + 96} H{left}Z", "#5b4030")
    c.path(f"M{left + 40} {y} H{right - 40} L{right - 34} {y + 14} H{left + 34}Z", "#6f503c")
    count = 9 + kind
    for i in range(count):
        x = left + 70 + i * (right - left - 140) / (count - 1)
        if kind == 0:
            c.line((x - 18, y + 40), (x, y - 130), "#a98258", 5)
            c.line((x + 18, y + 40), (x, y - 130), "#a98258", 5)
            for leaf in range(7):
                c.ellipse(x + c.random.uniform(-18, 18), y + 30 - leaf * 22, 15, 10, pick(("#4d8a45", "#67a353"), leaf))
        elif kind == 1:
            for leaf in range(7):
                c.begin(transform=f"rotate({-60 + leaf * 20} {x:.0f} {y + 50})")
                c.ellipse(x, y + 20, 11, 36, pick(("#9ccf6d", "#7fb955"), leaf))
                c.end()
        elif kind == 2:
            c.polygon([(x - 14, y + 52), (x + 14, y + 52), (x, y + 94)], "#e07b2e")
            for leaf in (-24, 0, 24):
                c.line((x, y + 52), (x + leaf, y + 6), "#4f9a4a", 7)
        else:
            c.circle(x, y + 46, 34, "#7fb28c")
            for petal in around(x, y + 46, 18, 6):
                c.circle(*petal, 17, "#9ecba6", opacity=0.8)
            c.circle(x, y + 46, 14, "#c6e3bf")


def _sunflower(c: Canvas, x: float, y: float, tall: float) -> None:
    c.line((x, y), (x + 8, y - tall), "#4c7a3a", 12)
    for leaf, side in ((0.3, -1), (0.5, 1), (0.68, -1)):
        c.path(f"M{x} {y - tall * leaf} q{side * 60} -50 {side * 96} -6 q{side * -50} 30 {side * -96} 6Z", "#5f9148")
    for ring, colour in ((1, "#e9a91f"), (0, "#f8cf3f")):
        for px, py in around(x + 8, y - tall, 52 - 6 * (1 - ring), 16, ring * 0.2):
            c.circle(px, py, 17, colour)
    c.circle(x + 8, y - tall, 42, "#5e3b1e")
    c.circle(x + 8, y - tall, 24, "#7b5230")


def _pumpkin(c: Canvas, x: float, y: float, size: float) -> None:
    c.begin(transform=f"translate({x} {y}) scale({size})")
    c.ellipse(0, 96, 170, 24, "#2f4a26", opacity=0.5)
    for offset, wide in ((-96, 66), (96, 66), (-52, 74), (52, 74), (0, 70)):
        c.ellipse(offset, 0, wide, 96, c.fade((0, "#f29b3c"), (1, "#c9671c")), stroke="#b85a17", stroke_width=3)
    c.path("M-14 -84 q-6 -56 34 -66 l10 18 q-22 12 -16 50Z", "#5d7a3a")
    c.end()
