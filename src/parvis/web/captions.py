"""Captions of one's own videos: upload, correct, remove, in any number of languages."""

from __future__ import annotations

import msgspec

from parvis.base.errors import Invalid
from parvis.base.ids import MediaId
from parvis.domain import media, posts
from parvis.infra.html.forms import Upload
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web import writing
from parvis.web.routing import Call, page


class OneVideo(msgspec.Struct, frozen=True):
    media_id: int


class NewCaptions(msgspec.Struct, frozen=True):
    media_id: int
    language: str = ""
    text: str = ""
    file: Upload | None = None
    remove: bool = False


@page("GET", "/captions/{media_id:str}", audience="session", params=OneVideo)
async def show(call: Call[OneVideo]) -> Answer:
    """The video with its captions in every language, each to be corrected."""
    return await _page(call, call.params.media_id)


async def again(call: Call[NewCaptions]) -> Answer:
    """The page, with what is wrong beside the fields."""
    return await _page(call, call.params.media_id, sent=call.params)


@page(
    "POST", "/captions/{media_id:str}", audience="session", params=NewCaptions, again=again, connects=False,
    body_bytes=2 * media.CAPTION_BYTES,
)  # fmt: skip
async def save(call: Call[NewCaptions]) -> Answer:
    """The video has these captions in that language, or none any more."""
    filled = call.params
    video = MediaId(filled.media_id)
    if filled.remove:
        await media.uncaption(call.services, call.me, video, language=filled.language, follow=posts.follow_media)
    else:
        data = filled.file.data if filled.file is not None else filled.text.encode()
        if not data.strip():
            raise Invalid("captions", "Validation failed: Captions can't be blank", "blank")
        await media.caption(
            call.services, call.me, video, language=filled.language, data=data, follow=posts.follow_media
        )
    return Redirect(f"/captions/{filled.media_id}", notice="saved")


async def _page(call: Call[OneVideo] | Call[NewCaptions], media_id: int, *, sent: NewCaptions | None = None) -> Page:
    video = await media.own_video(call.db, call.me, MediaId(media_id))
    texts = {one: await media.captions_of(call.services, video, one) for one in media.languages_of(video.files)}
    new = {"language": call.locale, "text": ""}
    if sent is not None:  # what was typed is not lost with what is wrong
        if sent.language in texts and not sent.remove:
            texts[sent.language] = sent.text or texts[sent.language]
        elif sent.language not in texts:
            new = {"language": sent.language, "text": sent.text}
    return Page(
        "web/posts/captions.html",
        {"video": video, "captions": list(texts.items()), "new": new, "languages": writing.languages(call.locale)},
    )
