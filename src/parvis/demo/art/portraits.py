"""Faces of people who do not exist, each from a handful of shapes."""

from __future__ import annotations

import math

import msgspec

from parvis.demo.art.canvas import Canvas, around, mix

SIZE = 600


class Looks(msgspec.Struct, frozen=True):
    """What one face is made of."""

    backdrop: tuple[str, str]
    skin: str
    hair: str
    style: str  # bob, bun, curls, crop, long, braid, bald, scarf, waves
    coat: str
    collar: str
    extras: tuple[str, ...] = ()  # glasses, round_glasses, beard, moustache, earrings, cap, beret, freckles, apron


def portrait(looks: Looks) -> Canvas:
    """Head and shoulders before a plain ground with a large disc."""
    c = Canvas(SIZE, SIZE, looks.style + looks.coat)
    ground, disc = looks.backdrop
    c.background(ground)
    c.circle(300, 330, 250, disc)
    _hair_behind(c, looks)
    _shoulders(c, looks)
    _face(c, looks)
    _hair_before(c, looks)
    for extra in looks.extras:
        _EXTRAS[extra](c, looks)
    return c


def _shoulders(c: Canvas, looks: Looks) -> None:
    c.path("M90 620 Q96 470 226 442 H374 Q504 470 510 620Z", looks.coat)
    c.path("M90 620 Q96 470 226 442 L236 440 Q140 500 150 620Z", "#000", opacity=0.08)
    c.path("M252 360 H348 V446 Q300 500 252 446Z", mix(looks.skin, "#7a3b20", 0.16))
    c.path("M232 440 Q300 522 368 440 L390 452 Q300 570 210 452Z", looks.collar)


def _face(c: Canvas, looks: Looks) -> None:
    shade = mix(looks.skin, "#7a3b20", 0.2)
    for x in (176, 424) if looks.style != "scarf" else ():
        c.ellipse(x, 292, 24, 34, shade)
    c.path("M178 250 Q178 146 300 146 Q422 146 422 250 V300 Q416 412 300 422 Q184 412 178 300Z", looks.skin)
    for x in (226, 374):
        c.circle(x, 334, 30, mix(looks.skin, "#e0533d", 0.35), opacity=0.5)
    brow = mix(looks.hair, "#2a1c16", 0.4) if looks.style != "scarf" else "#3a2a22"
    for side, x in ((-1, 246), (1, 354)):
        c.path(f"M{x - 26} {240 + side * 0} q26 -16 52 0", stroke=brow, stroke_width=8, stroke_linecap="round")
        c.ellipse(x, 282, 11, 14, "#2b211d")
        c.circle(x + 4, 277, 4, "#fff")
    c.path("M300 290 q-16 40 4 44", stroke=shade, stroke_width=7, stroke_linecap="round")
    c.path("M258 364 Q300 402 342 364", stroke="#8c3b32", stroke_width=8, stroke_linecap="round")


def _hair_behind(c: Canvas, looks: Looks) -> None:
    if looks.style == "bob":
        c.path("M140 300 Q130 110 300 110 Q470 110 460 300 Q466 400 430 440 H170 Q134 400 140 300Z", looks.hair)
    elif looks.style in ("long", "waves"):
        c.path("M140 280 Q124 104 300 104 Q476 104 460 280 Q500 430 470 560 H130 Q100 430 140 280Z", looks.hair)
    elif looks.style == "bun":
        c.circle(300, 92, 66, looks.hair)
        c.circle(300, 240, 152, looks.hair)
    elif looks.style == "curls":
        for x, y in around(300, 232, 140, 16):
            c.circle(x, y, 58, looks.hair)
    elif looks.style == "scarf":
        c.path(
            "M134 300 Q120 104 300 100 Q480 104 466 300 Q470 420 440 500 H160 Q130 420 134 300Z",
            mix(looks.hair, "#000000", 0.18),
        )
    elif looks.style == "braid":
        c.circle(300, 246, 150, looks.hair)
        for i in range(5):
            c.ellipse(452 + 8 * math.sin(i), 330 + i * 50, 36 - i * 3, 34, mix(looks.hair, "#ffffff", 0.06 * (i % 2)))
        c.rect(430, 556, 44, 18, "#d1495b", r=8)


