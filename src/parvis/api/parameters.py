"""Request parameters: query, form, multipart or JSON become one struct.

Query parameters are merged in for every verb, forms nest by Rails' brackets, and path parameters win
(client-api quirks: Ice Cubes and toot post with everything in the query).
"""

from __future__ import annotations

import re
import types
import typing
from functools import cache
from typing import Any, TypeVar, Union
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType

from parvis.base.errors import BadRequest, NotFound, TooLarge
from parvis.base.ids import MAX_ID
from parvis.infra.requests import header
from parvis.infra.streamed import Streamed
from parvis.infra.streamed import streamed as streamed_file

P = TypeVar("P")

_FALSE = {"0", "f", "F", "false", "FALSE", "False", "off", "OFF", "no"}
_MAX_JSON_BYTES = 1_000_000
_MAX_FORM_PARTS = 200
_DIGITS = re.compile(r"-?\d{1,40}", re.ASCII)


class Upload(msgspec.Struct, frozen=True):
    """A file that came with a form, read whole (its size is bounded before)."""

    name: str
    content_type: str
    data: bytes


FILES = frozenset((Upload, Streamed))


async def read(request: Request[Any, Any, Any], kind: type[P]) -> P:
    """The request's parameters as `kind`.

    Raises: NotFound for a path id that is none; BadRequest for a body or a field that cannot be read.
    """
    if request.method == "POST" and not request.scope["query_string"] and _is_of_texts(kind):
        found = await _texts(request, kind)
        if found is not None:
            return found
    merged: dict[str, Any] = {}
    nest(merged, _pairs(request.scope["query_string"]))
    if request.method != "GET":
        await _read_body(request, merged, streamed=Streamed in map(_bare, hints_of(kind).values()))
    path = request.path_params
    merged.update(path)
    hints = hints_of(kind)
    for name in path:
        _check_path(path[name], hints.get(name))
    try:
        return msgspec.convert(shape(merged, kind), kind, strict=False)
    except msgspec.ValidationError as error:
        raise BadRequest(f"A parameter cannot be read: {error}") from None


async def _texts(request: Request[Any, Any, Any], kind: type[P]) -> P | None:
    """What plain JSON says, read in one go; None where there is anything to bend, to strip or to complain about."""
    if request.path_params or header(request.scope, b"content-type") != "application/json":
        return None
    body = await request.body()
    if len(body) > _MAX_JSON_BYTES or b"\\u0000" in body:
        return None
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


@cache
def _is_of_texts(kind: type) -> bool:
    """Whether all its parameters are texts: what JSON says of them needs no bending."""
    return bool(hints_of(kind)) and all(_bare(one) is str for one in hints_of(kind).values())


def _check_path(value: str, kind: Any) -> None:
    """An id that no id can be is one that is not there."""
    if kind is int and (not _DIGITS.fullmatch(value) or not 0 <= int(value) <= MAX_ID):
        raise NotFound


async def _read_body(request: Request[Any, Any, Any], merged: dict[str, Any], *, streamed: bool) -> None:
    kind, _ = request.content_type
    if kind == RequestEncodingType.JSON:
        body = await request.body()
        if len(body) > _MAX_JSON_BYTES:
            raise TooLarge("The request is too large")
        if body.strip():
            merged.update(_decode_object(body))
    elif kind == RequestEncodingType.URL_ENCODED:
        nest(merged, _pairs(await request.body()))
    elif kind == RequestEncodingType.MULTI_PART:
        try:
            form = await request.form()
        except Exception:
            raise BadRequest("The form cannot be read") from None
        pairs = list(form.multi_items())
        if len(pairs) > _MAX_FORM_PARTS:
            raise BadRequest("The form has too many fields")
        nest(merged, [(k, await _value(v, streamed=streamed)) for k, v in pairs])


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    """Names and values in the order in which they stand there, which says what belongs together (the framework's does not)."""
    try:
        return parse_qsl(encoded.decode(errors="replace"), keep_blank_values=True, max_num_fields=_MAX_FORM_PARTS)
    except ValueError:
        raise BadRequest("The form has too many fields") from None


def _decode_object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadRequest("The request is not valid JSON") from None
    if not isinstance(value, dict):
        raise BadRequest("The request must be a JSON object")
    return value


