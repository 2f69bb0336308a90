"""Templates: what is put in when they are read, and what is left to the moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from minijinja import Markup, TemplateError

from parvis.base.clock import utc_now
from parvis.infra.templates import Templates

PLACE = {"word": "post", "words": "posts"}


@pytest.fixture
def render(tmp_path: Path):
    made = Templates(asset=lambda name: Markup(f"/static/{name}"), folder=tmp_path)
    count = 0

    def rendered(source: str, locale: str = "en", **context: object) -> str:
        nonlocal count
        count += 1
        (tmp_path / f"{count}.html").write_text(source)
        return made.render(f"{count}.html", locale=locale, place=PLACE, **context)

    return rendered


def test_texts_are_translated_wherever_they_stand(render) -> None:
    source = '{{ _("Home") }}|{{ _("Home")|upper }}|{% set a = _("Home") %}{{ a }}|{{ "x" if no else _("Home") }}'
    assert render(source, no=False) == "Home|HOME|Home|Home"
    assert render(source, "fr", no=False) == "Accueil|ACCUEIL|Accueil|Accueil"


def test_texts_and_values_are_escaped(render) -> None:
    assert render('{{ _("a < b") }}') == "a &lt; b"
    assert render('{{ _("%(who)s follows you", who=name) }}', name="<b>") == "&lt;b&gt; follows you"
    assert render('{{ _m("%(who)s follows you", who=name) }}', name="<b>") == "&lt;b&gt; follows you"
    assert render('{{ _m("%(who)s follows you", who=name) }}', name=Markup("<b>x</b>")) == "<b>x</b> follows you"
    assert render('{{ _("50% of \\"all\\"") }}') == "50% of &quot;all&quot;"


def test_counted_texts_and_the_word_for_a_post(render) -> None:
    source = '{{ _n("%(count)s reply", "%(count)s replies", n) }}'
    assert [render(source, n=n) for n in (0, 1, 2000)] == ["0 replies", "1 reply", "2,000 replies"]
    assert render(source, "fr", n=0) == "0 réponse"
    assert render('{{ _("New %(post)s") }}') == "New post"
    assert [render("{{ words_for(n) }}", n=n) for n in (1, 2)] == ["post", "posts"]
    arabic = [render("{{ words_for(n) }}", "ar", n=n) for n in (0, 1, 3, 10, 11, 103)]
    assert arabic == ["post", "post", "posts", "posts", "post", "posts"]
    assert [render("{{ direction() }}", one) for one in ("en", "ar")] == ["ltr", "rtl"]


def test_moments(render) -> None:
    at = datetime(2026, 8, 7, 9, 5, tzinfo=UTC)
    assert render("{{ at|moment }}", at=at) == "7 August 2026, 09:05 UTC"
    assert render("{{ at|moment }}", "fr", at=at) == "7 août 2026, 09:05 UTC"
    assert render("{{ at|moment }}", "ja", at=at) == "2026年8月7日, 09:05 UTC"
    assert render("{{ at|day }}", "fr", at=at) == "7 août 2026"
    now = utc_now()
    spans = [timedelta(seconds=5), timedelta(minutes=5), timedelta(hours=3), timedelta(days=2)]
    assert [render("{{ at|ago }}", at=now - span) for span in spans] == ["now", "5 min", "3 h", "2 d"]
    assert render("{{ at|ago }}", at=datetime(2020, 1, 2, tzinfo=UTC)) == "2 Jan 2020"


def test_numbers(render) -> None:
    assert render("{{ n|number }}", n=12345) == "12,345"
    assert [render("{{ n|compact }}", n=n) for n in (999, 1500, 12_345)] == ["999", "1.5K", "12K"]


def test_what_is_missing_is_an_error_and_not_a_gap(render) -> None:
    with pytest.raises(TemplateError):
        render("{{ nothing }}")
