"""How bad it is, from 0 (well) to 5 (the database is gone), and what is left out at each level. Pure."""

from __future__ import annotations

from parvis.infra.catalogues import later

WELL, PAUSED, REFUSING, CACHED_ONLY, WRITES_ONLY, NO_DATABASE = range(6)

# The share refused from which each level holds; the level is left when it falls below half of that.
_FROM = ((WRITES_ONLY, 0.80), (CACHED_ONLY, 0.50), (REFUSING, 0.25), (PAUSED, 0.03))
CALM_S = 0.5

WORDS = {
    WELL: "well",
    PAUSED: "trends and suggestions pause, films wait, pages for strangers may be a minute old",
    REFUSING: "the same, while more is refused",
    CACHED_ONLY: "strangers get public pages from the cache only",
    WRITES_ONLY: "only writing and sign-up; reading from the cache",
    NO_DATABASE: "the database is gone: public pages from the cache, sign-ups are kept",
}


# The same for everybody who reads a page.
PLAIN = {
    WELL: "",
    PAUSED: later(
        "The server is busy: suggestions pause, and for those who are not signed in pages may be a minute old."
    ),
    REFUSING: later("The server is very busy: it cannot answer everything, and public pages may be a minute old."),
    CACHED_ONLY: later("The server is very busy: public pages come from copies that may be some minutes old."),
    WRITES_ONLY: later("The server has more to do than it can: signing up and writing work, reading may not."),
    NO_DATABASE: later(
        "The database does not answer: public pages come from copies, and sign-ups are kept until it is back."
    ),
}


class Levels:
    """The present level: it rises at once and falls one step at a time."""

    def __init__(self) -> None:
        self.level = WELL
        self._calm_since: float | None = None

    def step(self, refused: float, *, database_gone: bool, now: float) -> int:
        """The level by the share that is refused, once a tick."""
        wanted = NO_DATABASE if database_gone else next((level for level, least in _FROM if refused >= least), WELL)
        if wanted >= self.level:
            self.level, self._calm_since = wanted, None
        elif self.level == NO_DATABASE and not database_gone:
            self.level, self._calm_since = wanted, None  # it is back
        elif refused < dict(_FROM)[self.level] / 2:
            self._calm_since = now if self._calm_since is None else self._calm_since
            if now - self._calm_since >= CALM_S:
                self.level, self._calm_since = self.level - 1, None
        else:
            self._calm_since = None
        return self.level
