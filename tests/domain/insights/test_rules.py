"""What counts as somebody who looks at a page."""

from __future__ import annotations

import pytest

from parvis.domain.insights import rules

FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOSTS = frozenset({"square.example", "127.0.0.1:8000"})
PERSON = [(b"user-agent", FIREFOX), (b"accept-language", b"fr-CA,fr;q=0.8,en;q=0.5")]


def test_a_person_is_known_by_browser_language_and_where_they_come_from() -> None:
    look = rules.look_of(
        dict([*PERSON, (b"referer", b"https://www.news.example/a/b?c=d"), (b"sec-fetch-dest", b"document")]), HOSTS
    )
    assert look == rules.Look(FIREFOX, "fr", "news.example")


@pytest.mark.parametrize(
    "more",
    [
        (b"sec-purpose", b"prefetch"),
        (b"sec-purpose", b"prefetch;prerender"),
        (b"purpose", b"prefetch"),
        (b"x-moz", b"prefetch"),
        (b"sec-fetch-dest", b"empty"),
        (b"sec-fetch-dest", b"iframe"),
    ],
)
def test_what_is_fetched_ahead_or_as_a_part_is_no_look(more: tuple[bytes, bytes]) -> None:
    assert rules.look_of(dict([*PERSON, more]), HOSTS) is None


def test_a_page_that_a_service_worker_fetches_for_somebody_is_a_look_too() -> None:
    fetched = [(b"sec-fetch-dest", b"empty"), (b"sec-fetch-mode", b"navigate")]
    assert rules.look_of(dict([*PERSON, *fetched]), HOSTS) is not None
    assert rules.look_of(dict([*PERSON, fetched[0], (b"sec-fetch-mode", b"cors")]), HOSTS) is None


@pytest.mark.parametrize(
    "agent",
    [
        b"",
        b"curl/8.5.0",
        b"python-requests/2.32",
        b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        b"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2) Chrome/119.0 Safari/537.36",
        b"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
        b"Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.example/)",
    ],
)
def test_programs_are_left_out(agent: bytes) -> None:
    assert rules.is_program(agent)
    assert rules.look_of({b"user-agent": agent, b"accept-language": b"en"}, HOSTS) is None


@pytest.mark.parametrize(
    "agent",
    [
        FIREFOX,
        b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1",
        b"Mozilla/5.0 (Linux; Android 10; CUBOT P40) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
        b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36 Edg/138.0",
    ],
)
def test_browsers_are_believed(agent: bytes) -> None:
    assert not rules.is_program(agent)


def test_whoever_says_nothing_of_languages_is_a_program() -> None:
    assert rules.look_of({b"user-agent": FIREFOX}, HOSTS) is None


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        (b"", ""),
        (b"https://square.example/@alice", ""),
        (b"http://127.0.0.1:8000/home", ""),
        (b"https://WWW.Example.org/secret?token=1", "example.org"),
        (b"https://m.example.org:8443/", "example.org"),
        (b"https://m.de/", "m.de"),
        (b"android-app://org.example.app/x", "org.example.app"),
        (b"https://[::1", "other"),
        (b"https://a.example:99999/", "other"),
        (b"javascript:alert(1)", "other"),
        (b"https://<script>.example/", "other"),
        (b"https://" + b"a" * 200 + b".example/", "other"),
    ],
)
def test_a_source_is_a_host_and_nothing_else(referrer: bytes, source: str) -> None:
    assert rules.source_of(rules.origin_of(referrer), HOSTS) == source


def test_where_somebody_was_on_a_site_is_not_remembered() -> None:
    rules._look.cache_clear()
    for number in range(20):
        rules.look_of(dict([*PERSON, (b"referer", b"https://news.example/a?secret=%d" % number)]), HOSTS)
    assert rules._look.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("accepted", "language"),
    [(b"en", "en"), (b"pt-BR,pt", "pt"), (b"gsw;q=1", "gsw"), (b"*", "other"), (b"<b>", "other")],
)
def test_a_language_is_a_short_word(accepted: bytes, language: str) -> None:
    assert rules.language_of(accepted) == language
