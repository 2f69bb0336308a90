"""Resumable uploads (tus 1.0) for apps: POST creates, HEAD tells how far it is, PATCH adds, DELETE ends."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response

from parvis.api.routing import Call, Nothing, endpoint
from parvis.base.clock import utc_now
from parvis.base.errors import Invalid
from parvis.domain import media
from parvis.infra import tus
from parvis.infra.rate_limits import UPLOADS

SCOPES = ("write:media",)
ROOT = "/api/parvis/v1/uploads"
PART_BYTES = 1024 * 1024 * 1024


class OneUpload(msgspec.Struct, frozen=True):
    id: int


def standing(upload: media.Upload) -> dict[str, str]:
    """Its headers."""
    return tus.standing(
        received=upload.received_bytes, size=upload.size_bytes, expires_at=upload.expires_at, media_id=upload.media_id
    )


@endpoint(
    "POST", ROOT, bulkhead="media", user=True, scopes=SCOPES, connects=False, limit=UPLOADS,
    answers=(201,), refusals=(412,), headers=tus.SPOKEN | tus.ANNOUNCED, media_type=None,
)  # fmt: skip
async def create(call: Call[Nothing]) -> Response[Any]:
    """A file may be sent in parts. Its metadata may hold a `description`."""
    if (refusal := tus.refused(call.request)) is not None:
        return refusal
    size, said = tus.length_of(call.request), tus.metadata_of(call.request)
    upload = await media.begin(
        call.services, call.me, size_bytes=size, description=said.get("description"), now=call.now
    )
    place = f"{call.services.settings.public_origin}{ROOT}/{upload.id}"
    return tus.answer(201, standing(upload) | {"Location": place})


@endpoint(
    "GET", f"{ROOT}/:id", user=True, scopes=SCOPES, params=OneUpload, connects=False,
    refusals=(412,), headers=tus.SPOKEN, media_type=None,
)  # fmt: skip
async def look(call: Call[OneUpload]) -> Response[Any]:
    """How far the upload is (HEAD); `Parvis-Media-Id` names what it became."""
    if (refusal := tus.refused(call.request)) is not None:
        return refusal
    return tus.answer(200, standing(await media.find_upload(call.services, call.me, call.params.id, now=call.now)))


@endpoint(
    "PATCH", f"{ROOT}/:id", bulkhead="media", user=True, scopes=SCOPES, params=OneUpload, connects=False,
    body_bytes=PART_BYTES, answers=(204,), refusals=(409, 412, 415, 460), headers=tus.SPOKEN | tus.PART, media_type=None,
)  # fmt: skip
async def add(call: Call[OneUpload]) -> Response[Any]:
    """The next part of the file; after the last one `Parvis-Media-Id` names the media, to be asked for as usual."""
    if (refusal := tus.refused(call.request)) is not None:
        return refusal
    part = media.Part(tus.offset_of(call.request), tus.body_of(call.request), tus.checksum_of(call.request))
    try:
        upload = await media.receive(call.services, call.me, call.params.id, part, clock=utc_now)
    except Invalid as problem:
        if tus.status_of(problem) == 422:
            raise
        return tus.answer(tus.CHECKSUM_MISMATCH)
    return tus.answer(204, standing(upload))


@endpoint(
    "DELETE", f"{ROOT}/:id", user=True, scopes=SCOPES, params=OneUpload, connects=False,
    answers=(204,), refusals=(409, 412), headers=tus.SPOKEN, media_type=None,
)  # fmt: skip
async def end(call: Call[OneUpload]) -> Response[Any]:
    """The upload is given up."""
    if (refusal := tus.refused(call.request)) is not None:
        return refusal
    await media.end_upload(call.services, call.me, call.params.id)
    return tus.answer(204)
