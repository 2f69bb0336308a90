"""What people take along, bring, and leave behind: tables, an archive, and the end of an account."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response
from litestar.response import Stream

from parvis.base.errors import Invalid, NotFound
from parvis.domain import belongings
from parvis.domain.belongings.tables import KINDS
from parvis.infra.catalogues import later
from parvis.infra.html.forms import Upload
from parvis.infra.html.headers import PRIVATE
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import UPLOADS
from parvis.web.entrance import no_session
from parvis.web.prove import ask_first
from parvis.web.routing import Call, page

HERE = "/settings/data"
LEAVE = "/settings/leave"
TABLE_BYTES = 5 * 1024 * 1024
KIND_NAMES = {
    "follows": later("People you follow"),
    "blocks": later("People you block"),
    "mutes": later("People you mute"),
    "lists": later("Lists"),
    "bookmarks": later("Bookmarks"),
}
# What Mastodon calls the files, so that people find them again.
_FILES = {
    "follows": "following_accounts.csv",
    "blocks": "blocked_accounts.csv",
    "mutes": "muted_accounts.csv",
    "lists": "lists.csv",
    "bookmarks": "bookmarks.csv",
}


class OneTable(msgspec.Struct, frozen=True):
    kind: str


class NewImport(msgspec.Struct, frozen=True):
    kind: str = ""
    file: Upload | None = None
    replaces: bool = False


class OneArchive(msgspec.Struct, frozen=True):
    archive_id: int


class Leaving(msgspec.Struct, frozen=True):
    handle: str = ""


@page("GET", HERE, audience="session", barred=True)
async def overview(call: Call[Any]) -> Answer:
    """What can be taken along and brought, and what is on its way."""
    return Page(
        "web/settings/data.html",
        {
            "section": "data",
            "kinds": [(kind, call.text(KIND_NAMES[kind])) for kind in KINDS],
            "names": {kind: call.text(name) for kind, name in KIND_NAMES.items()},
            "numbers": await belongings.numbers(call.db, call.me),
            "imports": await belongings.bring.of(call.db, call.me),
            "archives": await belongings.archive.of(call.db, call.me),
        },
    )


@page("GET", "/settings/data/export/{kind:str}", audience="session", params=OneTable, barred=True)
async def export(call: Call[OneTable]) -> Answer:
    """A table of one's own, as other servers read it."""
    kind = call.params.kind
    if kind not in KINDS:
        raise NotFound
    settings = call.settings
    text = await belongings.exported(call.db, call.me, kind, domain=settings.domain, origin=settings.public_origin)
    return Response(
        text,
        headers={"Content-Disposition": f'attachment; filename="{_FILES[kind]}"', "Cache-Control": PRIVATE},
        media_type="text/csv",
    )


@page(
    "POST",
    "/settings/data/import",
    audience="session",
    params=NewImport,
    again=overview,
    limit=UPLOADS,
    body_bytes=TABLE_BYTES,
)
async def bring(call: Call[NewImport]) -> Answer:
    """The table will be taken in."""
    wanted = call.params
    if wanted.file is None:
        raise Invalid("file", "Choose a file", "blank")
    await belongings.bring.begin(
        call.db,
        call.services,
        call.me,
        kind=wanted.kind,
        data=wanted.file.data,
        replaces=wanted.replaces,
        now=call.now,
    )
    return Redirect(HERE, notice="bringing")


@page("POST", "/settings/data/archive", audience="session", barred=True)
async def ask_archive(call: Call[None]) -> Answer:
    """An archive will be made, for those who have just proved who they are."""
    if asked := await ask_first(call, HERE):
        return asked
    await belongings.archive.ask(call.db, call.services, call.me, now=call.now)
    return Redirect(HERE, notice="archiving")


@page(
    "GET",
    "/settings/data/archive/{archive_id:str}",
    audience="session",
    params=OneArchive,
    connects=False,
    barred=True,
)
async def fetch_archive(call: Call[OneArchive]) -> Answer:
    """The archive, for its owner alone, after a fresh proof."""
    async with call.services.db.connection() as db:
        call.db = db
        if asked := await ask_first(call, HERE):
            return asked
    file = await belongings.archive.fetch(call.services, call.me, call.params.archive_id)
    handle = call.viewer.handle if call.viewer else ""
    return Stream(
        file.chunks,
        headers={
            "Content-Disposition": f'attachment; filename="archive-{handle}.zip"',
            "Content-Length": str(file.size_bytes),
            "Cache-Control": PRIVATE,
        },
        media_type="application/zip",
    )


@page("GET", LEAVE, audience="session")
async def leave_form(call: Call[Any]) -> Answer:
    """What leaving means, and a field for one's own name, after a fresh proof."""
    if asked := await ask_first(call, LEAVE):
        return asked
    return Page("web/settings/leave.html", {"section": "data"})


@page("POST", LEAVE, audience="session", params=Leaving, again=leave_form, waiting=True)
async def leave(call: Call[Leaving]) -> Answer:
    """The account is closed, and what it held will be erased."""
    if asked := await ask_first(call, LEAVE):
        return asked
    assert call.viewer is not None
    if call.params.handle.strip().removeprefix("@").casefold() != call.viewer.handle:
        raise Invalid("handle", "This is not your name", "other")
    await belongings.leave.leave(call.db, call.me)
    return Redirect("/", notice="left", wipes=True, cookies=[no_session(call)])
