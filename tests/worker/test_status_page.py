"""What the status page shows to everybody, and what it keeps to itself."""

from __future__ import annotations

import ast
import json
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.domain.health import verdicts
from parvis.domain.health.verdicts.plain import FIGURES_FOR_ALL, PLAIN, figures_for_all
from parvis.domain.health.verdicts.verdict import Verdict, figure, say
from parvis.worker import status_page

SINCE = utc_now().replace(year=2026, month=5, day=3)


def lock() -> Verdict:
    return Verdict(
        name="lock_held",
        urgency="now",
        blame=12.0,
        title=say("The session %(pid)s of “%(who)s” holds a lock.", pid=4711, who="psql <root>"),
        hurt=say("Whoever reads or writes that table."),
        evidence=(
            figure("sessions that wait", 1234),
            figure("longest wait", 2.25, "s"),
            figure("journal", 5 << 30, "bytes"),
        ),
        action=say("End that session; what it did not commit is undone."),
        command="parvis session end 4711",
        gain=say("It is over within a minute."),
    )


def incident(verdict: Verdict | None = None, *, lasted_min: float | None = 12) -> health.Incident:
    closed_at = None if lasted_min is None else SINCE + timedelta(minutes=lasted_min)
    verdict = verdict or lock()
    return health.Incident(
        name=verdict.name, opened_at=SINCE, seen_at=closed_at or SINCE, closed_at=closed_at, blame=12.0, verdict=verdict
    )


def files(settings: Settings, *incidents: health.Incident) -> dict[str, str]:
    return status_page.files(settings, health.Judgement(utc_now(), "one cause", ()), incidents)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, name="R&D <square>", status_directory=str(tmp_path / "status"))


def test_an_incident_is_shown_with_its_figures_in_the_language_of_the_page(settings: Settings) -> None:
    found = files(settings, incident())
    assert "<dt>longest wait</dt><dd>2.25 s</dd>" in found["index.html"]
    assert "<dt>sessions that wait</dt><dd>1,234</dd>" in found["index.html"]
    assert "<dd>2,25 s</dd>" in found["index.fr.html"]
    assert "longest wait" not in found["index.fr.html"]
    [told] = json.loads(found["status.json"])["incidents"]
    assert told["figures"] == [
        {"label": "sessions that wait", "value": 1234.0, "unit": "count"},
        {"label": "longest wait", "value": 2.25, "unit": "s"},
    ]
    [said] = ET.fromstring(found["feed.xml"]).iterfind(".//item/description")
    assert "sessions that wait: 1,234 · longest wait: 2.25 s" in (said.text or "")


def test_neither_names_nor_commands_nor_sizes_of_the_machine_are_in_any_file(settings: Settings) -> None:
    found = files(settings, incident(), incident(lasted_min=None))
    for secret in ("4711", "psql", "session end", "5.0 GiB", str(5 << 30), "journal"):
        assert [name for name, content in found.items() if secret in content] == []


def test_what_tells_an_attacker_how_it_goes_is_shown_without_figures(settings: Settings) -> None:
    one = msgspec.structs.replace(lock(), name="one_client", evidence=(figure("refused to it", 977, "per_s"),) * 3)
    found = files(settings, incident(one))
    assert "One client asks for too much" in found["index.html"]
    assert [name for name, content in found.items() if "977" in content] == []


def test_a_verdict_that_nobody_has_thought_about_shows_no_figures() -> None:
    assert figures_for_all(msgspec.structs.replace(lock(), name="brand_new")) == []
    assert set(PLAIN) > FIGURES_FOR_ALL


def test_the_label_of_a_figure_is_written_in_the_code_and_never_comes_from_what_was_seen() -> None:
    calls = [
        node
        for path in Path(verdicts.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("figure", "Figure")
    ]
    made_of_others = [ast.unparse(one) for one in calls if not isinstance(one.args[0], ast.Constant)]
    assert made_of_others == ["Figure(label, round(float(value), 4), unit)"]  # what `figure` does itself
    assert len(calls) > 100


def test_the_feed_is_sound_xml_whatever_the_place_is_called(settings: Settings) -> None:
    feed = ET.fromstring(files(settings, incident(), incident(lasted_min=None))["feed.xml"])
    assert feed.findtext("channel/title") == "R&D <square> · Status"
    assert [one.findtext("title") for one in feed.iter("item")] == ["A lock is held"] * 2
    assert [(one.findtext("guid") or "").rpartition("-")[2] for one in feed.iter("item")] == ["open", "over"]


def test_each_page_leads_to_a_feed_in_its_language(settings: Settings) -> None:
    found = files(settings, incident())
    for locale, title in (("en", "A lock is held"), ("fr", "Un verrou est retenu")):
        assert (
            f'href="/status/{status_page.named("feed.xml", locale)}"' in found[status_page.named("index.html", locale)]
        )
        feed = ET.fromstring(found[status_page.named("feed.xml", locale)])
        assert feed.findtext("channel/language") == locale
        assert feed.findtext("channel/item/title") == title
        assert feed.findtext("channel/item/guid") == ET.fromstring(found["feed.xml"]).findtext("channel/item/guid")


def test_all_links_lead_to_where_the_page_is(settings: Settings) -> None:
    elsewhere = msgspec.structs.replace(settings, status_url="https://status.example")
    pages = files(elsewhere, incident()) | status_page.month_files(elsewhere, "2026-05", [incident()])
    assert [name for name, content in pages.items() if '"/status' in content] == []
    assert 'href="https://status.example/index.html"' in pages["2026-05.html"]
    assert 'src="https://status.example/status.js"' in pages["index.html"]
    feeds = [ET.fromstring(one["feed.fr.xml"]) for one in (pages, files(settings, incident()))]
    assert [one.findtext("channel/link") for one in feeds] == [
        "https://status.example/index.fr.html",
        "http://127.0.0.1:8000/status/index.fr.html",
    ]
