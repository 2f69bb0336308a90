"""Each rule fires where it should and not beside it; and what is named first is the cause, not what follows from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parvis.domain import health
from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts import RULES, patience
from parvis.domain.health.verdicts.findings import (
    Blocker,
    Database,
    Deaths,
    Disk,
    Door,
    Failing,
    Findings,
    Held,
    Idle,
    Jobs,
    Kept,
    Late,
    Letters,
    Parked,
    Rows,
    Setup,
    Statement,
    Store,
    Tide,
    Trouble,
)
from parvis.domain.health.verdicts.hashing_full import hashing_full
from parvis.domain.health.verdicts.requests_refused import requests_refused
from parvis.domain.health.verdicts.verdict import NEWCOMERS, shown, span
from parvis.domain.health.verdicts.wal_piling import OUR_SLOT
from parvis.infra.engines import backup
from parvis.infra.mail import TROUBLE
from parvis.worker.handlers import Handler
from parvis.worker.kinds import all_kinds

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GIB = 1 << 30
BY_NAME = {rule.__name__: rule for rule in RULES}
ROOT = Path(__file__).parents[3]


def seen(**known: Any) -> Findings:
    return Findings(at=NOW, **known)


def db(**known: Any) -> Findings:
    return seen(database=Database(**known))


def signal(
    resource: str, use: float = 0.0, used: float = 1.0, capacity: float | None = 2.0, **facts: float
) -> dict[str, Signal]:
    return {resource: Signal(resource, used, use, capacity, facts)}


def jobs(**known: Any) -> Findings:
    return seen(jobs=Jobs(**known))


def disk(
    free: int, size: int = 100 * GIB, files: int = 0, free_files: int = 0, full_in_s: float | None = None
) -> Findings:
    return seen(disks=(Disk("/srv", size, free, files, free_files, full_in_s),))


def blocked(wait_s: float) -> Findings:
    return db(blocker=Blocker(7, "psql", True, 30.0, "post", 3, wait_s))


busy = signal("cpu", 1.0, 2.0) | signal("web", 0.9, 0.9, 2.0, mean_lag_s=0.2, longest_lag_s=0.4)
hour = 3600.0

# Of each rule: findings by which it fires, and findings beside them by which it does not.
CASES: dict[str, tuple[Findings, Findings]] = {
    "database_gone": (seen(database=None, database_error="refused"), seen()),
    "disk_full": (disk(GIB), disk(50 * GIB)),
    "files_short": (disk(50 * GIB, files=1000, free_files=10), disk(50 * GIB, files=1000, free_files=500)),
    "wal_piling": (db(wal_bytes=4 * GIB, slot="old", slot_bytes=3 * GIB), db(wal_bytes=2 * GIB)),
    "backup_broken": (seen(kept=Kept(drill_problem="gone")), seen(kept=Kept(wanted=True, backup_age_s=9e4, drill_age_s=9e4))),
    "archive_failing": (db(archive_failing_s=400), db(archive_failing_s=200)),
    "disk_filling": (disk(40 * GIB, full_in_s=7200), disk(40 * GIB, full_in_s=30 * 86_400)),
    "schema_behind": (db(unapplied=("0002_x.sql",)), db()),
    "lock_held": (blocked(3), blocked(1)),
    "idle_in_transaction": (db(idle=Idle(7, "psql", 20, 1)), db(idle=Idle(7, "psql", 3, 1))),
    "index_lost": (db(lost_indexes=("CREATE INDEX a ON public.b (c)",)), db()),
    "slow_statement": (db(slow=Statement(7, "w", 4, 1, "SELECT")), db(slow=Statement(7, "w", 1, 1, "SELECT"))),
    "connections_short": (db(sessions=95), db(sessions=80)),
    "hashing_full": (
        seen(signals=signal("hashing", 1.0, waiting=20)),
        seen(signals=signal("hashing", 1.0, waiting=2)),
    ),
    "loop_blocked": (
        seen(signals=signal("web", 0.9, longest_lag_s=2, mean_lag_s=0.5)),
        seen(signals=signal("web", 0.9, longest_lag_s=0.3, mean_lag_s=0.01)),
    ),
    "memory_short": (seen(signals=signal("memory", 0.97)), seen(signals=signal("memory", 0.8))),
    "cpu_full": (seen(signals=busy), seen(signals=signal("cpu", 0.4, patient=0.6) | signal("web", used=0.2, mean_lag_s=0.03))),
    "disk_slow": (db(waiting={"journal": 4.0}), db(waiting={"journal": 0.5})),
    "database_reading": (db(waiting={"reading": 4.0}), db(waiting={"reading": 0.5})),
    "database_slow": (seen(signals=signal("database", response_s=0.2)), seen(signals=signal("database", response_s=0.01))),
    "pool_exhausted": (
        seen(signals=signal("pool", 1.0, mean_wait_s=0.3, waiting=4, lent_per_s=9)),
        seen(signals=signal("pool", 1.0, mean_wait_s=0.0, waiting=0)),
    ),
    "web_missing": (seen(roles={"work": 1}), seen()),
    "workers_missing": (seen(roles={"web": 2}), seen()),
    "processes_dying": (seen(deaths=Deaths(1, "web", 30)), seen()),
    "job_poison": (jobs(parked=(Parked("x", 1, 9, True, ""),)), jobs(parked=(Parked("x", 1, 9, False, ""),))),
    "jobs_given_up": (jobs(parked=(Parked("x", 1, 9, False, ""),)), jobs(parked=(Parked("x", 1, 9, True, ""),))),
    "mail_gone": (
        jobs(failing=(Failing("m", 3, 2, 9, f"Unavailable: {TROUBLE}"),)),
        jobs(failing=(Failing("m", 3, 2, 9, "KeyError"),)),
    ),
    "mail_refused": (
        seen(signals=signal("mail", sent=2, refused=4)),
        seen(signals=signal("mail", sent=90, refused=4)),
    ),
    "mail_quota": (seen(letters=Letters(5_000, 5_000)), seen(letters=Letters(3_000, 5_000))),
    "requests_failing": (
        seen(signals=signal("requests", failed_per_s=2.0)),
        seen(signals=signal("requests", failed_per_s=0.01)),
    ),
    "mail_slow": (seen(signals=signal("mail", slowest_s=9.0)), seen(signals=signal("mail", slowest_s=1.0))),
    "transcodings_waiting": (
        jobs(late=(Late("media.transcode", 40, 5),), held=(Held("media.transcode", 1, 6),)),
        jobs(late=(Late("media.transcode", 40, 3),), held=(Held("media.transcode", 1, 6),)),
    ),
    "fan_out_late": (jobs(late=(Late("consume.fan_out", 20, 90),)), jobs(late=(Late("consume.fan_out", 2, 90),))),
    "outbound_slow": (
        jobs(failing=(Failing("p", 9, 2, 9, "Unreachable: "),)),
        jobs(failing=(Failing("p", 2, 2, 9, "Unreachable: "),)),
    ),
    "job_stuck": (
        jobs(late=(Late("x", 40, 3),), held=(Held("x", 1, 60),)),
        jobs(late=(Late("x", 5, 3),), held=(Held("x", 1, 60),)),
    ),
    "jobs_failing": (jobs(failing=(Failing("x", 1, 2, 9, "KeyError"),)), jobs(failing=(Failing("x", 1, 1, 9, "E"),))),
    "jobs_late": (jobs(late=(Late("x", 90, 3),)), jobs(late=(Late("x", 30, 3),))),
    "broker_gone": (seen(broker_error="refused"), seen(broker_error="refused", setup=Setup(has_broker=False))),
    "streams_full": (seen(signals=signal("streams", 0.9)), seen(signals=signal("streams", 0.5))),
    "store_failing": (seen(store=Store(0.1, "denied")), seen(store=Store(0.1))),
    "store_slow": (seen(store=Store(2.0)), seen(store=Store(0.1))),
    "one_client": (
        seen(signals=signal("limiter", 0.1, refused_per_s=12, refused_share_per_s=10, refused_share=0.1)),
        seen(signals=signal("limiter", 0.1, refused_per_s=100, refused_share_per_s=10, refused_share=0.1)),
    ),
    "requests_refused": (
        seen(signals=signal("limiter", refused_share=0.3), before=signal("limiter", refused_share=0.3)),
        seen(signals=signal("limiter", refused_share=0.3), before=signal("limiter", refused_share=0.01)),
    ),
    "gate_paused": (seen(door=Door("pause", 0.0, "", 5, "moving")), seen(door=Door("pause", 0.0, "", 0, "moving"))),
    "gate_narrow": (seen(door=Door("auto", 0.2, "cpu", 5000)), seen(door=Door("auto", 50.0, "cpu", 5000))),
    "visits_fell": (seen(tide=Tide(69.0, 100.0)), seen(tide=Tide(71.0, 100.0))),
    "visits_outgrow": (seen(tide=Tide(150.0, 100.0, "cpu", 0.7)), seen(tide=Tide(150.0, 100.0, "cpu", 0.5))),
    "certificate_ending": (seen(certificate_ends_in_s=86_400.0), seen(certificate_ends_in_s=86_400.0 * 60)),
    "clock_differs": (seen(clock_ahead_s=-5), seen(clock_ahead_s=0.5)),
    "clock_stepped": (seen(signals=signal("clock", step_s=-30)), seen(signals=signal("clock", step_s=0.01))),
    "rows_ageing": (db(oldest_row_age=1_300_000_000), db(oldest_row_age=200_000_000)),
    "dead_rows": (db(rows=Rows("post", 300_000, 1000)), db(rows=Rows("post", 300_000, 900_000))),
    "database_restarted": (
        seen(database=Database(up_s=20), deaths=Deaths(2, "web", 20)),
        seen(database=Database(up_s=20)),
    ),
    "unsafe_database": (db(unsafe=("fsync",)), db()),
    "limiter_off": (seen(setup=Setup(limiter=False)), seen()),
    "cache_off": (seen(setup=Setup(page_cache_bytes=0)), seen()),
}  # fmt: skip


def test_who_is_kept_out_at_the_door_is_named_with_the_cause() -> None:
    """Where more sign in than can, and hardly anything else is refused."""
    limiter = signal("limiter", refused_share=0.3, refused_for_load_per_s=10, refused_door_per_s=9)
    refused = requests_refused(seen(signals=limiter, before=limiter))
    assert refused is not None
    assert refused.hurt == NEWCOMERS
    cause = hashing_full(seen(signals=limiter | signal("hashing", 1.0, waiting=20)))
    assert cause is not None
    assert "requests_refused" in cause.explains
    others = signal("limiter", refused_for_load_per_s=10, refused_door_per_s=1)
    beside = hashing_full(seen(signals=others | signal("hashing", 1.0, waiting=20)))
    assert beside is not None
    assert "requests_refused" not in beside.explains


def test_every_rule_has_its_cases() -> None:
    assert CASES.keys() == BY_NAME.keys()
    assert len(RULES) >= 30


@pytest.mark.parametrize("name", CASES)
def test_a_rule_fires_where_it_should_and_not_beside_it(name: str) -> None:
    fires, does_not = CASES[name]
    verdict = BY_NAME[name](fires)
    assert verdict is not None
    assert verdict.name == name
    assert len(verdict.evidence) == 3
    assert all(str(words) for words in (verdict.title, verdict.hurt, verdict.action, verdict.gain))
    assert verdict.blame >= 0
    assert BY_NAME[name](does_not) is None
    assert health.judge(fires).first == verdict


@pytest.mark.parametrize("name", CASES)
def test_every_rule_has_a_page_that_is_about_it(name: str) -> None:
    verdict = BY_NAME[name](CASES[name][0])
    assert verdict is not None
    page = (ROOT / verdict.runbook).read_text()
    assert re.match(r"# \S", page)
    assert "```sh" in page
    assert all(
        heading in page for heading in ("## What it means", "## See for yourself", "## Do", "## When it is over")
    )


def test_the_list_of_pages_has_every_page() -> None:
    folder = ROOT / "docs" / "runbooks"
    listed = re.findall(r"^\* \[.+\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert sorted(["README.md", *listed]) == sorted(page.name for page in folder.glob("*.md"))


def test_verdicts_explain_only_verdicts_that_there_are() -> None:
    for name, (fires, _) in CASES.items():
        verdict = BY_NAME[name](fires)
        assert verdict is not None
        assert set(verdict.explains) <= BY_NAME.keys() - {name}


def test_a_place_of_which_nothing_bad_is_known_is_healthy() -> None:
    judgement = health.judge(seen())
    assert (judgement.outcome, judgement.causes) == ("healthy", ())


def test_what_is_only_unwise_leaves_it_healthy_and_is_said() -> None:
    judgement = health.judge(seen(setup=Setup(limiter=False, page_cache_bytes=0)))
    assert judgement.outcome == "healthy"
    assert {one.verdict.name for one in judgement.causes} == {"limiter_off", "cache_off"}


def test_a_database_that_is_gone_is_said_and_nothing_is_concluded_from_silence() -> None:
    judgement = health.judge(seen(database=None, database_error="refused", roles={}))
    assert judgement.outcome == "unknown"
    assert [one.verdict.name for one in judgement.causes] == ["database_gone"]


def named(**known: Any) -> tuple[str, list[str]]:
    judgement = health.judge(seen(**known))
    return judgement.outcome, [one.verdict.name for one in judgement.causes]


def test_a_full_disk_explains_a_database_that_is_gone() -> None:
    full = (Disk("/srv", 100 * GIB, 0),)
    outcome, names = named(database=None, disks=full)
    assert (outcome, names) == ("unknown", ["disk_full"])


def test_a_lock_explains_the_queue_before_the_database() -> None:
    holder = Blocker(7, "psql", True, 30.0, "post", 3, 9.0)
    queue = signal("pool", 1.0, mean_wait_s=2.0, waiting=9, lent_per_s=4)
    judgement = health.judge(
        seen(
            database=Database(blocker=holder, idle=Idle(7, "psql", 30, 1)),
            signals=queue | signal("database", response_s=0.3),
            jobs=Jobs(late=(Late("fan_out", 90, 10),)),
        )
    )
    assert judgement.outcome == "one cause"
    [cause] = judgement.causes
    assert cause.verdict.name == "lock_held"
    assert {one.name for one in cause.followers} == {
        "pool_exhausted",
        "idle_in_transaction",
        "database_slow",
        "jobs_late",
    }
    assert cause.blame > cause.verdict.blame


def test_two_causes_of_like_weight_are_both_named_and_a_small_one_is_not() -> None:
    failing = (Failing("m", 16, 4, 90, f"Unavailable: {TROUBLE}"),)
    assert named(jobs=Jobs(failing=failing), store=Store(0.1, "denied")) == (
        "two causes",
        ["mail_gone", "store_failing"],
    )
    assert named(jobs=Jobs(failing=failing), deaths=Deaths(3, "web", 9))[0] == "one cause"


def test_what_hurts_more_people_is_named_first() -> None:
    def first(letters: int) -> str:
        letter = Failing("m", letters, 4, 90, f"Unavailable: {TROUBLE}")
        return named(jobs=Jobs(failing=(letter,)), store=Store(0.1, "denied"))[1][0]

    assert (first(2), first(100)) == ("store_failing", "mail_gone")


def test_strangers_that_take_every_core_are_named_and_work_that_lets_others_pass_is_not() -> None:
    quick = signal("web", used=0.1, mean_lag_s=0.001)
    full = signal("cpu", 1.0, 2.0, patient=0.0) | quick
    assert named(signals=full, before=full, store=Store(1.5))[1] == ["cpu_full"]
    assert named(signals=full)[1] == []  # for a moment a build may have them
    assert named(signals=full, before=signal("cpu", 0.4, 2.0, patient=0.0) | quick)[1] == []
    patient = signal("cpu", 0.1, 2.0, patient=0.9) | quick
    assert named(signals=patient, before=patient)[1] == []
    unknown = signal("cpu", 1.0, 2.0) | quick  # an encoder may be what takes it
    assert named(signals=unknown, before=unknown)[1] == []


def kinds_of_work() -> Iterator[tuple[str, Handler]]:
    return ((kind, one) for kind, one in all_kinds(transcodings=3).items() if isinstance(one, Handler))


def test_rules_know_how_long_jobs_may_take_and_how_many_are_done_at_once_as_workers_do() -> None:
    for kind, handler in kinds_of_work():
        assert patience.takes_long(kind) == (handler.time_limit_s > 120), kind
        assert not patience.takes_long(kind) or patience.time_limit_s(kind) == handler.time_limit_s, kind
        assert patience.at_once(kind, seen(setup=Setup(transcodings=3))) == handler.limit, kind


@pytest.mark.parametrize("kind", [kind for kind, handler in kinds_of_work() if handler.time_limit_s > 120])
def test_what_takes_long_by_right_is_neither_stuck_nor_late_before_half_of_its_time(kind: str) -> None:
    most = patience.at_once(kind, seen()) or 1
    half_s = patience.time_limit_s(kind) / 2

    def found(under_way_s: float, waiting_s: float) -> list[str]:
        work = Jobs(late=(Late(kind, waiting_s, 1),), held=(Held(kind, most, under_way_s),))
        return named(jobs=work, signals=signal("encoders", silent_s=2, resting=1))[1]

    assert found(300, 299) == []
    assert found(half_s + 9, 300) == ["job_stuck"]
    assert found(30, half_s + 9) == ["jobs_late"]


def test_an_encoder_that_says_nothing_is_stuck_and_is_looked_at_before_it_is_ended() -> None:
    work = Jobs(late=(Late("media.transcode", 40, 3),), held=(Held("media.transcode", 1, 41),))
    judgement = health.judge(seen(jobs=work, signals=signal("encoders", silent_s=30)))
    assert [one.verdict.name for one in judgement.causes] == ["job_stuck"]
    assert "pkill" not in judgement.causes[0].verdict.command
    assert named(jobs=work, signals=signal("encoders", silent_s=1))[1] == []


def test_no_more_workers_are_advised_where_as_many_are_under_way_as_may_be() -> None:
    late = (Late("accounts.send_reset", 90, 30),)
    for letters, more in ((4, False), (2, True)):
        verdict = BY_NAME["jobs_late"](jobs(late=late, held=(Held("accounts.send_reset", letters, 9),)))
        assert verdict is not None
        assert verdict.command.startswith("PARVIS_JOB_WORKERS") == more


def test_films_that_wait_while_encoders_are_held_back_are_not_too_many() -> None:
    work = Jobs(late=(Late("media.transcode", 90, 9),), held=(Held("media.transcode", 1, 60),))
    assert named(jobs=work, signals=signal("encoders", resting=1))[1] == []
    assert "transcodings_waiting" in named(jobs=work, signals=signal("encoders", resting=0))[1]


def test_a_fast_statement_that_runs_often_is_not_slow() -> None:
    for age_s, slow in ((0.1, False), (0.8, True)):
        found = db(slow=Statement(7, "parvis web", age_s, 6.0, "SELECT"))
        assert (BY_NAME["slow_statement"](found) is not None) == slow


def test_posts_that_come_late_explain_statements_of_workers_and_no_others() -> None:
    late = Jobs(late=(Late("consume.fan_out", 20, 90),))
    for application, causes in (("parvis work", {"fan_out_late"}), ("psql", {"fan_out_late", "slow_statement"})):
        slow = Statement(7, application, 4.0, 1.0, "INSERT")
        assert set(named(jobs=late, database=Database(slow=slow))[1]) == causes
    assert named(jobs=late, database=Database(blocker=Blocker(7, "psql", True, 30.0, "post", 3, 9.0)))[1] == [
        "lock_held"
    ]


def test_jobs_that_were_given_up_long_ago_are_told_and_press_no_more() -> None:
    for killing in (True, False):
        old = health.judge(jobs(parked=(Parked("x", 1, 9 * 86_400.0, killing, ""),)))
        assert (old.outcome, len(old.worth_telling)) == ("healthy", 1)
        both = (Parked("x", 9, 9 * 86_400.0, killing, ""), Parked("y", 1, 60.0, killing, ""))
        assert health.judge(jobs(parked=both)).outcome == "one cause"


def test_a_large_disk_is_neither_full_nor_filling_by_its_share_alone() -> None:
    def found(free: int, size: int) -> list[str]:
        return named(disks=(Disk("/srv", size, free),))[1]

    large = 10_000 * GIB
    assert found(100 * GIB, large) == []
    assert found(9 * GIB, large) == ["disk_filling"]
    assert found(GIB, large) == ["disk_full"]
    assert found(GIB // 5, 5 * GIB) == ["disk_full"]
    verdict = BY_NAME["disk_filling"](disk(7 * GIB))
    assert verdict is not None
    assert "full in" not in [one.label for one in verdict.evidence], "no pace is known"


def test_a_database_that_does_not_answer_is_full_about_to_be_there_or_gone() -> None:
    def said(trouble: Trouble) -> tuple[str, bool]:
        judgement = health.judge(seen(database=None, database_error="it says so", database_trouble=trouble))
        assert judgement.outcome == "unknown"
        return judgement.causes[0].verdict.name, "parvis serve" in judgement.causes[0].verdict.command

    assert said("gone") == ("database_gone", True)
    assert said("starting") == ("database_gone", False)
    assert said("full") == ("connections_short", False)


def test_a_worker_for_films_alone_is_no_worker() -> None:
    assert named(roles={"web": 2, "transcode": 1})[1] == ["workers_missing"]


def test_no_more_connections_are_advised_than_there_are() -> None:
    verdict = BY_NAME["connections_short"](seen(database=Database(sessions=95), setup=Setup(database_pool=4)))
    assert verdict is not None
    assert verdict.command == "PARVIS_DATABASE_POOL=2; max_connections = 200"


def test_actions_fit_what_is_set() -> None:
    bucket = Setup(keeps_in_bucket=True)
    for store in (Store(2.0), Store(0.1, "denied")):
        assert "AWS_ENDPOINT_URL" in command_of(seen(store=store, setup=bucket))
        assert "$PARVIS_HOME/media" in command_of(seen(store=store))
    assert command_of(seen(door=Door("cap", 0.2, "cap", 5000))) == "parvis gate auto"
    reading = seen(database=Database(waiting={"reading": 4.0}), signals=signal("memory", 0.5, capacity=64.0 * GIB))
    assert "shared_buffers = 16384MB" in command_of(reading)


def test_one_letter_that_waits_while_others_are_sent_is_not_the_service() -> None:
    def found(letters: int, sent: float) -> bool:
        failing = (Failing("m", letters, 3, 90, f"Unavailable: {TROUBLE}"),)
        return "mail_gone" in named(jobs=Jobs(failing=failing), signals=signal("mail", sent=sent))[1]

    assert not found(letters=1, sent=4)
    assert found(letters=1, sent=0)
    assert found(letters=2, sent=4)


def test_a_full_processor_explains_loops_that_stand_still() -> None:
    still = signal("cpu", 1.0, 2.0) | signal("web", 0.5, 0.9, 2.0, mean_lag_s=0.2, longest_lag_s=1.4)
    assert named(signals=still)[1] == ["cpu_full"]


def test_a_certificate_ends_soon_by_how_long_it_is_good_for() -> None:
    day = 86_400.0
    for left, lasts, soon in ((13, 90, True), (5, 6, False), (1, 6, True), (13, None, True)):
        found = seen(certificate_ends_in_s=left * day, certificate_lasts_s=lasts and lasts * day)
        verdict = BY_NAME["certificate_ending"](found)
        assert (verdict is not None) == soon
        if verdict is not None and lasts:
            assert [round(one.value, 2) for one in verdict.evidence] == [
                left * day,
                lasts * day,
                round(left / lasts, 2),
            ]
    over = BY_NAME["certificate_ending"](seen(certificate_ends_in_s=-day, certificate_lasts_s=90 * day))
    assert over is not None
    assert over.evidence[2].value == 0


@pytest.mark.parametrize(
    ("rise", "use", "fires"),
    [
        (1.15, 0.9, True),
        (1.15, 0.86, False),
        (1.06, 0.95, True),
        (1.04, 0.99, False),
        (1.25, 0.77, True),
        (1.25, 0.75, False),
    ],
)
def test_a_rise_is_told_of_by_the_room_there_is_and_not_by_how_large_it_is(
    rise: float, use: float, fires: bool
) -> None:
    found = seen(tide=Tide(100.0 * rise, 100.0, "cpu", use))
    assert (BY_NAME["visits_outgrow"](found) is not None) == fires


@pytest.mark.parametrize(
    ("resource", "command"),
    [
        ("cpu", "PARVIS_WEB_WORKERS=3"),
        ("web", "PARVIS_WEB_WORKERS=3"),
        ("pool", "PARVIS_DATABASE_POOL=20"),
        ("streams", "LimitNOFILE=1048576"),
        ("database", "parvis gate status"),
    ],
)
def test_what_gives_the_place_more_of_what_is_short_is_a_setting_where_there_is_one(
    resource: str, command: str
) -> None:
    setup = Setup(web_workers=2, database_pool=10)
    assert command_of(seen(setup=setup, door=Door("auto", 0.2, resource, 5000))) == command
    assert command_of(seen(setup=setup, tide=Tide(150.0, 100.0, resource, 0.9))) == command


def test_a_journal_that_is_followed_no_more_is_named_and_what_never_was_is_not_called_new() -> None:
    away = seen(database=Database(follower_away_s=600.0), kept=Kept(wanted=True, backup_age_s=9e4, drill_age_s=9e4))
    assert command_of(away) == "parvis backup --follow"
    assert named(database=Database(follower_away_s=30.0))[1] == []
    verdict = BY_NAME["backup_broken"](seen(kept=Kept(wanted=True)))
    assert verdict is not None
    assert "since the last good backup" not in [one.label for one in verdict.evidence]
    assert verdict.command == "parvis backup --drill"


def command_of(found: Findings) -> str:
    return health.judge(found).causes[0].verdict.command


def test_a_slot_is_named_and_dropped_only_when_it_keeps_most_of_the_journal() -> None:
    piled = {"wal_bytes": 4 * GIB, "slot": "old"}
    drop = "SELECT pg_drop_replication_slot('old')"
    assert command_of(db(**piled, slot_bytes=3 * GIB)) == f'psql "$ADMIN" -c "{drop}"'
    for others in ({"slot_bytes": GIB}, {"slot_bytes": 1000, "archive_failing_s": 9.0}):
        verdict = health.judge(db(**piled, **others)).causes[0].verdict
        assert verdict.name == "wal_piling"
        assert "old" not in str(verdict.title) + verdict.command
    assert OUR_SLOT == backup.SLOT
    ours = db(wal_bytes=4 * GIB, slot=OUR_SLOT, slot_bytes=4 * GIB)
    assert command_of(ours) == "parvis backup FOLDER --follow"


def test_an_index_that_is_half_made_is_dropped_before_it_is_made() -> None:
    lost = ("CREATE INDEX a ON public.b (c)", "CREATE INDEX d ON public.b (e)")
    assert command_of(db(lost_indexes=lost)) == "CREATE INDEX CONCURRENTLY a ON public.b (c)"
    assert command_of(db(lost_indexes=lost, half_indexes=("a",))) == "DROP INDEX CONCURRENTLY a"
    assert command_of(db(lost_indexes=lost, half_indexes=("d",))) == "CREATE INDEX CONCURRENTLY a ON public.b (c)"


def test_no_action_throws_away_what_would_still_be_done_or_names_a_store_without_the_files() -> None:
    for name, (fires, _) in CASES.items():
        verdict = BY_NAME[name](fires)
        assert verdict is not None
        assert "jobs drop" not in verdict.command or verdict.command.endswith("--given-up"), name
        assert "parvis capacity" not in verdict.command, name  # it uses the whole machine
        assert "PARVIS_MEDIA_URL" not in verdict.command or "rsync" in verdict.command, name


def test_figures_are_readable() -> None:
    verdict = BY_NAME["disk_full"](CASES["disk_full"][0])
    assert verdict is not None
    assert [shown(figure) for figure in verdict.evidence] == ["1.0 GiB", "100.0 GiB", "1%"]
    assert [span(s) for s in (0.25, 12, 300, 11_520, 345_600)] == ["0.25 s", "12 s", "5 min", "3 h", "4.0 d"]


def test_a_backup_is_broken_when_it_failed_cannot_come_back_or_where_one_is_wanted_is_old() -> None:
    def fires(**kept: Any) -> bool:
        return named(kept=Kept(**kept))[1] == ["backup_broken"]

    day = 86_400.0
    assert not fires()  # nobody asked for any
    assert fires(wanted=True)
    assert fires(backup_problem="no room", backup_age_s=day)
    assert fires(wanted=True, backup_age_s=9 * day, drill_age_s=day)
    assert fires(wanted=True, backup_age_s=day, drill_age_s=16 * day)
    assert not fires(wanted=True, backup_age_s=day, drill_age_s=8 * day)
    assert not fires(wanted=True, backup_age_s=day)  # the first drill is under way
