"""The processor is busy all the time, and requests wait for it."""

from __future__ import annotations

from collections.abc import Mapping

from parvis.domain.health.types import Signal
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import EVERYBODY, Verdict, figure, say

FROM = 0.93
LAG_S = 0.02
CROWDED_FROM = 0.97
BARELY_S = 3.0  # a store that is slower than this is slow by itself


def cpu_full(seen: Findings) -> Verdict | None:
    """Fires when all cores are busy and the web processes come late by it, or strangers leave them hardly any core.

    What lets others pass, such as encoders, is not counted. Strangers must have done so at the look before as well: a build
    or a nightly job takes every core for a moment.
    """
    lag = seen.fact("web", "mean_lag_s")
    late = seen.use("cpu") >= FROM and (lag >= LAG_S or seen.fact("limiter", "refused_share") >= 0.02)
    cores = (seen.signals["cpu"].capacity or 1.0) if "cpu" in seen.signals else 1.0
    ours = seen.signals["web"].used if "web" in seen.signals else 0.0
    strange = ours < 0.3 * cores
    crowded = is_crowded(seen.signals) and is_crowded(seen.before)
    barely = seen.store is not None and seen.store.took_s < BARELY_S
    if not late and not crowded:
        return None
    return Verdict(
        name="cpu_full",
        urgency="now",
        blame=max(1.0, lag * max(1.0, seen.asked_per_s) + seen.fact("limiter", "refused_per_s")),
        title=say("Something other than the web processes takes the whole processor.")
        if strange
        else say("The processor is busy all the time: more is asked than it can do."),
        hurt=EVERYBODY,
        evidence=(
            figure("busy", seen.use("cpu"), "share"),
            figure("cores that the web processes use", ours),
            figure("mean delay", lag, "s"),
        ),
        action=say("Find out what it is; transcoding and backups can wait.")
        if strange
        else say("Take more cores, and one web process for each."),
        command="ps -eo pcpu,pid,args --sort=-pcpu | head" if strange else f"PARVIS_WEB_WORKERS={round(cores * 2)}",
        gain=say("Requests wait no longer for the processor."),
        explains=(
            *(("store_slow",) if barely else ()),
            "requests_refused",
            "database_slow",
            "gate_narrow",
            "loop_blocked",
            "pool_exhausted",
        ),
    )


def is_crowded(signals: Mapping[str, Signal]) -> bool:
    """Whether strangers left the web processes hardly any core at that look.

    Where it is not known what lets others pass, every encoder would be such a stranger: then nothing is concluded.
    """
    cpu, web = signals.get("cpu"), signals.get("web")
    if cpu is None or "patient" not in cpu.facts:
        return False
    strange = (web.used if web else 0.0) < 0.3 * (cpu.capacity or 1.0)
    return strange and cpu.use >= CROWDED_FROM
