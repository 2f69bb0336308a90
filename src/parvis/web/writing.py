"""What can be chosen when writing: who sees it, in which language it is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from parvis.domain.posts import Visibility
from parvis.infra.catalogues import babel_locale, later

VISIBILITIES = (
    (Visibility.PUBLIC, later("Everybody")),
    (Visibility.QUIET, later("Everybody, quietly")),
    (Visibility.FOLLOWERS, later("Followers")),
    (Visibility.MENTIONED, later("Mentioned people")),
)

# The languages most written on the web, and those of Europe; apps may send any other.
LANGUAGES = (
    "ar bg bn br ca co cs cy da de el en eo es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko la lt lv mk ms mt "
    "nb nl nn oc pl pt ro ru sk sl sq sr sv sw ta th tr uk ur vi wo zh"
).split()


def visibilities(text: Callable[[str], str]) -> list[tuple[int, str]]:
    """Who may see a post, in the visitor's words."""
    return [(int(value), text(label)) for value, label in VISIBILITIES]


@cache
def languages(locale: str) -> list[tuple[str, str]]:
    """Code and name of each language, as the visitor's own calls it, in its alphabet's order."""
    names = babel_locale(locale).languages
    known = [(code, (names.get(code) or code)) for code in LANGUAGES]
    return sorted(((code, name[:1].upper() + name[1:]) for code, name in known), key=lambda one: one[1])
