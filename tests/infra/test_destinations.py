"""Which addresses this server goes to at all (cases F1, F3, F7)."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.infra.destinations import Refused, destination, is_public, next_hop

HTTPS = frozenset({"https"})
BOTH = frozenset({"http", "https"})

NOT_PUBLIC = """
    127.0.0.1 127.255.0.9 10.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1 0.0.0.0 0.1.2.3
    192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1
    255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 fe80::1 fe80::1%eth0 fec0::1 fc00::1 fd12::1
    ff02::1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 x
""".split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_f1_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_never_public_in_the_dress_of_ipv6(number: int) -> None:
    for prefix in ("::ffff:0:0", "64:ff9b::", "::"):
        assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | number)))
    assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("2002::")) | number << 80)))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "//example.com/",
        "https:example.com",
        "https:///path",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com:22/",
        "https://example.com:5432/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:https/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://example.com/\r\nHost: evil.example",
        "https://example.com\\@evil.example/",
        "https://example.com/a b",
        "https://exa\u200bmple.com/\u2028",
        "https://a..b/",
        "https://example.com/" + "x" * 3000,
        "",
    ],
)
def test_f1_what_is_not_plainly_a_public_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        destination(url, schemes=HTTPS)


@pytest.mark.parametrize(
    ("url", "canonical", "origin"),
    [
        ("https://EXAMPLE.com", "https://example.com/", "https://example.com"),
        ("https://example.com.:443/a?b=c#d", "https://example.com/a?b=c", "https://example.com"),
        ("https://example.com:8443//x", "https://example.com:8443//x", "https://example.com:8443"),
        ("https://bücher.example/é", "https://xn--bcher-kva.example/%C3%A9", "https://xn--bcher-kva.example"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]/x", "https://[2606:4700::1111]"),
    ],
)
def test_an_address_has_one_form(url: str, canonical: str, origin: str) -> None:
    found = destination(url, schemes=HTTPS)
    assert (found.url, found.origin) == (canonical, origin)
    assert destination(found.url, schemes=HTTPS) == found


@given(st.text(max_size=40), st.text(max_size=20))
def test_no_address_makes_it_fall_over(host: str, path: str) -> None:
    try:
        found = destination(f"https://{host}/{path}", schemes=HTTPS)
    except Refused:
        return
    assert found.url.isascii()
    assert found.url.isprintable()
    assert destination(found.url, schemes=HTTPS) == found


def test_a_redirect_is_checked_like_the_first_address() -> None:
    here = destination("https://example.com/a/b?c", schemes=BOTH)
    assert next_hop(here, "../d", schemes=BOTH).url == "https://example.com/d"
    assert next_hop(here, "//other.example/x", schemes=BOTH).url == "https://other.example/x"
    assert next_hop(here, "http://other.example/", schemes=BOTH).url == "http://other.example/"
    for location in ("http://127.0.0.1/", "https://example.com:6379/", "file:///etc/passwd", "https://[::1", "//a@b/"):
        with pytest.raises(Refused):
            next_hop(here, location, schemes=BOTH)


def test_a_closed_test_network_has_every_port_but_no_other_schemes() -> None:
    assert destination("http://127.0.0.1:9999/x", schemes=BOTH, private=True).origin == "http://127.0.0.1:9999"
    with pytest.raises(Refused):
        destination("file:///etc/passwd", schemes=BOTH, private=True)
