"""JSON columns and cursors: between rows and structs."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def from_json(text: str | bytes, kind: type[T]) -> T:
    """A JSON column as a struct (or list of structs) of that kind; the decoder is made once a kind."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    return decoder.decode(text)


def to_json(value: object) -> str:
    """A struct, list or dict as the text of a JSON column."""
    return msgspec.json.encode(value).decode()
