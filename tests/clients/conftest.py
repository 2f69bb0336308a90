"""What client programs need: a server, people who can sign in, and a browser's part in granting access."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.rig.server import Server

PASSWORD = "a long password"


def picture(red: int = 200, green: int = 90, blue: int = 40, width: int = 320, height: int = 200) -> bytes:
    """A PNG of one colour, made here."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\x00" + bytes((red, green, blue)) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture(scope="session")
def picture_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "orange.png"
    path.write_bytes(picture())
    return path


def grant(server: Server, handle: str, authorize_url: str) -> str:
    """The code that a person gets who signs in at that address and agrees, as with a browser without JavaScript."""
    with httpx.Client(base_url=server.origin, follow_redirects=True, timeout=20) as browser:
        page = browser.get(authorize_url)
        for _ in range(4):
            action, fields = _form(page.text, "password" if 'type="password"' in page.text else "/oauth/authorize")
            if 'type="password"' in page.text:
                fields |= {_login_field(page.text): handle, "password": PASSWORD}
                page = browser.post(action or str(page.url), data=fields, headers={"Origin": server.origin})
                continue
            page = browser.post(action or str(page.url), data=fields, headers={"Origin": server.origin})
            code = parse_qs(urlsplit(str(page.url)).query).get("code") or re.findall(
                r"<code[^>]*>([^<]+)</code>", page.text
            )
            assert code, page.text[:3000]
            return code[0].strip()
    raise AssertionError("No code was granted.")


def _login_field(html: str) -> str:
    names = re.findall(r'<input[^>]*name="([^"]+)"', html)
    return next(n for n in names if n in ("login", "handle", "username", "email"))


def _form(html: str, mark: str) -> tuple[str, dict[str, str]]:
    """Address and hidden fields of the form that contains the mark (and its first button's name and value)."""
    for form in re.findall(r"<form\b.*?</form>", html, re.DOTALL):
        if mark not in form:
            continue
        action = re.search(r'<form[^>]*action="([^"]*)"', form)
        fields = {}
        for tag in re.findall(r"<input\b[^>]*>", form):
            if 'type="hidden"' in tag:
                fields[_attribute(tag, "name")] = _attribute(tag, "value")
        button = re.search(r"<button\b[^>]*name=[^>]*>", form)
        if button:
            fields[_attribute(button.group(), "name")] = _attribute(button.group(), "value")
        return (_unescape(action.group(1)) if action else ""), fields
    raise AssertionError(f"No form with {mark}:\n{html[:3000]}")


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return _unescape(found.group(1)) if found else ""


def _unescape(text: str) -> str:
    from html import unescape

    return unescape(text)
