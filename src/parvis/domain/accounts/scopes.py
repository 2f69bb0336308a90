"""What an app may be allowed to do, in OAuth's words."""

from __future__ import annotations

from collections.abc import Iterable

_READ = "accounts blocks bookmarks collections favourites filters follows lists mutes notifications search statuses"
_WRITE = (
    "accounts blocks bookmarks collections conversations favourites filters follows lists media mutes notifications "
    "reports statuses"
)
_ADMIN = "accounts reports domain_allows domain_blocks ip_blocks email_domain_blocks canonical_email_blocks"

KNOWN: tuple[str, ...] = (
    "profile",
    "read",
    *(f"read:{what}" for what in _READ.split()),
    "write",
    *(f"write:{what}" for what in _WRITE.split()),
    "follow",
    "push",
    "admin:read",
    *(f"admin:read:{what}" for what in _ADMIN.split()),
    "admin:write",
    *(f"admin:write:{what}" for what in _ADMIN.split()),
)
DEFAULT = ("read",)

_known = frozenset(KNOWN)
_FOLLOW = frozenset(f"{verb}:{what}" for verb in ("read", "write") for what in ("blocks", "follows", "mutes"))


def parse(text: str | None) -> tuple[str, ...]:
    """The scopes of a request: separated by spaces, or by `+` where a client encoded twice; each once, in order."""
    return tuple(dict.fromkeys((text or "").replace("+", " ").split()))


def are_known(scopes: Iterable[str]) -> bool:
    """Whether each of them means something here."""
    return _known.issuperset(scopes)


def covers(held: frozenset[str], wanted: str) -> bool:
    """Whether the held scopes allow the wanted one: a parent covers its children, `follow` six of them."""
    if wanted in held:
        return True
    if wanted in _FOLLOW and "follow" in held:
        return True
    parent = wanted.rpartition(":")[0]
    return bool(parent) and covers(held, parent)
