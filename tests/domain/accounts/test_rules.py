"""Decisions about accounts, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.base.errors import Invalid
from parvis.domain.accounts import rules, scopes
from parvis.domain.accounts.types import Field


@pytest.mark.parametrize(
    ("written", "stored"), [("alice", "alice"), ("Alice", "alice"), (" bob_7 ", "bob_7"), ("ＡＬＩＣＥ", "alice")]
)
def test_a_handle_is_stored_in_one_form(written: str, stored: str) -> None:
    assert rules.check_handle(written) == stored


@pytest.mark.parametrize(
    ("handle", "code"),
    [
        ("", "blank"),
        ("a" * 31, "too_long"),
        ("аdmin", "invalid"),  # Cyrillic а
        ("ali​ce", "invalid"),
        ("alice@here", "invalid"),
        ("al ice", "invalid"),
        ("al-ice", "invalid"),
        ("admin", "reserved"),
        ("ADMIN", "reserved"),
        ("ｒｏｏｔ", "reserved"),
    ],
)
def test_a_handle_that_could_deceive_is_refused(handle: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_handle(handle)
    assert refused.value.code == code


@given(st.text(max_size=40))
def test_whatever_handle_is_accepted_is_plain_ascii(handle: str) -> None:
    try:
        stored = rules.check_handle(handle)
    except Invalid:
        return
    assert stored.isascii()
    assert stored == stored.lower()
    assert 1 <= len(stored) <= 30


@pytest.mark.parametrize(
    "address",
    ["", "alice", "a@", "@b.example", "a b@c.example", "a@b@c.example", "a@b.example\r\nRCPT TO:<x@y>", "a@-"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    if address == "a@-":
        assert rules.normalise_email(address) == "a@-"  # a name of a closed network; only the letter can prove it
        return
    with pytest.raises(Invalid):
        rules.normalise_email(address)


def test_an_address_is_stored_trimmed_with_its_domain_in_lower_case() -> None:
    assert rules.normalise_email("  Alice@Mail.EXAMPLE ") == "Alice@mail.example"
    assert rules.email_key("Alice@mail.example") == rules.email_key("alice@mail.example")


@pytest.mark.parametrize("uri", ["urn:ietf:wg:oauth:2.0:oob", "https://app.example/cb?x=1", "oauth2redirect://app.id/"])
def test_redirect_addresses_of_real_clients_are_accepted(uri: str) -> None:
    assert rules.check_redirect_uri(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "/relative",
        "app.example",
        "https://good.example@evil.example/",
        "https://app.example/#fragment",
        "https://app.example\\@evil.example",
        "https://[::1",
        "https://app.example/" + "a" * 2000,
    ],
)
def test_redirect_addresses_that_could_harm_are_refused(uri: str) -> None:
    with pytest.raises(Invalid):
        rules.check_redirect_uri(uri)


def test_a_scope_covers_what_lies_below_it() -> None:
    held = frozenset({"read", "follow"})
    assert scopes.covers(held, "read:statuses")
    assert scopes.covers(held, "write:blocks")
    assert not scopes.covers(held, "write:statuses")
    assert not scopes.covers(held, "write")
    assert not scopes.covers(frozenset({"read:statuses"}), "read")
    assert scopes.covers(frozenset({"admin:read"}), "admin:read:accounts")
    assert not scopes.covers(frozenset({"read"}), "admin:read")


def test_scopes_are_separated_by_spaces_or_pluses() -> None:
    assert scopes.parse("read write+push  read") == ("read", "write", "push")
    assert scopes.parse(None) == ()


def test_fields_without_words_are_dropped_and_five_are_too_many() -> None:
    assert rules.check_fields([Field("", " "), Field("Site ", "https://a.example")]) == [
        Field("Site", "https://a.example")
    ]
    with pytest.raises(Invalid):
        rules.check_fields([Field(str(n), "x") for n in range(5)])
    with pytest.raises(Invalid):
        rules.check_fields([Field("", "a value without a label")])


def test_a_display_name_loses_what_cannot_be_seen() -> None:
    assert rules.check_name("Ali\u202ece\u200b \n Doe") == "Alice Doe"
    with pytest.raises(Invalid):
        rules.check_name("x" * 41)
