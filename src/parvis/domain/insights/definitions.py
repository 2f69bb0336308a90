"""What each number means, and how wrong it can be: shown beside it, wherever it is shown."""

from __future__ import annotations

import msgspec

from parvis.infra.catalogues import later


class Definition(msgspec.Struct, frozen=True):
    """A number's name, what is counted, and its error; translated where it is shown."""

    title: str
    meaning: str
    error: str


EXACT = later("Counted exactly; a process that is killed loses up to a minute.")
TOLD = later("Exact, as far as browsers tell the truth.")
LATE = later(
    "Presence is written down once an hour: whoever comes only around midnight may be missing, and whoever signed out since."
)
AS_STORED = later("As the tables say: what was deleted since is not there.")

# A line for each day: the kind, and the name that is taken of it (None: all of them together).
SERIES: dict[str, tuple[str, str | None]] = {
    "visits": ("visits", ""),
    "visitors": ("visitors", ""),
    "views": ("page", None),
    "members_day": ("members", "day"),
    "members_week": ("members", "week"),
    "members_month": ("members", "month"),
    "received": ("sign_up", "received"),
    "posts": ("posts", ""),
    "media": ("media", None),
    "installs": ("install", None),
}
# A list of the most frequent names.
LISTS = ("page", "source", "language", "country", "app", "app_begun", "media", "install")
STAGES = ("received", "admitted", "entered", "confirmed", "followed", "posted", "day_1", "day_7", "day_30")

DEFINITIONS: dict[str, Definition] = {
    "visits": Definition(
        later("Visits"),
        later("A visit begins when somebody looks at a page after thirty minutes without one."),
        later("Who looks on past midnight (UTC) counts on both days."),
    ),
    "visitors": Definition(
        later("Unique visitors"),
        later(
            "Different browsers and networks in one day; without a cookie, by a hash whose salt is gone the next day."
        ),
        later(
            "Within 2.4 % on nearly all days. Several people behind one address can be one, one person with two devices is two."
        ),
    ),
    "views": Definition(
        later("Page views"),
        later(
            "Pages that were given to browsers, also from the cache; without robots and without what is fetched ahead."
        ),
        EXACT,
    ),
    "members": Definition(
        later("Active members"),
        later("Members who were here that day, in the seven days, or in the thirty days up to it."),
        LATE,
    ),
    "members_day": Definition(
        later("Active members in a day"), later("Members who were here that day, by browser or by app."), LATE
    ),
    "members_week": Definition(
        later("Active members in a week"), later("Members who were here in the seven days up to that day."), LATE
    ),
    "members_month": Definition(
        later("Active members in a month"), later("Members who were here in the thirty days up to that day."), LATE
    ),
    "received": Definition(
        later("Sign-ups received"),
        later("Receipts given that day, one for each mail address."),
        AS_STORED,
    ),
    "posts": Definition(later("Posts"), later("Posts, replies and reposts of members."), AS_STORED),
    "media": Definition(later("Media"), later("Pictures, films and sounds that members uploaded."), AS_STORED),
    "installs": Definition(
        later("Installed on home screens"),
        later("Browsers that put this place on the home screen, or showed it from there for the first time."),
        later("A browser that forgets is counted again; one without JavaScript is not counted."),
    ),
    "page": Definition(later("Pages"), later("Page views by kind of page."), EXACT),
    "source": Definition(
        later("Where visits come from"), later("The site on which a visit began, without its path."), TOLD
    ),
    "language": Definition(later("Languages"), later("The language that the browser likes best, by visit."), TOLD),
    "country": Definition(
        later("Countries"),
        later("By the file of the operator, by visit; without a file nothing is counted."),
        later("As good as the file."),
    ),
    "app": Definition(later("Apps in use"), later("Members who used an app, a day, as a mean of the days."), LATE),
    "app_begun": Definition(
        later("First uses of apps by week"),
        later("Members who let an app in for the first time."),
        later("Whoever signed out of an app and lets it in again may count once more."),
    ),
    "install": Definition(later("Ways to the home screen"), later("What the browser told."), TOLD),
    "sign_up": Definition(
        later("How newcomers fare"),
        later("Of those whose receipts came in these days: how many got so far until now."),
        later(
            "Back on a day: of those who entered so many days before. That somebody is here is written down once an hour."
        ),
    ),
}

STAGE_WORDS: dict[str, str] = {
    "received": later("Receipt received"),
    "admitted": later("Admitted"),
    "entered": later("Entered"),
    "confirmed": later("Address confirmed"),
    "followed": later("Follows somebody"),
    "posted": later("Has posted"),
    "day_1": later("Back on day 1"),
    "day_7": later("Back on day 7"),
    "day_30": later("Back on day 30"),
}
