"""The rules by which the place is judged: one file a rule, each a pure function of the findings.

RULES stand in the order in which they explain one another: deeper causes first. Each has a page in docs/runbooks/.
"""

from __future__ import annotations

from parvis.domain.health.verdicts.archive_failing import archive_failing
from parvis.domain.health.verdicts.backup_broken import backup_broken
from parvis.domain.health.verdicts.broker_gone import broker_gone
from parvis.domain.health.verdicts.cache_off import cache_off
from parvis.domain.health.verdicts.certificate_ending import certificate_ending
from parvis.domain.health.verdicts.clock_differs import clock_differs
from parvis.domain.health.verdicts.clock_stepped import clock_stepped
from parvis.domain.health.verdicts.connections_short import connections_short
from parvis.domain.health.verdicts.cpu_full import cpu_full
from parvis.domain.health.verdicts.database_gone import database_gone
from parvis.domain.health.verdicts.database_reading import database_reading
from parvis.domain.health.verdicts.database_restarted import database_restarted
from parvis.domain.health.verdicts.database_slow import database_slow
from parvis.domain.health.verdicts.dead_rows import dead_rows
from parvis.domain.health.verdicts.disk_filling import disk_filling
from parvis.domain.health.verdicts.disk_full import disk_full
from parvis.domain.health.verdicts.disk_slow import disk_slow
from parvis.domain.health.verdicts.fan_out_late import fan_out_late
from parvis.domain.health.verdicts.files_short import files_short
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.gate_narrow import gate_narrow
from parvis.domain.health.verdicts.gate_paused import gate_paused
from parvis.domain.health.verdicts.hashing_full import hashing_full
from parvis.domain.health.verdicts.idle_in_transaction import idle_in_transaction
from parvis.domain.health.verdicts.index_lost import index_lost
from parvis.domain.health.verdicts.job_poison import job_poison
from parvis.domain.health.verdicts.job_stuck import job_stuck
from parvis.domain.health.verdicts.jobs_failing import jobs_failing
from parvis.domain.health.verdicts.jobs_given_up import jobs_given_up
from parvis.domain.health.verdicts.jobs_late import jobs_late
from parvis.domain.health.verdicts.judge import Judged, Judgement, judge
from parvis.domain.health.verdicts.limiter_off import limiter_off
from parvis.domain.health.verdicts.lock_held import lock_held
from parvis.domain.health.verdicts.loop_blocked import loop_blocked
from parvis.domain.health.verdicts.mail_gone import mail_gone
from parvis.domain.health.verdicts.mail_quota import mail_quota
from parvis.domain.health.verdicts.mail_refused import mail_refused
from parvis.domain.health.verdicts.mail_slow import mail_slow
from parvis.domain.health.verdicts.memory_short import memory_short
from parvis.domain.health.verdicts.one_client import one_client
from parvis.domain.health.verdicts.outbound_slow import outbound_slow
from parvis.domain.health.verdicts.pool_exhausted import pool_exhausted
from parvis.domain.health.verdicts.processes_dying import processes_dying
from parvis.domain.health.verdicts.requests_failing import requests_failing
from parvis.domain.health.verdicts.requests_refused import requests_refused
from parvis.domain.health.verdicts.rows_ageing import rows_ageing
from parvis.domain.health.verdicts.schema_behind import schema_behind
from parvis.domain.health.verdicts.slow_statement import slow_statement
from parvis.domain.health.verdicts.store_failing import store_failing
from parvis.domain.health.verdicts.store_slow import store_slow
from parvis.domain.health.verdicts.streams_full import streams_full
from parvis.domain.health.verdicts.transcodings_waiting import transcodings_waiting
from parvis.domain.health.verdicts.unsafe_database import unsafe_database
from parvis.domain.health.verdicts.verdict import Figure, Rule, Verdict, Words
from parvis.domain.health.verdicts.visits_fell import visits_fell
from parvis.domain.health.verdicts.visits_outgrow import visits_outgrow
from parvis.domain.health.verdicts.wal_piling import wal_piling
from parvis.domain.health.verdicts.web_missing import web_missing
from parvis.domain.health.verdicts.workers_missing import workers_missing

__all__ = ["RULES", "Figure", "Findings", "Judged", "Judgement", "Rule", "Verdict", "Words", "judge"]

RULES: tuple[Rule, ...] = (
    database_gone,
    disk_full,
    files_short,
    wal_piling,
    archive_failing,
    disk_filling,
    schema_behind,
    lock_held,
    idle_in_transaction,
    index_lost,
    slow_statement,
    connections_short,
    hashing_full,
    loop_blocked,
    memory_short,
    cpu_full,
    disk_slow,
    database_reading,
    database_slow,
    pool_exhausted,
    web_missing,
    workers_missing,
    processes_dying,
    job_poison,
    jobs_given_up,
    mail_quota,
    mail_gone,
    mail_refused,
    mail_slow,
    outbound_slow,
    job_stuck,
    transcodings_waiting,
    fan_out_late,
    jobs_failing,
    jobs_late,
    broker_gone,
    streams_full,
    store_failing,
    store_slow,
    one_client,
    requests_failing,
    requests_refused,
    gate_paused,
    gate_narrow,
    visits_fell,
    visits_outgrow,
    certificate_ending,
    clock_differs,
    clock_stepped,
    rows_ageing,
    dead_rows,
    database_restarted,
    unsafe_database,
    limiter_off,
    cache_off,
    backup_broken,
)
