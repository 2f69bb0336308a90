"""Colours can be told apart: WCAG 2.2 AA asks for 4.5 to 1 for text, 3 to 1 for what one operates."""

from __future__ import annotations

import re

import pytest

from parvis.infra.html.assets import FOLDER

TOKENS = (FOLDER / "css" / "1-tokens.css").read_text()
PAIRS = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", TOKENS))
LIGHT = {name: pair.split(", ")[0] for name, pair in PAIRS.items()}
DARK = {name: pair.split(", ")[1] for name, pair in PAIRS.items()}
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft") for ground in ("paper", "surface", "raised", "sunken")),
    *((ink, "surface") for ink in ("ink-faint", "accent", "accent-strong", "heart", "round", "ribbon", "good", "bad")),
    ("ink-faint", "raised"),
    ("accent", "paper"),
    ("accent", "sunken"),
    ("ink", "accent-soft"),
    ("ink-soft", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("bad", "bad-soft"),
    ("ink", "good-soft"),
]
SHAPES = [("ribbon", "sunken"), ("accent", "raised"), ("good", "good-soft")]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(theme: dict[str, str]) -> None:
    for ink, ground in TEXT:
        assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground, contrast(theme[ink], theme[ground]))
    for shape, ground in SHAPES:
        assert contrast(theme[shape], theme[ground]) >= 3, (shape, ground)


def test_initials_stand_out_from_their_colours() -> None:
    style = (FOLDER / "css" / "4-posts.css").read_text()
    tones = re.findall(r"\.tone-\d+ \{ background: (#\w{6}); \}", style)
    assert len(tones) == 12
    for tone in tones:
        assert contrast(tone, "#fffaf3") >= 4.5, tone


def test_browsers_without_light_dark_see_the_light_theme() -> None:
    root = TOKENS.partition("@supports")[0]
    for name, colour in LIGHT.items():
        assert f"--{name}: {colour};" in root, name