def _hair_before(c: Canvas, looks: Looks) -> None:
    hair = looks.hair
    if looks.style == "bob":
        c.path("M168 262 Q160 132 300 132 Q440 132 432 262 Q420 214 380 208 Q260 214 196 204 Q176 220 168 262Z", hair)
    elif looks.style == "long":
        c.path("M166 300 Q150 132 300 128 Q450 132 434 300 Q424 226 300 168 Q186 222 166 300Z", hair)
    elif looks.style == "waves":
        c.path("M166 312 Q146 128 310 126 Q452 132 434 296 Q420 232 366 196 Q300 226 226 210 Q182 236 166 312Z", hair)
    elif looks.style == "bun":
        c.path("M172 252 Q176 140 300 138 Q424 140 428 252 Q390 190 300 186 Q210 190 172 252Z", hair)
    elif looks.style == "curls":
        for x, y in ((196, 196), (238, 164), (290, 152), (342, 162), (392, 186), (412, 222), (182, 232)):
            c.circle(x, y, 38, hair)
    elif looks.style == "crop":
        c.path("M172 268 Q160 134 300 128 Q440 130 430 268 Q420 210 392 198 Q300 214 206 196 Q180 214 172 268Z", hair)
        c.path("M206 198 Q250 120 352 136 Q300 150 300 196Z", mix(hair, "#ffffff", 0.12))
    elif looks.style == "braid":
        c.path("M170 280 Q160 134 300 130 Q440 134 432 268 Q420 200 262 178 Q196 210 170 280Z", hair)
    elif looks.style == "scarf":
        c.path(
            "M158 306 Q150 128 300 124 Q450 128 442 306 Q436 404 400 446 Q424 330 410 262 "
            "Q390 178 300 174 Q210 178 190 262 Q176 330 200 446 Q164 404 158 306Z",
            hair,
        )
        c.path("M188 392 Q300 468 412 392 Q444 490 396 552 Q300 590 204 552 Q156 490 188 392Z", hair)
        c.path("M210 470 Q300 540 396 470", stroke=mix(hair, "#000000", 0.2), stroke_width=6)
        c.path("M226 510 Q300 560 380 512", stroke=mix(hair, "#000000", 0.2), stroke_width=5)


def _glasses(c: Canvas, _: Looks) -> None:
    for x in (202, 316):
        c.rect(x, 254, 84, 60, "#fff", r=18, opacity=0.25)
        c.rect(x, 254, 84, 60, "none", r=18, stroke="#2b2b33", stroke_width=8)
    c.line((286, 276), (316, 276), "#2b2b33", 8)


def _round_glasses(c: Canvas, _: Looks) -> None:
    for x in (246, 354):
        c.circle(x, 282, 42, "#fff", opacity=0.12)
        c.circle(x, 282, 42, "none", stroke="#a9772d", stroke_width=7)
    c.path("M288 276 q12 -10 24 0", stroke="#a9772d", stroke_width=7)


def _beard(c: Canvas, looks: Looks) -> None:
    c.path("M176 290 Q184 440 300 456 Q416 440 424 290 Q404 352 358 344 Q300 330 242 344 Q196 352 176 290Z", looks.hair)
    c.path("M262 370 Q300 400 338 370 Q300 384 262 370Z", "#8c3b32")


def _moustache(c: Canvas, looks: Looks) -> None:
    c.path(
        "M300 342 Q262 326 228 362 Q266 374 300 354 Q334 374 372 362 Q338 326 300 342Z", mix(looks.hair, "#000000", 0.1)
    )


def _earrings(c: Canvas, _: Looks) -> None:
    for x in (172, 428):
        c.circle(x, 344, 15, "#e9b949")


def _cap(c: Canvas, looks: Looks) -> None:
    c.path("M158 226 Q160 104 300 102 Q440 104 442 226Z", looks.collar)
    c.path("M150 218 Q300 176 470 214 Q500 236 472 250 Q300 214 152 246Z", mix(looks.collar, "#000000", 0.2))


def _beret(c: Canvas, looks: Looks) -> None:
    c.path("M150 214 Q110 120 270 92 Q450 70 470 176 Q466 210 430 216 Q300 170 170 226Z", looks.collar)
    c.line((292, 94), (300, 66), looks.collar, 12)


def _freckles(c: Canvas, looks: Looks) -> None:
    for x in (214, 230, 246, 354, 370, 386):
        c.circle(x, 322 + (x % 3) * 6, 4, mix(looks.skin, "#8a3d1a", 0.5))


def _apron(c: Canvas, _: Looks) -> None:
    c.path("M206 620 L224 500 H376 L394 620Z", "#f3ead8")
    c.line((226, 502), (206, 446), "#f3ead8", 16)
    c.line((374, 502), (394, 446), "#f3ead8", 16)


_EXTRAS = {
    "glasses": _glasses,
    "round_glasses": _round_glasses,
    "beard": _beard,
    "moustache": _moustache,
    "earrings": _earrings,
    "cap": _cap,
    "beret": _beret,
    "freckles": _freckles,
    "apron": _apron,
}


def clock_face() -> Canvas:
    """The clock in the square."""
    c = Canvas(SIZE, SIZE, "clock")
    c.background(c.fade((0, "#33658a"), (1, "#1f3f5b")))
    c.circle(300, 306, 236, "#172f45", opacity=0.5)
    c.circle(300, 300, 232, "#c79a4b")
    c.circle(300, 300, 208, "#fffaf0")
    for hour, (x, y) in enumerate(around(300, 300, 174, 12)):
        if hour % 3 == 0:
            c.begin(transform=f"rotate({hour * 30} {x:.0f} {y:.0f})")
            c.rect(x - 9, y - 24, 18, 48, "#2b3a4a", r=4)
            c.end()
        else:
            c.circle(x, y, 9, "#2b3a4a")
    c.line((300, 300), (228, 232), "#2b3a4a", 20)
    c.line((300, 300), (396, 214), "#2b3a4a", 13)
    c.circle(300, 300, 20, "#b4413c")
    return c
