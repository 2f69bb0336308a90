"""The doctor sees what is wrong, says so in words, and is not fooled into calling it well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.domain.health import rules


async def verdicts(settings: Settings) -> dict[str, str]:
    return {f.subject: f.verdict for f in await health.examine(settings, unknown=[], clock=utc_now)}


async def test_a_healthy_installation_is_sound(tmp_path: Path, database_url: str, nats_url: str) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, nats_url=nats_url)
    found = await verdicts(settings)
    assert found.keys() == {"settings", "disk", "database", "schema", "clock", "broker"}
    assert {v for s, v in found.items() if s != "disk"} == {"ok"}


async def test_engines_that_are_away_are_failures_not_crashes(tmp_path: Path) -> None:
    away = Settings(home=tmp_path, database_url="postgresql://x@/x?host=%2Fnowhere", nats_url="nats://127.0.0.1:1")
    found = await verdicts(away)
    assert found["database"] == found["broker"] == "failed"
    assert (await verdicts(msgspec.structs.replace(away, nats_url="")))["broker"] == "failed"
    assert not health.sound(await health.examine(away, unknown=[], clock=utc_now))


async def test_a_missing_home_is_a_failure(database_url: str, nats_url: str) -> None:
    settings = Settings(home=Path("/nowhere"), database_url=database_url, nats_url=nats_url)
    assert (await verdicts(settings))["disk"] == "failed"


async def test_a_clock_that_is_wrong_is_seen(tmp_path: Path, database_url: str, nats_url: str) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, nats_url=nats_url)
    findings = await health.examine(settings, unknown=[], clock=lambda: datetime.now(UTC) - timedelta(minutes=5))
    [clock] = [f for f in findings if f.subject == "clock"]
    assert clock.verdict == "failed"
    assert "300." in clock.message or "299." in clock.message


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (Settings(confirm_email=False), "PARVIS_CONFIRM_EMAIL"),
        (Settings(rate_limits=False), "PARVIS_RATE_LIMITS"),
        (Settings(allow_private_addresses=True), "PARVIS_ALLOW_PRIVATE_ADDRESSES"),
        (Settings(bind="0.0.0.0"), "not https"),
    ],
)
def test_settings_for_closed_networks_are_warnings(settings: Settings, word: str) -> None:
    [finding] = rules.judge_settings(settings, [])
    assert finding.verdict == "warning"
    assert word in finding.message


def test_unknown_variables_are_warnings() -> None:
    [finding] = rules.judge_settings(Settings(), ["PARVIS_PROT"])
    assert finding.verdict == "warning"


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [(Settings(), "ok"), (Settings(bind="::1"), "ok"), (Settings(bind="0.0.0.0", origin="https://p.example"), "ok")],
)
def test_usual_settings_are_well(settings: Settings, verdict: str) -> None:
    assert [f.verdict for f in rules.judge_settings(settings, [])] == [verdict]


def test_figures_are_judged() -> None:
    gib = rules.GIB
    assert [rules.judge_disk(size, "x").verdict for size in (gib // 5, gib, 3 * gib)] == ["failed", "warning", "ok"]
    assert [rules.judge_clock(s).verdict for s in (-61, 3, 0.5)] == ["failed", "warning", "ok"]
    assert [rules.judge_database_version(n, "x").verdict for n in (140_010, 150_000)] == ["failed", "ok"]
    assert [rules.judge_schema(names).verdict for names in (["0002_x.sql"], [])] == ["failed", "ok"]
