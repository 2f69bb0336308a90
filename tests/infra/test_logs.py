"""Our records and those of libraries come out in one form."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from parvis.base.settings import BadSetting, Settings
from parvis.infra import logs


@pytest.fixture(autouse=True)
def _untouched() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def speak() -> None:
    structlog.get_logger("ours").warning("job.parked", kind="mail", attempts=3, share="100%")
    logging.getLogger("theirs").warning("pool is %s", "small", extra={"fields": {"size": 8}})


def test_json_has_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_structlog(Settings(log_format="json"))
    speak()
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["kind"], ours["attempts"], ours["share"]) == ("job.parked", "mail", 3, "100%")
    assert (theirs["event"], theirs["logger"], theirs["size"]) == ("pool is small", "theirs", 8)
    assert ours["level"] == theirs["level"] == "warning"


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_structlog(Settings(log_format="text"))
    speak()
    ours, theirs = capsys.readouterr().err.splitlines()
    assert ours[13:] == "warning job.parked kind=mail attempts=3 share=100%"
    assert theirs[13:] == "warning pool is small size=8"


def test_a_failure_is_logged_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_structlog(Settings(log_format="json"))
    try:
        raise ValueError("oh")
    except ValueError:
        structlog.get_logger("ours").exception("it.failed")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "it.failed"
    assert line["error"].endswith("ValueError: oh")


def test_records_below_the_level_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_structlog(Settings(log_format="text", log_level="error"))
    speak()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("settings", [Settings(log_level="loud"), Settings(log_format="xml")])
def test_a_bad_choice_is_refused_by_name(settings: Settings) -> None:
    with pytest.raises(BadSetting, match="PARVIS_LOG_"):
        logs.configure(settings)
