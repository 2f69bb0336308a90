"""Every drawing by its name."""

from __future__ import annotations

from collections.abc import Callable

from parvis.demo.art import outdoors, patterns, places, portraits, square, street, things
from parvis.demo.art.canvas import Canvas
from parvis.demo.art.portraits import Looks

_DRAWINGS: dict[str, Callable[..., Canvas]] = {
    function.__name__: function
    for function in (
        outdoors.cat, outdoors.garden, outdoors.kites, patterns.field, patterns.leaves, patterns.stars, patterns.tiles,
        patterns.waves, places.harbour, places.hills, places.lake, places.night, square.dusk, square.square, street.bicycle,
        street.train, street.tram, things.books, things.loaf, things.sardines,
    )
}  # fmt: skip
_OF_ANY_SHAPE = {"field", "harbour", "hills", "lake", "leaves", "night", "tiles", "waves"}


def illustration(name: str) -> bytes:
    """The drawing as a PNG."""
    return _DRAWINGS[name]().png()


def header(name: str) -> bytes:
    """The drawing for the head of a profile, drawn wide where it can be."""
    return (_DRAWINGS[name](1500, 500) if name in _OF_ANY_SHAPE else _DRAWINGS[name]()).png()


def avatar(looks: Looks | None) -> bytes:
    """A face; the clock has none and is one."""
    return (portraits.clock_face() if looks is None else portraits.portrait(looks)).png()
