"""What several looks at the database's sessions have in common: who blocks, who takes long, who does nothing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from parvis.domain.health.verdicts.findings import Blocker, Idle, Statement

Look = Sequence[Any]  # rows of `gather_queries.sessions`

OURS = ("parvis health", "parvis doctor", "parvis queue")
# By their names in small letters: older versions of PostgreSQL say WALSync, newer ones WalSync.
_WAITS = {
    ("IO", "walsync"): "journal",
    ("IO", "walwrite"): "journal",
    ("LWLock", "walwrite"): "journal",
    ("IO", "datafileread"): "reading",
}
_ORDINARY_S = 0.5  # what is younger is no slow statement, however many sessions are busy with it
# What takes long by right: copies of the whole database, and care for its tables.
_COPYING = ("pg_dump", "pg_basebackup", "parvis backup", "parvis restore", "parvis migrate")
_CARING = ("COMMIT", "VACUUM", "ANALYZE", "COPY", "CREATE INDEX", "CREATE UNIQUE INDEX", "REINDEX")
_PATIENT = ("virtualxid", "advisory")  # who waits for these waits by right: for an index to be made, or for their turn


def waiting(looks: Sequence[Look]) -> dict[str, float]:
    """By what they wait for: how many busy sessions, on average."""
    found: Counter[str] = Counter()
    for look in looks:
        for row in look:
            if row["state"] != "active":
                continue
            found["locks" if row["kind"] == "Lock" else _wait(row)] += 1
    return {kind: number / len(looks) for kind, number in found.items()}


def _wait(row: Mapping[str, Any]) -> str:
    return _WAITS.get((row["kind"], (row["event"] or "").lower()), "other")


def victims_by_root(look: Look) -> dict[int, list[int]]:
    """By session that waits for nobody itself: all who wait for it, directly or for one who does."""
    waits = {row["pid"]: list(row["blockers"]) for row in look if row["blockers"] and row["event"] not in _PATIENT}
    found: dict[int, list[int]] = {}
    for victim in waits:
        seen, at = {victim}, victim
        while at in waits:
            following = next((pid for pid in waits[at] if pid not in seen), None)
            if following is None:
                break
            seen.add(following)
            at = following
        if at != victim:
            found.setdefault(at, []).append(victim)
    return found


def blocker(look: Look) -> tuple[Blocker, list[int]] | None:
    """The session that most others wait for, and who they are."""
    roots = victims_by_root(look)
    if not roots:
        return None
    pid, victims = max(roots.items(), key=lambda one: len(one[1]))
    rows = {row["pid"]: row for row in look}
    row = rows.get(pid)
    longest = max(rows[victim]["runs_s"] or 0.0 for victim in victims)
    if row is None:  # a prepared transaction, or one of another database
        return Blocker(pid, "", True, longest, "", len(victims), longest), victims
    idle = str(row["state"]).startswith("idle")
    open_s = row["open_s"] or longest
    return Blocker(pid, row["application"], idle, open_s, "", len(victims), longest, row["statement"]), victims


def slowest(looks: Sequence[Look]) -> Statement | None:
    """The statement that keeps most sessions busy, or the oldest, of those that wait for nobody."""
    busy: Counter[str] = Counter()
    oldest: dict[str, Mapping[str, Any]] = {}
    for look in looks:
        for row in look:
            if row["state"] != "active" or row["kind"] in ("Lock", "Client") or _is_ordinary(row):
                continue
            text = row["statement"]
            busy[text] += 1
            if text not in oldest or row["runs_s"] > oldest[text]["runs_s"]:
                oldest[text] = row
    if not busy:
        return None
    text = max(busy, key=lambda one: busy[one] / len(looks) + (oldest[one]["runs_s"] or 0.0))
    row = oldest[text]
    return Statement(row["pid"], row["application"], row["runs_s"], busy[text] / len(looks), " ".join(text.split()))


def _is_ordinary(row: Mapping[str, Any]) -> bool:
    """Whether nobody would wonder that it is under way: it is young, waits for the journal, or takes long by right."""
    if (row["runs_s"] or 0.0) < _ORDINARY_S or _wait(row) == "journal":
        return True
    by_right = row["application"] in OURS or row["application"].startswith(_COPYING)
    return by_right or row["statement"].lstrip().upper().startswith(_CARING)


def idle(look: Look) -> Idle | None:
    """The transaction in which nothing has happened for longest."""
    doing_nothing = [row for row in look if str(row["state"]).startswith("idle in transaction")]
    if not doing_nothing:
        return None
    oldest = max(doing_nothing, key=lambda row: row["same_s"])
    count = sum(row["same_s"] > 5 for row in doing_nothing)
    return Idle(oldest["pid"], oldest["application"], oldest["same_s"], max(1, count))
