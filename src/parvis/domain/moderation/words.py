"""What restrictions are called, and what they mean for whoever is under one; in the words of letters and pages."""

from __future__ import annotations

from parvis.domain.moderation.types import Kind
from parvis.infra.catalogues import later

NAMES: dict[Kind, str] = {
    "freeze": later("Account frozen"),
    "limit": later("Reach limited"),
    "suspend": later("Account suspended"),
    "withhold": later("Withheld"),
    "warn_media": later("Marked as sensitive"),
}
MEANINGS: dict[Kind, str] = {
    "freeze": later("You cannot write or use apps. Nothing of yours is hidden."),
    "limit": later("Who does not follow you does not meet you in trends, search and the square, nor hear from you."),
    "suspend": later("Nobody sees anything of yours, and nothing reaches you."),
    "withhold": later("Nobody but you sees it."),
    "warn_media": later("It is shown behind a warning."),
}
