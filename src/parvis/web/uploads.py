"""Files that come in parts from the form for writing (uploads.js speaks tus 1.0), and how far they are."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import MediaId
from parvis.domain import media
from parvis.infra import tus
from parvis.infra.html.problems import message_of
from parvis.infra.html.visit import Answer, Page
from parvis.infra.rate_limits import UPLOADS
from parvis.web.routing import Call, page

PART_BYTES = 64 * 1024 * 1024


class NoFields(msgspec.Struct, frozen=True):
    pass


class OneUpload(msgspec.Struct, frozen=True):
    upload_id: int


class OneMedia(msgspec.Struct, frozen=True):
    media_id: int


def _checked(call: Call[Any]) -> Response[bytes] | None:
    if "tus-resumable" not in call.request.headers:
        raise NotFound  # somebody looks with a browser; there is nothing to see
    return tus.refused(call.request)


def _standing(upload: media.Upload) -> dict[str, str]:
    return tus.standing(
        received=upload.received_bytes, size=upload.size_bytes, expires_at=upload.expires_at, media_id=upload.media_id
    )


@page("POST", "/compose/uploads", audience="session", params=NoFields, connects=False, limit=UPLOADS, bulkhead="media")
async def create(call: Call[NoFields]) -> Answer:
    """A file may be sent in parts."""
    if (refusal := _checked(call)) is not None:
        return refusal
    upload = await media.begin(call.services, call.me, size_bytes=tus.length_of(call.request), now=call.now)
    return tus.answer(201, _standing(upload) | {"Location": f"/compose/uploads/{upload.id}"})


@page("GET", "/compose/uploads/{upload_id:str}", audience="session", params=OneUpload, connects=False)
async def look(call: Call[OneUpload]) -> Answer:
    """How far the upload is (HEAD)."""
    if (refusal := _checked(call)) is not None:
        return refusal
    upload = await media.find_upload(call.services, call.me, call.params.upload_id, now=call.now)
    return tus.answer(200, _standing(upload))


@page(
    "PATCH", "/compose/uploads/{upload_id:str}", audience="session", params=OneUpload, connects=False,
    bulkhead="media", body_bytes=PART_BYTES,
)  # fmt: skip
async def add(call: Call[OneUpload]) -> Answer:
    """The next part of the file."""
    if (refusal := _checked(call)) is not None:
        return refusal
    part = media.Part(tus.offset_of(call.request), tus.body_of(call.request), tus.checksum_of(call.request))
    try:
        upload = await media.receive(call.services, call.me, call.params.upload_id, part, clock=utc_now)
    except Invalid as problem:
        return Response(message_of(call, problem), status_code=tus.status_of(problem), media_type="text/plain")
    return tus.answer(204, _standing(upload))


@page("DELETE", "/compose/uploads/{upload_id:str}", audience="session", params=OneUpload, connects=False)
async def end(call: Call[OneUpload]) -> Answer:
    """The upload is given up."""
    if (refusal := _checked(call)) is not None:
        return refusal
    await media.end_upload(call.services, call.me, call.params.upload_id)
    return tus.answer(204)


@page("GET", "/compose/media/{media_id:str}", audience="session", params=OneMedia)
async def line(call: Call[OneMedia]) -> Answer:
    """The upload's line in the form for writing: how far it is, or why it could not be taken (for uploads.js)."""
    try:
        found = await media.unattached(call.db, call.me, MediaId(call.params.media_id))
    except Invalid as problem:
        return Response(message_of(call, problem), status_code=422, media_type="text/plain")
    return Page("web/posts/_picture.html", {"media": found})
