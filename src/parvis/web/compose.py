"""Writing: the form, with and without JavaScript, and what becomes of it."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from litestar import Response

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import MediaId, PostId
from parvis.domain import media, posts
from parvis.domain.posts import Draft, Limits, PostView, QuotePolicy, ReplyPolicy, Visibility
from parvis.infra.catalogues import later
from parvis.infra.html.forms import Upload
from parvis.infra.html.paths import safe_path
from parvis.infra.html.problems import message_of
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import POSTS, UPLOADS
from parvis.web import writing
from parvis.web.routing import Call, page

PICTURES = 4
FORM_BYTES = 70 * 1024 * 1024


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What the form shows."""

    key: str
    return_to: str
    prompt: str
    visibilities: list[tuple[int, str]]
    languages: list[tuple[str, str]]
    quote_policies: list[tuple[int, str]]
    reply_policies: list[tuple[int, str]]
    lengths: list[tuple[int, str]]
    quote_policy: int = 0
    reply_policy: int = 0
    quote: PostView | None = None
    visibility: int = 0
    language: str = "en"
    sensitive: bool = False
    in_reply_to_id: int | None = None
    text: str = ""
    roomy: bool = False
    values: dict[str, str] = {}
    pictures: list[Any] = []


class Before(msgspec.Struct, frozen=True):
    quote: int | None = None
    visibility: int | None = None
    text: str = ""
    in_reply_to: int | None = None
    media: int | None = None
    thread: bool = False


class Shared(msgspec.Struct, frozen=True):
    title: str = ""
    text: str = ""
    url: str = ""


class NewPost(msgspec.Struct, frozen=True):
    text: str = ""
    warning: str = ""
    sensitive: bool = False
    visibility: int = 0
    language: str | None = None
    in_reply_to_id: int | None = None
    quote_of_id: int | None = None
    quote_policy: int = 0
    reply_policy: int = 0
    key: str = ""
    return_to: str = ""
    thread: bool = False
    media_ids: list[int] = []
    file_1: Upload | None = None
    file_2: Upload | None = None
    file_3: Upload | None = None
    file_4: Upload | None = None

    @property
    def files(self) -> list[tuple[int, Upload]]:
        """The pictures that came with the form, by the number of their field."""
        given = enumerate((self.file_1, self.file_2, self.file_3, self.file_4), start=1)
        return [(number, file) for number, file in given if file is not None]


class OnePicture(msgspec.Struct, frozen=True):
    file: Upload | None = None


def blank(call: Call[Any], *, return_to: str, prompt: str) -> Writing:
    """An empty form. Its key makes sure that pressing twice publishes once."""
    assert call.viewer is not None
    return Writing(
        key=secrets.token_urlsafe(12),
        return_to=return_to,
        prompt=prompt,
        visibilities=writing.visibilities(call.text),
        languages=writing.languages(call.locale, call.viewer.default_language or call.locale),
        quote_policies=writing.quote_policies(call.text),
        reply_policies=writing.reply_policies(call.text),
        lengths=writing.lengths(call.locale),
        quote_policy=call.viewer.default_quote_policy,
        reply_policy=call.viewer.default_reply_policy,
        visibility=call.viewer.default_visibility,
        language=call.viewer.default_language or call.locale,
        sensitive=call.viewer.default_sensitive,
    )


def reply_to(call: Call[Any], post: PostView) -> Writing:
    """A form for answering: everybody concerned is named, and it is never wider than what it answers."""
    assert call.viewer is not None
    named = [post.author.acct, *(one.acct for one in post.mentions)]
    others = dict.fromkeys(acct for acct in named if acct != call.viewer.handle)
    own = post.author.id == call.viewer.account_id
    prompt = call.text(later("And then?") if own else later("Your reply to %(who)s"), who=post.author.name)
    form = blank(call, return_to="", prompt=prompt)
    return msgspec.structs.replace(
        form,
        in_reply_to_id=post.id,
        text="".join(f"@{acct} " for acct in others),
        visibility=min(max(form.visibility, int(post.visibility)), int(Visibility.MENTIONED)),
        language=post.language if post.language in writing.LANGUAGES else form.language,
    )


