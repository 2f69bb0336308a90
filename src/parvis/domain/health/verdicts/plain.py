"""Each verdict in a few plain words that give nothing away: for everybody's eyes, and for lists."""

from __future__ import annotations

from parvis.domain.health.verdicts.verdict import Figure, Verdict
from parvis.infra.catalogues import later

PLAIN: dict[str, str] = {
    "database_gone": later("The database is gone"),
    "disk_full": later("The disk is full"),
    "files_short": later("No more files fit on the disk"),
    "wal_piling": later("The journal piles up"),
    "archive_failing": later("The journal cannot be archived"),
    "backup_broken": later("The backup needs care"),
    "disk_filling": later("The disk will be full soon"),
    "schema_behind": later("The schema is older than the program"),
    "lock_held": later("A lock is held"),
    "idle_in_transaction": later("A transaction in which nothing happens"),
    "index_lost": later("An index is missing"),
    "slow_statement": later("A statement takes long"),
    "connections_short": later("Hardly a connection is left"),
    "hashing_full": later("Too many sign-ins at once"),
    "loop_blocked": later("A web process stands still"),
    "memory_short": later("Memory runs out"),
    "cpu_full": later("The processor is busy"),
    "disk_slow": later("Commits wait for the disk"),
    "database_reading": later("The database reads from the disk"),
    "database_slow": later("The database answers late"),
    "pool_exhausted": later("Requests wait for a connection"),
    "web_missing": later("No web process runs"),
    "workers_missing": later("No worker runs"),
    "processes_dying": later("Processes die"),
    "job_poison": later("A job takes its workers down"),
    "jobs_given_up": later("Jobs were given up"),
    "mail_quota": later("The day's letters run out"),
    "mail_gone": later("The mail service takes no letters"),
    "mail_refused": later("The mail service refuses addresses"),
    "mail_slow": later("The mail service is slow"),
    "outbound_slow": later("Other servers do not answer"),
    "job_stuck": later("A job does not end"),
    "transcodings_waiting": later("Films wait to be made playable"),
    "fan_out_late": later("Posts come late to timelines"),
    "jobs_failing": later("Jobs fail"),
    "jobs_late": later("Work is left lying"),
    "broker_gone": later("NATS is gone"),
    "streams_full": later("Hardly room for open streams"),
    "store_failing": later("The media store fails"),
    "store_slow": later("The media store is slow"),
    "one_client": later("One client asks for too much"),
    "requests_failing": later("Some requests fail"),
    "requests_refused": later("Requests are refused"),
    "gate_paused": later("The door is shut by order"),
    "gate_narrow": later("People wait at the door"),
    "visits_fell": later("Fewer people come"),
    "visits_outgrow": later("More people come than there is room for"),
    "certificate_ending": later("The certificate runs out"),
    "clock_differs": later("The clocks differ"),
    "clock_stepped": later("The clock jumped"),
    "rows_ageing": later("Old rows must be cleaned up"),
    "dead_rows": later("Dead rows pile up"),
    "database_restarted": later("The database was started again"),
    "unsafe_database": later("The database may lose writes"),
    "limiter_off": later("The limiter is off"),
    "cache_off": later("The cache of public pages is off"),
}

# Whose figures everybody may see: they say how long people wait and how much is left undone. The others' say how far a
# limit is away, how old the last backup is, how much an attack brings about; and a verdict that is not named here is new.
FIGURES_FOR_ALL = frozenset(
    {
        "archive_failing",
        "broker_gone",
        "certificate_ending",
        "clock_differs",
        "cpu_full",
        "database_gone",
        "database_reading",
        "database_restarted",
        "database_slow",
        "disk_full",
        "disk_slow",
        "fan_out_late",
        "gate_narrow",
        "gate_paused",
        "idle_in_transaction",
        "index_lost",
        "job_poison",
        "job_stuck",
        "jobs_failing",
        "jobs_given_up",
        "jobs_late",
        "lock_held",
        "loop_blocked",
        "mail_gone",
        "mail_slow",
        "outbound_slow",
        "pool_exhausted",
        "processes_dying",
        "requests_refused",
        "slow_statement",
        "store_failing",
        "store_slow",
        "transcodings_waiting",
        "web_missing",
        "workers_missing",
    }
)
UNITS_FOR_ALL = frozenset({"count", "s", "share", "per_s"})  # bytes say how large the machine is
NOT_FOR_ALL = frozenset({"cores that the web processes use", "disk free"})  # and so do these


def figures_for_all(verdict: Verdict) -> list[Figure]:
    """The figures of the verdict that give nothing away."""
    if verdict.name not in FIGURES_FOR_ALL:
        return []
    return [one for one in verdict.evidence if one.unit in UNITS_FOR_ALL and one.label not in NOT_FOR_ALL]
