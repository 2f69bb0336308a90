"""The numbers people look at: visits, unique visitors, where they come from, what members do, how newcomers fare.

Strangers are counted without a cookie and without a name. A process counts in its memory (`Visits`) and hands its
numbers over once a minute (`keep_counting`); the worker puts visitors into the day's sketch (`count_visitors`) and
counts what the other rooms know (`count_members`, `count_newcomers`). What each number means, and how wrong it can be,
stands in `definitions`. Reads the tables of all rooms below it; they do not know of it.
"""

from parvis.domain.insights.countries import countries
from parvis.domain.insights.definitions import DEFINITIONS, SERIES, STAGE_WORDS
from parvis.domain.insights.keep import hand_over, keep_counting
from parvis.domain.insights.members import count_members, count_newcomers
from parvis.domain.insights.report import Report, Stage, report, rows
from parvis.domain.insights.tide import tide, tide_of
from parvis.domain.insights.visitors import count_visitors
from parvis.domain.insights.visits import Visits

__all__ = [
    "DEFINITIONS",
    "SERIES",
    "STAGE_WORDS",
    "Report",
    "Stage",
    "Visits",
    "count_members",
    "count_newcomers",
    "count_visitors",
    "countries",
    "hand_over",
    "keep_counting",
    "report",
    "rows",
    "tide",
    "tide_of",
]