@page("GET", "/compose", audience="session", params=Before)
async def write(call: Call[Before]) -> Answer:
    """The form on a page of its own."""
    shown = await _form(call, call.params.in_reply_to, text=call.params.text)
    if call.params.thread:  # one part stands, and whoever goes on may go on after the next one too
        form = shown.context["compose"]
        shown.context["compose"] = msgspec.structs.replace(form, values={"thread": "1"})
    if call.params.media is not None:  # it was sent without scripts, before
        form = shown.context["compose"]
        shown.context["compose"] = msgspec.structs.replace(form, pictures=await _waiting(call, [call.params.media]))
    return shown


@page("GET", "/share", audience="session", params=Shared)
async def share(call: Call[Shared]) -> Answer:
    """The form with what another page or app wants to be shared."""
    parts = (call.params.title, call.params.text, call.params.url)
    return await _form(call, None, text="\n\n".join(part for part in parts if part))


async def _form(call: Call[Any], parent_id: int | None, *, quote_id: int | None = None, text: str = "") -> Page:
    parent = quoted = None
    form = blank(call, return_to="/home", prompt=call.text(later("What is there to say?")))
    if parent_id is not None:
        parent = await posts.view(call.db, PostId(parent_id), viewer_id=call.me)
        if isinstance(call.params, Before) and not parent.shown.may_reply:
            raise posts.replies_closed()
        form = reply_to(call, parent)
    asked = call.params if isinstance(call.params, Before) else Before(quote=quote_id)
    if asked.visibility is not None and 0 <= asked.visibility <= Visibility.MENTIONED:
        form = msgspec.structs.replace(form, visibility=int(asked.visibility))
    if asked.quote is not None:
        quoted = (await posts.view(call.db, PostId(asked.quote), viewer_id=call.me)).shown
    form = msgspec.structs.replace(form, roomy=True, text=text or form.text, quote=quoted)
    return Page("web/posts/compose.html", {"compose": form, "parent": parent})


async def write_again(call: Call[NewPost]) -> Answer:
    """The form as it was sent, with what is wrong beside the fields; the service worker gets the reasons alone.

    Files have to be chosen once more.
    """
    if "Idempotency-Key" in call.errors:
        call.errors["text"] = call.text(later("This form has published something already. Publish this as well?"))
        del call.errors["Idempotency-Key"]
    if call.swaps:
        return Response("\n".join(call.errors.values()), status_code=422, media_type="text/plain")
    filled = call.params
    shown = await _form(call, filled.in_reply_to_id, quote_id=filled.quote_of_id)
    values = {name: value for name, value in call.values.items() if name != "form_token"}
    form: Writing = shown.context["compose"]
    shown.context["compose"] = msgspec.structs.replace(
        form,
        return_to=filled.return_to,
        visibility=filled.visibility,
        quote_policy=filled.quote_policy,
        reply_policy=filled.reply_policy,
        language=filled.language or form.language,
        values=values,
        sensitive=filled.sensitive,
        pictures=[
            msgspec.structs.replace(one, description=values.get(f"alt_{one.id}", one.description))
            for one in await _waiting(call, filled.media_ids[:PICTURES])
        ],
    )
    return shown


async def _waiting(call: Call[Any], media_ids: list[int]) -> list[media.Media]:
    """Those of the uploads that can still be posted; why one was refused stands beside the form."""
    found: list[media.Media] = []
    for media_id in media_ids:
        try:
            found.append(await media.unattached(call.db, call.me, MediaId(media_id)))
        except Invalid as problem:
            call.errors["file"] = message_of(call, problem)
        except NotFound:
            continue
    return found


