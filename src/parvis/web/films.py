"""Video and sound without JavaScript: a page to send one file, and the form for writing with it."""

from __future__ import annotations

import msgspec

from parvis.base.errors import Invalid
from parvis.domain import media
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import UPLOADS
from parvis.infra.streamed import Streamed
from parvis.web.routing import Call, page

# The largest video that a setting may allow, and the rest of the form around it. It is never held in memory.
BODY_BYTES = 1026 * 1024 * 1024


class Before(msgspec.Struct, frozen=True):
    in_reply_to: int | None = None


class NewFilm(msgspec.Struct, frozen=True):
    file: Streamed | None = None
    description: str = ""
    in_reply_to: int | None = None


@page("GET", "/compose/film", audience="session", params=Before)
async def choose(call: Call[Before]) -> Answer:
    """A form for one file."""
    return _form(call.params.in_reply_to)


async def choose_again(call: Call[NewFilm]) -> Answer:
    """The form, with what is wrong with the file."""
    return _form(call.params.in_reply_to)


@page(
    "POST", "/compose/film", audience="session", params=NewFilm, again=choose_again, connects=False, limit=UPLOADS,
    bulkhead="media", body_bytes=BODY_BYTES,
)  # fmt: skip
async def send(call: Call[NewFilm]) -> Answer:
    """The file is stored and being made playable; the form for writing holds it."""
    file = call.params.file
    if file is None:
        raise Invalid("file", "Choose a file", "blank")
    sort = media.sort_of(file.head)
    if sort is None:
        raise Invalid("file", "This is no video and no sound", "not_a_film")
    stored = await media.upload_film(
        call.services, call.me, sort=sort, chunks=file.chunks(), size_bytes=file.size_bytes,
        description=call.params.description or None, now=call.now,
    )  # fmt: skip
    query = {"media": str(stored.id)}
    if call.params.in_reply_to is not None:
        query["in_reply_to"] = str(call.params.in_reply_to)
    return Redirect(with_query("/compose", query))


def _form(in_reply_to: int | None) -> Page:
    return Page("web/posts/film.html", {"in_reply_to": in_reply_to})
