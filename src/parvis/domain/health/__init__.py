"""Whether this installation is well: what `doctor` examines, and what every process measures all the time.

A process measures itself (`measured`), `headroom` puts together what all of them saw. `gather` looks at the whole
place, `judge` says what is wrong with it, whom that hurts and what to do (`verdicts`: one file a rule). Knows no other
room of the domain: whoever has a resource of their own to watch brings a probe.
"""

from collections.abc import Sequence

from parvis.domain.health.doctor import examine, sound
from parvis.domain.health.forecasts import RESOURCE as FORECAST
from parvis.domain.health.forecasts import Forecast, forecasts, from_facts
from parvis.domain.health.gather import gather, jobs_seen
from parvis.domain.health.gather_queries import facts as database_facts
from parvis.domain.health.gather_queries import session_ended
from parvis.domain.health.headroom import forget_old, headroom
from parvis.domain.health.history import Minutes, mean
from parvis.domain.health.incidents import Book, Incident
from parvis.domain.health.inventory_queries import applied, due, tables
from parvis.domain.health.measure import Measuring, measured
from parvis.domain.health.overview import (
    SPAN,
    Overview,
    Watched,
    database_seen,
    first_open,
    narrows_the_door,
    overview,
    roles_seen,
    seen_by_watch,
)
from parvis.domain.health.probes import Probe, held, refusing
from parvis.domain.health.requests import requests, seconds_by_wait
from parvis.domain.health.types import Check, Moment, Signal
from parvis.domain.health.verdicts import RULES, Findings, Judgement, Rule, Verdict
from parvis.domain.health.verdicts import judge as _judge
from parvis.domain.health.verdicts.cpu_full import is_crowded
from parvis.domain.health.verdicts.findings import Door, Tide
from parvis.domain.health.verdicts.requests_refused import is_refusing
from parvis.domain.health.watch_queries import (
    busiest,
    elected,
    hours,
    incident_months,
    incident_stored,
    incidents,
    incidents_of_month,
    kept_safe,
    minutes,
    safekeeping,
)
from parvis.domain.health.watched import all_signals

__all__ = [
    "ANOTHER_LOOK_AFTER_S",
    "FORECAST",
    "SPAN",
    "Book",
    "Check",
    "Door",
    "Findings",
    "Forecast",
    "Incident",
    "Judgement",
    "Measuring",
    "Minutes",
    "Moment",
    "Overview",
    "Probe",
    "Signal",
    "Tide",
    "Verdict",
    "Watched",
    "all_signals",
    "applied",
    "busiest",
    "database_facts",
    "database_seen",
    "due",
    "elected",
    "examine",
    "first_open",
    "forecasts",
    "forget_old",
    "from_facts",
    "gather",
    "headroom",
    "held",
    "hours",
    "incident_months",
    "incident_stored",
    "incidents",
    "incidents_of_month",
    "jobs_seen",
    "judge",
    "kept_safe",
    "mean",
    "measured",
    "minutes",
    "narrows_the_door",
    "needs_another_look",
    "overview",
    "refusing",
    "requests",
    "roles_seen",
    "safekeeping",
    "seconds_by_wait",
    "seen_by_watch",
    "session_ended",
    "sound",
    "tables",
]

ANOTHER_LOOK_AFTER_S = 6.0  # by then every process has measured itself anew


def needs_another_look(seen: Findings) -> bool:
    """Whether something was seen that counts only when it is there the next time too."""
    return is_crowded(seen.signals) or is_refusing(seen.signals)


def judge(seen: Findings, rules: Sequence[Rule] = RULES) -> Judgement:
    """What is wrong, the costliest first, or that nothing is."""
    return _judge(seen, rules)
