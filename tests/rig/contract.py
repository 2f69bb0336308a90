"""What clients are promised of every answer: `entities.txt` says of what keys it is made, `answers.txt` which route gives what.

`watch` holds every answer against it that a test gets, whatever the test itself looks at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

HERE = Path(__file__).parent

# A value, and whether who asked brought a token: None where that cannot be said.
Check = Callable[[Any, bool | None], None]

checked: Counter[str] = Counter()
of_apps: set[str] = set()  # tokens that speak for an app alone: what is for somebody is not in answers to them


class Broken(AssertionError):
    """An answer is not what clients are promised. `place` says where in it."""

    def __init__(self, wanted: str, value: Any, place: str = "") -> None:
        super().__init__(wanted, value)
        self.wanted, self.value, self.place = wanted, value, place

    def within(self, place: str) -> Broken:
        self.place = place + self.place
        return self

    def __str__(self) -> str:
        return f"{self.place}: {str(self.value)[:300]!r} is not {self.wanted}"


@dataclass(frozen=True)
class Line:
    """A key of an entity."""

    key: str
    check: Check
    nullable: bool
    optional: bool
    personal: bool


# ── the table ──


@cache
def entities() -> dict[str, dict[str, Line]]:
    """The keys of every entity."""
    found: dict[str, dict[str, Line]] = {}
    for block in re.sub(r"^#.*\n?", "", (HERE / "entities.txt").read_text(), flags=re.MULTILINE).strip().split("\n\n"):
        head, *lines = block.split("\n")
        name, _, base = head.partition(" : ")
        found[name] = (found[base] if base else {}) | {line.key: line for line in _lines(lines)}
    return found


def _lines(lines: list[str]) -> Iterator[Line]:
    """The keys that stand farthest out, each with what stands below it."""
    while lines:
        depth = _depth(lines[0])
        end = next((n for n, line in enumerate(lines[1:], 1) if _depth(line) <= depth), len(lines))
        key, flags, kind = re.fullmatch(r" +([^ ?~^]+)([?~^]*) (\S+)", lines[0]).groups()  # type: ignore[union-attr]
        check = kind_check(kind)
        if end > 1:
            inside = _object({line.key: line for line in _lines(lines[1:end])})
            check = _each(inside) if kind.startswith("[]") else inside
        yield Line(key, check, "?" in flags, "~" in flags, "^" in flags)
        lines = lines[end:]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


@cache
def kind_check(kind: str) -> Check:
    """The check of a kind as the tables write it."""
    if kind.startswith("[]"):
        return _each(kind_check(kind[2:]))
    if kind.startswith("{}"):
        return _each_value(kind_check(kind[2:]))
    if kind.startswith("enum("):
        words = frozenset(kind[5:-1].split("|"))
        return _plain(kind, lambda value: isinstance(value, str) and value in words)
    if "|" in kind:
        return _either([kind_check(one) for one in kind.split("|")])
    if kind in PLAIN:
        return _plain(kind, PLAIN[kind])
    return lambda value, signed: _entity(kind)(value, signed)  # found when first used: entities name one another


@cache
def _entity(name: str) -> Check:
    return _object(entities()[name])


# ── the checks ──


def _object(lines: dict[str, Line]) -> Check:
    every = list(lines.values())

    def check(value: Any, signed: bool | None) -> None:
        if not isinstance(value, dict):
            raise Broken("an object", value)
        for line in every:
            if line.key not in value:
                if line.optional or (line.personal and signed is not True):
                    continue
                raise Broken(f"with a key {line.key}", value)
            one = value[line.key]
            if line.personal and signed is False:
                raise Broken("for those who bring no token", one, f".{line.key}")
            if one is None and line.nullable:
                continue
            try:
                line.check(one, signed)
            except Broken as problem:
                raise problem.within(f".{line.key}") from None
        if not value.keys() <= lines.keys():
            raise Broken("in entities.txt", sorted(value.keys() - lines.keys()))

    return check


def _each(inner: Check) -> Check:
    def check(value: Any, signed: bool | None) -> None:
        if not isinstance(value, list):
            raise Broken("a list", value)
        for number, one in enumerate(value):
            try:
                inner(one, signed)
            except Broken as problem:
                raise problem.within(f"[{number}]") from None

    return check


def _each_value(inner: Check) -> Check:
    def check(value: Any, signed: bool | None) -> None:
        if not isinstance(value, dict):
            raise Broken("an object", value)
        for key, one in value.items():
            try:
                inner(one, signed)
            except Broken as problem:
                raise problem.within(f".{key}") from None

    return check


def _either(checks: list[Check]) -> Check:
    def check(value: Any, signed: bool | None) -> None:
        problems: list[Broken] = []
        for one in checks:
            try:
                return one(value, signed)
            except Broken as problem:
                problems.append(problem)
        raise problems[0]

    return check


def _plain(kind: str, holds: Callable[[Any], bool]) -> Check:
    def check(value: Any, signed: bool | None) -> None:
        if not holds(value):
            raise Broken(kind, value)

    return check


def _text_like(pattern: str) -> Callable[[Any], bool]:
    shape = re.compile(pattern)
    return lambda value: isinstance(value, str) and shape.fullmatch(value) is not None


def _is_date(value: Any) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        return False


def _is_whole(value: Any) -> bool:
    return type(value) is int


ADDRESS = r"https?://[^\s/]+\S*"
PLAIN: dict[str, Callable[[Any], bool]] = {
    "bool": lambda value: value is True or value is False,
    "true": lambda value: value is True,
    "int": _is_whole,
    "int32": lambda value: type(value) is int and 0 <= value < 2**31,
    "number": lambda value: type(value) in (int, float),
    "str": lambda value: isinstance(value, str),
    "html": lambda value: isinstance(value, str),
    "lang": _text_like(r"[a-z]{2,3}(-\w+)*"),
    "id": _text_like(r"\d{1,19}"),
    "numeral": _text_like(r"\d+"),
    "datetime": _text_like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "midnight": _text_like(r"\d{4}-\d\d-\d\dT00:00:00\.000Z"),
    "date": _is_date,
    "url": _text_like(ADDRESS),
    "address": _text_like(rf"({ADDRESS})?"),
    "wss": _text_like(r"wss?://[^\s/]+"),
    "key": _text_like(r"[\w-]{87}=?"),  # an uncompressed point of P-256, base64url
    "rate": _text_like(r"\d+/[1-9]\d*"),
    "none": lambda value: value is None,
    "obj": lambda value: isinstance(value, dict),
    "bare": lambda value: True,
    "empty": lambda value: value == {},
    "never": lambda value: False,
    "absent": lambda value: False,
}


# ── what tests get ──


@cache
def answers() -> dict[tuple[str, str], str]:
    """What each route answers, by verb and path."""
    lines = [line for line in (HERE / "answers.txt").read_text().splitlines() if not line.startswith("#")]
    return {(method, path): kind for method, path, kind in (line.split() for line in lines)}


@cache
def _shapes() -> dict[tuple[str, int], list[tuple[re.Pattern[str], str]]]:
    """Routes by verb and number of parts, those first that name most."""
    found: dict[tuple[str, int], list[tuple[re.Pattern[str], str]]] = {}
    for (method, path), kind in sorted(answers().items(), key=lambda one: (one[0][1].count(":"), one[0][1])):
        shape = re.compile(re.sub(r":\w+", "[^/]+", path))
        found.setdefault((method, path.count("/")), []).append((shape, kind))
    return found


def kind_of(method: str, path: str) -> str | None:
    """What that request is answered with; None where nothing is promised."""
    candidates = _shapes().get((method, path.count("/")), ())
    return next((kind for shape, kind in candidates if shape.fullmatch(path)), None)


def hold(method: str, path: str, status: int, headers: Any, content: bytes, *, signed: bool | None) -> None:
    """The answer is as promised. Raises: Broken."""
    kind = kind_of(method, path)
    if kind is None or kind == "bare" or 300 <= status < 400 or status == 421:
        return  # 421: the name under which it was asked is not ours
    at = f"{method} {path} ({status})"
    try:
        if status >= 400:
            return _hold_error(headers, content)
        if status == 204 or not headers.get("content-type", "").startswith("application/json"):
            raise Broken("JSON", headers.get("content-type", ""))
        body = msgspec.json.decode(content)
        kind_check(kind)(body, signed)
        hold_links(headers.get("link"), body)
    except Broken as problem:
        raise problem.within(at) from None
    checked[kind] += 1


REFUSAL = ("error str", "reason~ str", "error_description~ str", "details~ {}obj", "unexpected_accounts~ []Account")
ERROR = _object({line.key: line for line in _lines([f"  {one}" for one in REFUSAL])})
DETAIL = _each(_object({line.key: line for line in _lines(["  error str", "  description str"])}))


def _hold_error(headers: Any, content: bytes) -> None:
    if not headers.get("content-type", "").startswith("application/json"):
        raise Broken("JSON", content)
    body = msgspec.json.decode(content)
    ERROR(body | {"details": {}} if "details" in body else body, None)
    _each_value(DETAIL)(body.get("details", {}), None)


LINK = re.compile(r'<(https?://[^>\s]+)>; rel="(next|prev)"')
CURSOR = re.compile(r"[?&](max_id|min_id|since_id)=([^&]*)")


def hold_links(header: str | None, body: Any) -> None:
    """A Link header has `next`, then `prev`, absolute, with cursors of digits; an empty page has none. Raises: Broken."""
    if header is None:
        return
    parts = [LINK.fullmatch(part) for part in header.split(", ")]
    names = [part[2] if part else None for part in parts]
    if names not in (["next", "prev"], ["next"], ["prev"]):
        raise Broken("`next`, then `prev`", header, " Link")
    if not body:
        raise Broken("for an empty page", header, " Link")
    for part in parts:
        assert part is not None
        for _, cursor in CURSOR.findall(part[1]):
            if not cursor.isascii() or not cursor.isdigit():
                raise Broken("a cursor of digits", cursor, " Link")


EVENTS = {
    "update": "Status",
    "status.update": "Status",
    "notification": "Notification",
    "conversation": "Conversation",
    "announcement": "Announcement",
}


def hold_event(event: str, payload: Any) -> None:
    """What a stream tells is as promised. Raises: Broken."""
    kind = EVENTS.get(event)
    if kind is not None:
        try:
            kind_check(kind)(payload, None)
        except Broken as problem:
            raise problem.within(f"event {event}") from None
        checked[f"event {kind}"] += 1


def is_signed(headers: Any) -> bool:
    """Whether somebody's token came with the request."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and token not in of_apps


@contextmanager
def watch() -> Iterator[None]:
    """Meanwhile every answer that `httpx` or `requests` brings from a declared route is held against its promise."""
    import httpx
    import pytest
    import requests

    ask, ask_async, ask_requests = httpx.Client.send, httpx.AsyncClient.send, requests.Session.send

    def look(response: httpx.Response) -> httpx.Response:
        if response.is_closed:  # else it is read in parts, as streams are
            request = response.request
            signed = is_signed(request.headers)
            hold(
                request.method,
                request.url.path,
                response.status_code,
                response.headers,
                response.content,
                signed=signed,
            )
        return response

    def send(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        return look(ask(self, request, **options))

    async def send_async(self: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        return look(await ask_async(self, request, **options))

    def send_requests(self: requests.Session, request: Any, **options: Any) -> requests.Response:
        response = ask_requests(self, request, **options)
        if not options.get("stream"):
            path, signed = requests.compat.urlsplit(request.url).path, is_signed(request.headers)
            hold(request.method, path, response.status_code, response.headers, response.content, signed=signed)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", send)
        patch.setattr(httpx.AsyncClient, "send", send_async)
        patch.setattr(requests.Session, "send", send_requests)
        yield
