"""Settings are read strictly and documented completely."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from parvis.base.settings import DESCRIPTIONS, BadSetting, Settings, from_environment, unknown_variables, variable_of

ROOT = Path(__file__).parent.parent.parent


def documented_default(value: object) -> str:
    if isinstance(value, bool):
        return "`on`" if value else "`off`"
    return f"`{value}`" if str(value) else ""


def test_the_documentation_lists_every_setting_with_its_default_and_nothing_else() -> None:
    expected = [
        f"| `{variable_of(field.name)}` | {documented_default(field.default)} | {DESCRIPTIONS[field.name]} |"
        for field in msgspec.structs.fields(Settings)
    ]
    lines = (ROOT / "docs" / "configuration.md").read_text().splitlines()
    assert [line for line in lines if line.startswith("| `PARVIS_")] == expected


def test_what_is_not_set_has_its_default() -> None:
    assert from_environment({"PARVIS_PORT": ""}).port == 8000
    assert from_environment({}).home.is_absolute()


@pytest.mark.parametrize(("text", "meaning"), [("on", True), ("OFF", False), ("1", True), ("no", False)])
def test_switches_are_words(text: str, meaning: bool) -> None:
    assert from_environment({"PARVIS_CONFIRM_EMAIL": text}).confirm_email is meaning


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PARVIS_CONFIRM_EMAIL", "maybe", "PARVIS_CONFIRM_EMAIL must be on or off"),
        ("PARVIS_PORT", "http", "PARVIS_PORT must be a whole number"),
        ("PARVIS_WEB_WORKERS", "-1", "PARVIS_WEB_WORKERS must not be negative"),
        ("PARVIS_ACCENT", "brick", "PARVIS_ACCENT must be a colour such as #2a6f97, not 'brick'"),
    ],
)
def test_a_value_that_cannot_be_read_names_its_variable(variable: str, value: str, message: str) -> None:
    with pytest.raises(BadSetting, match=message):
        from_environment({variable: value})


def test_a_colour_may_be_written_in_capitals() -> None:
    assert from_environment({"PARVIS_ACCENT": "#2A6F97"}).accent == "#2a6f97"


def test_typing_errors_are_found() -> None:
    assert unknown_variables({"PARVIS_PROT": "1", "PARVIS_PORT": "1", "PATH": "/bin"}) == ["PARVIS_PROT"]