async def _value(value: Any, *, streamed: bool) -> Any:
    if isinstance(value, UploadFile):
        if streamed:
            return await streamed_file(value)
        return Upload(value.filename or "", value.content_type or "", await value.read())
    return value


def nest(into: dict[str, Any], pairs: list[tuple[str, Any]]) -> None:
    """`a[b]=1` → {a: {b: 1}}; `a[]=1&a[]=2` → [1, 2]; `a[][k]=1&a[][k]=2` → [{k: 1}, {k: 2}]."""
    for name, value in pairs:
        keys = _keys(name)
        if len(keys) > 6:
            raise BadRequest("A parameter is nested too deeply")
        _place(into, keys, value)


def _keys(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]"):
        return [name]
    return [head, *rest[:-1].split("][")]


def _place(target: dict[str, Any], keys: list[str], value: Any) -> None:
    key, *rest = keys
    if not rest:
        target[key] = value
    elif rest[0] == "":
        items = target.get(key)
        if not isinstance(items, list):
            items = target[key] = []
        if len(rest) == 1:
            items.append(value)
        else:
            last = items[-1] if items and isinstance(items[-1], dict) else None
            if last is None or (len(rest) == 2 and rest[1] in last):
                last = {}
                items.append(last)
            _place(last, rest[1:], value)
    else:
        inner = target.get(key)
        if not isinstance(inner, dict):
            inner = target[key] = {}
        _place(inner, rest, value)


def shape(value: Any, kind: Any) -> Any:
    """`value` bent to what `kind` expects: Rails booleans, lists from scalars and numbered hashes, empty as null."""
    kind, optional = _unwrap(kind)
    if value is None:
        return None
    if optional and value == "" and kind is not str:
        return None
    if isinstance(value, dict) and _is_file(kind):
        raise BadRequest("A file comes as part of a form")
    origin = typing.get_origin(kind)
    if kind is bool:
        return _boolean(value)
    if origin in (list, tuple, set, frozenset):
        return _listing(value, typing.get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        return _fields(value, kind)
    if kind is str:
        return str(value) if isinstance(value, int | float) else _text(value)
    if kind is int:
        return _whole(value)
    return value


def _is_file(kind: Any) -> bool:
    """Whether it is made here, of what a form brought; no description of a file is one."""
    return not FILES.isdisjoint((kind, *typing.get_args(kind)))


def _text(value: Any) -> Any:
    """NUL means nothing in a text, and PostgreSQL refuses it."""
    return value.replace("\x00", "") if isinstance(value, str) else value


def _whole(value: Any) -> Any:
    """A whole number that fits a bigint. Raises: BadRequest past that."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_ID:
        raise BadRequest("A number is too large")
    return value


def _boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return None if value == "" else value not in _FALSE
    return bool(value)


def _listing(value: Any, item: Any) -> list[Any]:
    if isinstance(value, dict):  # {"0": …, "1": …} stands for a list
        value = [value[key] for key in sorted(value, key=lambda k: (len(k), k))]
    elif not isinstance(value, list):
        value = [] if value == "" else [value]
    return [shape(one, item) for one in value]


def _bare(kind: Any) -> Any:
    return _unwrap(kind)[0]


_hints: dict[type, dict[str, Any]] = {}


def hints_of(kind: type) -> dict[str, Any]:
    """The parameters a struct knows, and their types."""
    hints = _hints.get(kind)
    if hints is None:
        named = typing.get_type_hints(kind)
        hints = _hints[kind] = {f.encode_name: named[f.name] for f in msgspec.structs.fields(kind)}
    return hints


def _fields(value: dict[str, Any], kind: type) -> dict[str, Any]:
    hints = hints_of(kind)
    shaped = {}
    for name, hint in hints.items():
        if name in value:
            bent = shape(value[name], hint)
            if bent is not None or _unwrap(hint)[1]:
                shaped[name] = bent
    return shaped


@cache
def _unwrap(kind: Any) -> tuple[Any, bool]:
    """The type without `| None` and `| UnsetType`, and whether None was allowed."""
    if typing.get_origin(kind) in (Union, types.UnionType):
        members = [a for a in typing.get_args(kind) if a not in (type(None), msgspec.UnsetType)]
        optional = type(None) in typing.get_args(kind)
        return (members[0] if len(members) == 1 else kind), optional
    return kind, False
