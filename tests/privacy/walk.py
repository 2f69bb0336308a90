"""Walks the surfaces of a stage and compares each with the model. `Leak`: too much is shown; `Missing`: too little."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.privacy.model import Post, Viewer
from tests.privacy.stage import Stage
from tests.privacy.surfaces import ACTS, LISTINGS, OTHER_READS, READS, Ask, Read
from tests.rig.world import ORIGIN

MOST_PAGES = 40
_TABLES = (
    "favourite", "repost", "bookmark", "pin", "poll_vote", "thread_mute", "notification", "conversation", "post",
    "post_counter", "account_counter", "poll", "media",
    "filter_post",
)  # fmt: skip
_VOLATILE = re.compile(r'value="[^"]*"|href="/search\?[^"]*"|"X-Form-Token": "[^"]*"')


class Leak(AssertionError):
    """Somebody meets what they may not see."""


class Missing(AssertionError):
    """Somebody does not find what they may see."""


def statuses_in(value: Any, *, nested: bool) -> Iterator[dict[str, Any]]:
    """The status objects of an answer; with `nested` those inside other things too, but none inside a repost."""
    if isinstance(value, list):
        for one in value:
            yield from statuses_in(one, nested=nested)
    elif isinstance(value, dict):
        if "spoiler_text" in value and "visibility" in value:
            yield value
        elif nested:
            for one in value.values():
                yield from statuses_in(one, nested=True)


class Walk:
    """`cases` counts the comparisons of (viewer, post, surface)."""

    def __init__(self, stage: Stage, share: float) -> None:
        self.stage = stage
        self.share = share
        self.cases = 0
        self.hidden_cases = 0
        self._forbidden: dict[Viewer, re.Pattern[str]] = {}
        self._missing: dict[tuple[Viewer, str, str], tuple[int, str]] = {}
        self._tokens: dict[Viewer, str] = {}

    async def everything(self) -> None:
        """Every surface as the world is now."""
        self._forbidden.clear()
        for viewer in self.stage.viewers:
            await self.lists(viewer)
            await self.posts(viewer)
            await self.others(viewer)
            await self.owned(viewer)
        await self.acts()

    def _lucky(self) -> bool:
        return self.stage.random.random() < self.share

    # ── searching answers ──

    def search(self, viewer: Viewer, where: str, body: str) -> None:
        """Raises Leak when the body has a trace of a post that is hidden from the viewer."""
        if viewer not in self._forbidden:
            model = self.stage.model
            traces = {trace for one in model.hidden(viewer) for trace in model.posts[one].traces}
            self._forbidden[viewer] = re.compile("|".join(sorted(traces)) or r"(?!)")
        found = self._forbidden[viewer].search(body)
        if found:
            raise Leak(f"{where} shows {viewer} {self._whose(found[0])}: …{body[max(0, found.start() - 80) :][:200]}…")

    def _whose(self, trace: str) -> str:
        (one, *_) = [post for post in self.stage.model.posts.values() if trace in post.traces]
        return f"{trace} of {one}"

    def structure(self, viewer: Viewer, where: str, status: dict[str, Any]) -> int:
        """The id of a status of which each part is as the model has it."""
        model, id_ = self.stage.model, int(status["id"])
        if id_ not in model.posts or not model.sees(viewer, id_):
            raise Leak(f"{where} shows {viewer} {model.posts.get(id_, id_)}")
        parent = model.parent_for(viewer, id_)
        told = status["in_reply_to_id"], status["in_reply_to_account_id"]
        if parent is None and told != (None, None):
            raise Leak(f"{where} tells {viewer} what {model.posts[id_]} answers: {told}")
        if parent is not None:
            author = self.stage.people[model.posts[parent].author].id
            if told != (str(parent), str(author)):
                raise Missing(f"{where} does not tell {viewer} what {model.posts[id_]} answers: {told}")
        inner = status.get("reblog")
        if inner:
            if self.structure(viewer, where, inner) != model.posts[id_].original:
                raise Missing(f"{where} shows {viewer} another original in {model.posts[id_]}")
        elif model.posts[id_].original is not None:
            raise Missing(f"{where} shows {viewer} no original in {model.posts[id_]}")
        elif status["replies_count"] != model.replies_counted(id_):
            counted = model.replies_counted(id_)
            raise Leak(f"{where} counts {status['replies_count']} answers, not {counted}, to {model.posts[id_]}")
        return id_

    # ── lists ──

    async def lists(self, viewer: Viewer) -> None:
        for name, listing in LISTINGS.items():
            for ask in listing(self.stage, viewer):
                shown = await self._pages(viewer, name, ask)
                where = f"{name} ({ask.path})"
                posts = self.stage.model.posts
                for extra in sorted(shown - ask.may):
                    raise Leak(f"{where} shows {viewer} {posts.get(extra, extra)}")
                for lost in sorted(ask.must - shown):
                    raise Missing(f"{where} does not show {viewer} {posts[lost]}")
                self.cases += len(posts)
                self.hidden_cases += len(self.stage.model.hidden(viewer))

    async def _pages(self, viewer: Viewer, name: str, ask: Ask) -> set[int]:
        """The ids on all pages of a list, every page searched."""
        shown: set[int] = set()
        path: str | None = ask.path
        for _ in range(MOST_PAGES):
            assert path is not None
            answer = await self.stage.get(viewer, path)
            body = answer.text
            self.search(viewer, f"{name} ({path})", _VOLATILE.sub("", body))  # without the question itself
            if answer.status_code == 404 and not ask.must:
                return shown  # the page of somebody who is gone
            if answer.status_code != 200:
                raise Missing(f"{name} ({path}) answers {viewer} {answer.status_code}: {body[:200]}")
            if path.startswith("/api/"):
                shown.update(self.structure(viewer, name, one) for one in statuses_in(answer.json(), nested=ask.nested))
                path = _next_of(answer)
            else:
                shown.update(int(one) for one in re.findall(r'data-post="(\d+)"', body))
                found = re.search(r'class="more" href="([^"]+)"', body)
                path = unescape(found[1]) if found else None
            if path is None:
                return shown
        raise AssertionError(f"{name} never ends")

    # ── single posts ──

    async def posts(self, viewer: Viewer) -> None:
        for name, read in READS.items():
            for post in self.stage.model.posts.values():
                if self._lucky() and not (read.signed and viewer is None):
                    await self._read(viewer, name, read, post)

    async def _read(self, viewer: Viewer, name: str, read: Read, post: Post) -> None:
        model = self.stage.model
        answer = await self.stage.get(viewer, read.path(self.stage, post, post.id))
        where = f"{name} of {post.id}"
        self.cases += 1
        shown = model.sees(viewer, post.id)
        if shown and read.fits(viewer, post):
            if answer.status_code not in (200, 303):
                raise Missing(f"{where} answers {viewer} {answer.status_code}: {answer.text[:200]}")
            self.search(viewer, where, answer.text)
            if read.worded and answer.status_code == 200 and post.word not in answer.text:
                raise Missing(f"{where} shows {viewer} no words of {post}")
            if name.endswith("/context"):
                self._context(viewer, where, post, answer.json())
            return
        if not shown:
            self.hidden_cases += 1
        nothing = await self._of_nothing(viewer, name, read, post)
        if (answer.status_code, _plain(answer.text, post.id)) != nothing or answer.status_code != 404:
            changes = _difference(nothing[1], _plain(answer.text, post.id))
            raise Leak(f"{where} tells {viewer} that {post} exists: {answer.status_code}, not {nothing[0]}: {changes}")

    async def _of_nothing(self, viewer: Viewer, name: str, read: Read, post: Post) -> tuple[int, str]:
        """What is answered for a post that never was."""
        key = (viewer, name, post.author)
        if key not in self._missing:
            at = self.stage.world.services.ids.next()
            answer = await self.stage.get(viewer, read.path(self.stage, post, at))
            self._missing[key] = answer.status_code, _plain(answer.text, at)
        return self._missing[key]

    def _context(self, viewer: Viewer, where: str, post: Post, context: dict[str, Any]) -> None:
        before, after = self.stage.model.thread(viewer, post.id)
        got_before = [self.structure(viewer, where, one) for one in context["ancestors"]]
        got_after = [self.structure(viewer, where, one) for one in context["descendants"]]
        if got_before != before or set(got_after) != after or len(got_after) != len(after):
            raise Missing(f"{where} shows {viewer} {got_before}, {got_after}, not {before}, {after}")

    # ── the rest ──

    async def others(self, viewer: Viewer) -> None:
        """Routes that are not there for posts have no traces of them either."""
        for name in sorted(OTHER_READS):
            path = self._filled(viewer, name.removeprefix("GET "))
            answer = await self.stage.get(viewer, path)
            if answer.headers.get("content-type", "").startswith(("application/json", "text/")):
                self.search(viewer, f"{name} ({path})", answer.text)
            self.cases += 1

    def _filled(self, viewer: Viewer, path: str) -> str:
        stage = self.stage
        whose = stage.random.choice(list(stage.people))
        own = {"lists": stage.lists.get(viewer or "", "1"), "filters": stage.filters.get(viewer or "", "1")}
        kind = path.split("/")[3] if path.count("/") > 2 else ""
        path = re.sub(r":(filter_)?id", own.get(kind, str(stage.people[whose].id)), path)
        path = path.replace(":name", "bread").replace("{at:str}", f"@{whose}")
        path = re.sub(r"\{\w+:\w+\}", "none", path)
        query = {
            "/.well-known/webfinger": f"resource=acct:{whose}@parvis.test",
            "/api/v1/accounts/lookup": f"acct={whose}",
        }
        query |= {"/api/v1/accounts/search": "q=someone", "/api/v1/accounts": f"id[]={stage.people[whose].id}"}
        return f"{path}?{query[path]}" if path in query else path

    # ── what belongs to one person and has an id of its own ──

    async def owned(self, viewer: Viewer) -> None:
        """Notifications, requests and conversations: nobody else's, and one's own without what went out of sight."""
        if viewer is None:
            return
        stage, own = self.stage, self.stage.people[viewer].id
        async with stage.world.services.db.connection() as db:
            notes = await db.fetch("SELECT account_id, id, group_key FROM notification ORDER BY id")
            requests = await db.fetch("SELECT account_id, id FROM notification_request")
            talks = await db.fetch("SELECT account_id, id FROM conversation")
        wanted = [(row["account_id"], "GET", f"/api/v1/notifications/{row['id']}") for row in notes]
        for end in ("", "/accounts"):
            paths = {(row["account_id"], f"/api/v2/notifications/{row['group_key']}{end}") for row in notes}
            wanted += [(owner, "GET", path) for owner, path in sorted(paths)]
        wanted += [(row["account_id"], "GET", f"/api/v1/notifications/requests/{row['id']}") for row in requests]
        for end in ("read", "unread"):
            wanted += [(row["account_id"], "POST", f"/api/v1/conversations/{row['id']}/{end}") for row in talks]
        for owner, method, path in wanted:
            if not self._lucky():
                continue
            answer = await stage.world.client.request(method, path, headers=stage.headers(viewer))
            self.cases += 1
            # Keys of groups are alike for everybody; whoever has no such group is told that there is none.
            if owner != own and answer.status_code != 404 and "/v2/" not in path:
                raise Leak(f"{method} {path} answers {viewer} {answer.status_code}: {answer.text[:200]}")
            if answer.status_code == 404:
                continue
            self.search(viewer, f"{method} {path}", answer.text)
            for status in statuses_in(answer.json(), nested=True):
                self.structure(viewer, path, status)

    # ── acts ──

    async def acts(self) -> None:
        """What is done to a hidden post fails as if there were none, and changes nothing."""
        stage = self.stage
        await stage.world.settle()
        before = await self._rows()
        for viewer in stage.viewers[1:]:
            assert viewer is not None
            for name in ACTS:
                nothing: tuple[int, str] | None = None
                for at in sorted(stage.model.hidden(viewer)):
                    # A repost of one's own may be taken back though it is out of sight: it is one's own.
                    if stage.model.posts[at].author == viewer or not self._lucky():
                        continue
                    if nothing is None:
                        missing = stage.world.services.ids.next()
                        answer = await self._do(viewer, name, missing)
                        nothing = answer.status_code, _plain(answer.text, missing)
                    answer = await self._do(viewer, name, at)
                    if (answer.status_code, _plain(answer.text, at)) != nothing or answer.status_code != 404:
                        told = f"{answer.status_code} {answer.text[:200]}"
                        raise Leak(f"{name} by {viewer} on {stage.model.posts[at]}: {told}, not {nothing[0]}")
                    self.cases += 1
                    self.hidden_cases += 1
        await stage.world.settle()
        after = await self._rows()
        changed = [table for table in _TABLES if before[table] != after[table]]
        if changed:
            raise Leak(f"Acts upon hidden posts changed {changed}")

    async def _do(self, viewer: str, name: str, at: int) -> httpx.Response:
        method, path, body = ACTS[name](self.stage, viewer, at)
        if path.startswith("/api/"):
            headers = self.stage.headers(viewer)
            return await self.stage.world.client.request(method, path, json=body, headers=headers)
        browser = self.stage.browsers[viewer]
        if viewer not in self._tokens:
            self._tokens[viewer] = await browser.token()
        fields = {"form_token": self._tokens[viewer], **body}
        return await browser.client.post(path, data=fields, headers={"Origin": ORIGIN, "Accept-Language": "en"})

    async def _rows(self) -> dict[str, str]:
        async with self.stage.world.services.db.connection() as db:
            return {
                table: await db.fetchval(
                    f"SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} t"
                )
                for table in _TABLES
            }


def _plain(body: str, at: int) -> str:
    """The body without what differs from answer to answer anyway."""
    return _VOLATILE.sub("", body).replace(str(at), "ID")


def _difference(one: str, other: str) -> str:
    lines = difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=0)
    return "\n".join(lines)[:800]


def _next_of(answer: httpx.Response) -> str | None:
    link = answer.links.get("next")
    if link is None:
        return None
    url = urlsplit(link["url"])
    return f"{url.path}?{url.query}"
