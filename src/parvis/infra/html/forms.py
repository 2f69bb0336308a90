"""What people send with a form, as one struct: path, query and form fields, boxes that are ticked, files."""

from __future__ import annotations

import types
import typing
from typing import Any, TypeVar, Union

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException

from parvis.base.errors import BadRequest, NotFound, TooLarge
from parvis.base.ids import MAX_ID
from parvis.infra.streamed import Streamed, streamed

P = TypeVar("P")

MOST_FIELDS = 100
_TICKED = {"1", "on", "true", "yes"}


class Upload(msgspec.Struct, frozen=True):
    """A file that came with a form; an empty file input counts as no file."""

    name: str
    content_type: str
    data: bytes


Fields = dict[str, list[str | Upload | Streamed]]


async def read(request: Request[Any, Any, Any], kind: type[Any]) -> Fields:
    """Every field of query and form by its name; whether files lie in memory is for `kind` to say.

    Raises: BadRequest for a form that cannot be read, TooLarge for one past the route's bound.
    """
    query = request.query_params.dict()
    fields: Fields = {name: [storable(value) for value in values] for name, values in query.items()}
    if request.method == "GET":
        return fields
    if request.content_type[0] not in (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART):
        return fields
    try:
        form = await request.form()
    except HTTPException as refusal:
        raise (TooLarge() if refusal.status_code == 413 else BadRequest("The form cannot be read")) from None
    except ValueError:
        raise BadRequest("The form cannot be read") from None
    pairs = list(form.multi_items())
    if len(pairs) > MOST_FIELDS:
        raise BadRequest("The form has too many fields")
    for name in {name for name, _ in pairs}:
        fields[name] = []
    aside = any(_without_none(hint) is Streamed for hint in _hints_of(kind).values())
    for name, value in pairs:
        kept = await _value(value, aside=aside)
        if kept is not None:
            fields[name].append(kept)
    return fields


async def _value(value: Any, *, aside: bool) -> str | Upload | Streamed | None:
    if not isinstance(value, UploadFile):
        return storable(str(value))
    if aside:
        file = await streamed(value)
        return file if file.size_bytes else None
    data = await value.read()
    return Upload(value.filename or "", value.content_type or "", data) if data else None


def texts(fields: Fields) -> dict[str, str]:
    """The last text of every field, for showing a form again as it was filled in."""
    return {name: last for name, values in fields.items() if values and isinstance(last := values[-1], str)}


def convert(fields: Fields, path: dict[str, Any], kind: type[P]) -> P:
    """The fields as `kind`; what it does not name is left aside.

    Raises: NotFound for a path that names nothing, BadRequest for a field that cannot be read.
    """
    merged: dict[str, Any] = {}
    for name, hint in _hints_of(kind).items():
        if name in path:
            merged[name] = storable(str(path[name]))
        elif name in fields:
            value = _shaped(fields[name], hint)
            if value is not None:
                merged[name] = value
    try:
        made = msgspec.convert(merged, kind, strict=False)
    except msgspec.ValidationError as error:
        if any(f"`$.{name}`" in str(error) for name in path):
            raise NotFound from None
        raise BadRequest("A field of the form cannot be read") from None
    for name in merged:
        if not all(_is_bounded(one) for one in _each(getattr(made, name))):
            raise NotFound if name in path else BadRequest("A number is too large")
    return made


def storable(text: str) -> str:
    """The text without what no database text can hold: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_bounded(value: Any) -> bool:
    """Whether a number fits an id's 63 bits; what is no number does."""
    return not isinstance(value, int) or abs(value) <= MAX_ID


_hints: dict[type, dict[str, Any]] = {}


def _hints_of(kind: type) -> dict[str, Any]:
    known = _hints.get(kind)
    if known is None:
        known = _hints[kind] = typing.get_type_hints(kind)
    return known


def _shaped(values: list[str | Upload | Streamed], hint: Any) -> Any:
    hint = _without_none(hint)
    if typing.get_origin(hint) in (list, tuple):
        return [value for value in values if value != ""]
    if not values:
        return None
    last = values[-1]
    if hint is bool:
        return isinstance(last, str) and last.lower() in _TICKED
    if hint is str:
        return last if isinstance(last, str) else None
    return None if last == "" else last


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (Union, types.UnionType):
        return next(one for one in typing.get_args(hint) if one is not type(None))
    return hint
