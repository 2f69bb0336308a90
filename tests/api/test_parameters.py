"""What a request asks for, however it is written."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from litestar import Request

from parvis.api import parameters
from parvis.api.admission import NewReceipt
from parvis.api.captions import NewCaptions
from parvis.api.media import NewMedia
from parvis.api.profile import ProfileForm
from parvis.base.errors import BadRequest

VALUES = some.one_of(
    some.none(), some.text(), some.integers(), some.booleans(), some.just("\x00a"), some.lists(some.text(), max_size=2)
)
BODIES = some.one_of(
    some.dictionaries(some.sampled_from([*NewReceipt.__struct_fields__, "other"]), VALUES).map(msgspec.json.encode),
    some.sampled_from(
        [b"", b" ", b"[]", b"{", b'"a"', b'{"username": "\\ud800"}', b"\xff", b'{"email": "a", "email": 1}']
    ),
)


def read(body: bytes, content_type: bytes, kind: type = NewReceipt) -> Any:
    """The parameters, or that they cannot be read."""

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "path_params": {},
        "headers": [(b"content-type", content_type), (b"content-length", str(len(body)).encode())],
    }
    request: Request[Any, Any, Any] = Request(scope)  # type: ignore[arg-type]
    request._body = body
    try:
        return asyncio.run(parameters.read(request, kind))
    except BadRequest:
        return "cannot be read"


@given(body=BODIES)
@settings(deadline=None, max_examples=150)
def test_json_read_in_one_go_says_what_it_says_read_field_by_field(body: bytes) -> None:
    assert read(body, b"application/json") == read(body, b"application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("kind", "field"), [(NewMedia, "file"), (NewMedia, "thumbnail"), (NewCaptions, "file"), (ProfileForm, "avatar")]
)
def test_a_description_of_a_file_is_no_file(kind: type, field: str) -> None:
    told = {"name": "", "size_bytes": 0, "head": "", "file": {}, "content_type": "image/png", "data": ""}
    required = {"id": 1, "language": "en"}
    assert read(msgspec.json.encode(required | {field: told}), b"application/json", kind) == "cannot be read"
    bracketed = "&".join(f"{field}[{name}]=x" for name in told).encode()
    assert read(b"id=1&language=en&" + bracketed, b"application/x-www-form-urlencoded", kind) == "cannot be read"
