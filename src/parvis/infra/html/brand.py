"""The operator's own colour and sign: what stands on pages instead of ours.

From one colour come the few that pages need, in light and in dark. Where words in it would be hard to read (below 4.5 to 1,
WCAG 2.2 AA), it is made darker or lighter until they are not.
"""

from __future__ import annotations

import colorsys
import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path

import msgspec
import structlog

from parvis.base.settings import COLOUR

log = structlog.get_logger(__name__)

LEGIBLE = 4.5
_VERSION = re.compile(r"([0-9a-f]{6})-[0-9a-f]{8}")
MOST_LOGO_BYTES = 200_000
COLOURS_PATH, LOGO_PATH = "/brand/colours.css", "/brand/logo"
_SIGNS = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}


class Theme(msgspec.Struct, frozen=True):
    """What the colour must be told from: grounds, softer words, and the words on a button of that colour."""

    grounds: tuple[str, ...]
    soft_ground: str
    soft_ink: str
    on_accent: str
    step: float


# The same as in css/1-tokens.css; a test compares them.
LIGHT = Theme(("#f6f1e7", "#fffdf8", "#ffffff", "#efe8da"), "#fffdf8", "#655b4e", "#fffaf5", -0.01)
DARK = Theme(("#12100d", "#1a1714", "#221e1a", "#262119"), "#1a1714", "#b5a999", "#1d0d06", 0.01)


class Palette(msgspec.Struct, frozen=True):
    """The colours that stand for the one, each `#rrggbb`."""

    accent: str
    accent_strong: str
    accent_soft: str
    on_accent: str


class Logo(msgspec.Struct, frozen=True):
    """The operator's sign as it is sent."""

    content: bytes
    content_type: str
    version: str


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart, 1 to 21 (WCAG)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(256)
def palette(colour: str, theme: Theme) -> Palette:
    """The colours for a theme, as near to the given one (`#rrggbb`) as can be read."""
    hue, light, strength = colorsys.rgb_to_hls(*_parts(colour))
    accent = _shade(hue, light, strength)
    while not _is_legible(accent, theme):
        light += theme.step
        accent = _shade(hue, light, strength)
    further = light * 0.8 if theme.step < 0 else light + (1 - light) * 0.35
    return Palette(accent, _shade(hue, further, strength), _soft(accent, theme), theme.on_accent)


@lru_cache(64)
def style(colour: str) -> bytes:
    """The style sheet that puts the colour in the place of ours."""
    light, dark = palette(colour, LIGHT), palette(colour, DARK)
    names = {
        "accent": "accent",
        "accent_strong": "accent-strong",
        "accent_soft": "accent-soft",
        "on_accent": "on-accent",
    }
    plain = " ".join(f"--{name}: {getattr(light, field)};" for field, name in names.items())
    both = " ".join(
        f"--{name}: light-dark({getattr(light, field)}, {getattr(dark, field)});" for field, name in names.items()
    )
    return f":root {{ {plain} }}\n@supports (color: light-dark(#fff, #000)) {{ :root {{ {both} }} }}\n".encode()


@lru_cache(64)
def colours_path(colour: str) -> str:
    """The address of that style sheet, which says the colour; empty for no colour, and for what is none."""
    if not colour:
        return ""
    if not is_colour(colour):
        log.warning("accent.unfit", accent=colour)
        return ""
    return f"{COLOURS_PATH}?v={colour[1:]}-{hashlib.sha256(style(colour)).hexdigest()[:8]}"


def colour_of(version: str) -> str:
    """The colour that such an address says by its `v`; empty for none.

    Every process gives the same for it, also while some have not heard of a new choice: what is wrong would be kept for long.
    """
    found = _VERSION.fullmatch(version)
    return "" if found is None else f"#{found[1]}"


def is_colour(text: str) -> bool:
    """Whether it is written as colours are here."""
    return COLOUR.fullmatch(text) is not None


def bars(colour: str) -> tuple[str, str]:
    """How browsers colour what is around the pages, in light and in dark."""
    if not is_colour(colour):
        return LIGHT.grounds[0], DARK.grounds[0]
    return palette(colour, LIGHT).accent, palette(colour, DARK).accent_soft


@cache
def logo(path: str) -> Logo | None:
    """The sign in that file (SVG, PNG or WebP, at most 200 kB), read once; None when none is wanted, or it is none."""
    if not path:
        return None
    kind = _SIGNS.get(Path(path).suffix.lower())
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        log.warning("logo.unreadable", path=path, error=str(error))
        return None
    if kind is None or not content or len(content) > MOST_LOGO_BYTES:
        log.warning("logo.unfit", path=path, bytes=len(content))
        return None
    return Logo(content, kind, hashlib.sha256(content).hexdigest()[:12])


def logo_path(path: str) -> str:
    """The address of the sign, which changes with it; empty for none."""
    found = logo(path)
    return "" if found is None else f"{LOGO_PATH}?v={found.version}"


def _is_legible(colour: str, theme: Theme) -> bool:
    return all(contrast(colour, other) >= LEGIBLE for other in (*theme.grounds, theme.on_accent))


def _soft(accent: str, theme: Theme) -> str:
    """A ground with a touch of the colour, on which softer words and the colour itself can be read."""
    share = 0.14 if theme.step < 0 else 0.2
    while share > 0:
        mixed = _hex(
            *(a * share + g * (1 - share) for a, g in zip(_parts(accent), _parts(theme.soft_ground), strict=True))
        )
        if min(contrast(mixed, theme.soft_ink), contrast(mixed, accent)) >= LEGIBLE:
            return mixed
        share -= 0.02
    return theme.soft_ground


def _shade(hue: float, light: float, strength: float) -> str:
    return _hex(*colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light)), strength))


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(red: float, green: float, blue: float) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in (red, green, blue))


def _luminance(colour: str) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