@page(
    "POST",
    "/compose",
    audience="session",
    params=NewPost,
    again=write_again,
    connects=False,
    limit=POSTS,
    body_bytes=FORM_BYTES,
)
async def publish(call: Call[NewPost]) -> Answer:
    """The post stands, with its pictures; pressing twice publishes once."""
    assert call.viewer is not None
    due_at = writing.moment_of(call.values)
    draft = msgspec.structs.replace(_draft(call.params, await _uploaded(call)), poll=writing.poll_of(call.values))
    limits = Limits(characters=call.settings.post_characters)
    key = f"page:{call.params.key[:40]}" if call.params.key else None
    async with call.services.db.transaction() as tx:
        await _describe(call, tx)
        if due_at is not None:
            await posts.scheduled.schedule(
                tx, call.services.ids, call.viewer, draft=draft, due_at=due_at, limits=limits, now=call.now,
                idempotency_key=key,
            )  # fmt: skip
            return Redirect("/scheduled", notice="scheduled")
        post_id = await posts.publish(
            tx,
            call.services.ids,
            call.viewer,
            draft=draft,
            limits=limits,
            domain=call.settings.domain,
            idempotency_key=key,
            now=call.now,
        )
    if call.params.thread:
        return Redirect(f"/compose?in_reply_to={post_id}&thread=1", notice="published")
    if call.params.in_reply_to_id is not None and not call.params.return_to:
        return Redirect(f"/@{call.viewer.handle}/{post_id}", notice="published")
    return Redirect(safe_path(call.params.return_to, "/home"), notice="published")


def _draft(form: NewPost, uploaded: list[MediaId]) -> Draft:
    if not 0 <= form.visibility <= Visibility.MENTIONED:
        raise Invalid("visibility", "Visibility is not one of the four", "inclusion")
    if form.quote_policy not in tuple(QuotePolicy):
        raise Invalid("quote_policy", "Who may quote is not one of the three", "inclusion")
    if form.reply_policy not in tuple(ReplyPolicy):
        raise Invalid("reply_policy", "Who may reply is not one of the four", "inclusion")
    return Draft(
        text=form.text,
        warning=form.warning,
        sensitive=form.sensitive,
        language=form.language,
        visibility=Visibility(form.visibility),
        in_reply_to_id=None if form.in_reply_to_id is None else PostId(form.in_reply_to_id),
        quote_of_id=None if form.quote_of_id is None else PostId(form.quote_of_id),
        quote_policy=QuotePolicy(form.quote_policy),
        reply_policy=ReplyPolicy(form.reply_policy),
        media_ids=(*(MediaId(one) for one in form.media_ids), *uploaded),
    )


async def _uploaded(call: Call[NewPost]) -> list[MediaId]:
    """The pictures that came with the form itself, stored."""
    stored: list[MediaId] = []
    files = call.params.files
    if len(files) + len(call.params.media_ids) > PICTURES:
        raise Invalid("media_ids", "At most four pictures fit a post", "too_many")
    for number, file in files:
        kept = await media.upload_image(
            call.services,
            call.me,
            data=file.data,
            description=call.values.get(f"alt_{number}") or None,
            animated=False,  # without scripts nobody could wait for the video
            now=call.now,
        )
        stored.append(kept.id)
    return stored


async def _describe(call: Call[NewPost], tx: Connection) -> None:
    """What was written about the pictures that were uploaded before."""
    for media_id in call.params.media_ids[:PICTURES]:
        said = call.values.get(f"alt_{media_id}")
        if said is None:
            continue
        try:
            await media.describe(tx, call.me, MediaId(media_id), description=said)
        except NotFound:
            continue  # the same form a second time: its pictures belong to the post already


@page(
    "POST",
    "/compose/media",
    audience="session",
    params=OnePicture,
    connects=False,
    limit=UPLOADS,
    body_bytes=FORM_BYTES,
)
async def upload(call: Call[OnePicture]) -> Answer:
    """The picture is stored and its line of the form comes back (for app.js)."""
    if call.params.file is None:
        raise Invalid("file", "File can't be blank", "blank")
    try:
        stored = await media.upload_image(call.services, call.me, data=call.params.file.data, now=call.now)
    except Invalid as problem:
        return Response(message_of(call, problem), status_code=422, media_type="text/plain")
    return Page("web/posts/_picture.html", {"media": stored})


class OneUpload(msgspec.Struct, frozen=True):
    media_id: int


@page("POST", "/compose/media/{media_id:str}/discard", audience="session", params=OneUpload)
async def discard(call: Call[OneUpload]) -> Answer:
    """The upload is gone (for app.js)."""
    await media.discard(call.db, call.me, MediaId(call.params.media_id))
    return Redirect("/compose")
