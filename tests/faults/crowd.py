"""Clients that do not give up: each post is sent with a key until it is acknowledged, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

import httpx

from tests.rig.server import Server


@dataclass
class Crowd:
    """People who publish, a reader who follows them all, and what was acknowledged to whom."""

    server: Server
    tokens: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)  # words → id
    refusals: dict[int, int] = field(default_factory=dict)  # status (0: no answer) → how often
    done_at: list[float] = field(default_factory=list)
    _published: int = 0

    def gather(self, count: int) -> None:
        """So many authors exist, and a reader follows each of them."""
        for handle in [*(f"author{n}" for n in range(count)), "reader"]:
            self.server.account(handle)
            self.tokens[handle] = self.server.token(handle)
        with httpx.Client(base_url=self.server.origin, timeout=20) as client:
            for handle in self.authors:
                me = client.get("/api/v1/accounts/lookup", params={"acct": handle}).json()["id"]
                done = client.post(f"/api/v1/accounts/{me}/follow", headers=self.of("reader"))
                assert done.json()["following"], done.text
            client.get("/api/v1/timelines/home", headers=self.of("reader"))

    def sign_in_again(self) -> None:
        """Everybody has a token that works: a restore has made theirs void."""
        for handle in self.tokens:
            self.tokens[handle] = self.server.token(handle)

    @property
    def authors(self) -> list[str]:
        return [handle for handle in self.tokens if handle != "reader"]

    def of(self, handle: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[handle]}"}

    async def publish(self, each: int, *, pause_s: float = 0.0) -> None:
        """Every author has published so many posts more, all acknowledged."""
        first = self._published
        self._published += each
        await asyncio.gather(*(self._publish(handle, range(first, first + each), pause_s) for handle in self.authors))

    async def _publish(self, handle: str, numbers: range, pause_s: float) -> None:
        async with httpx.AsyncClient(base_url=self.server.origin, timeout=10, headers=self.of(handle)) as client:
            for number in numbers:
                words = f"{handle} says number {number}"
                self.acknowledged[words] = await self.until_acknowledged(client, words)
                self.done_at.append(time.monotonic())
                await asyncio.sleep(pause_s)

    async def until_acknowledged(self, client: httpx.AsyncClient, words: str) -> str:
        """The id under which the post was acknowledged, after as many attempts as it took."""
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                answer = await client.post(
                    "/api/v1/statuses", json={"status": words}, headers={"Idempotency-Key": words}
                )
            except httpx.HTTPError:
                self.refusals[0] = self.refusals.get(0, 0) + 1
            else:
                if answer.status_code == 200:
                    return str(answer.json()["id"])
                self.refusals[answer.status_code] = self.refusals.get(answer.status_code, 0) + 1
            await asyncio.sleep(0.1)
        raise AssertionError(f"never acknowledged: {words}")

    def check(self) -> None:
        """Everything acknowledged exists exactly once, under the id it was given, and is in the reader's home."""
        published: dict[str, list[str]] = {}
        with httpx.Client(base_url=self.server.origin, timeout=30) as client:
            for handle in self.authors:
                account = client.get("/api/v1/accounts/lookup", params={"acct": handle}).json()
                mine = self._all(client, f"/api/v1/accounts/{account['id']}/statuses", handle)
                assert account["statuses_count"] == len(mine), (handle, account["statuses_count"], len(mine))
                for status in mine:
                    published.setdefault(_words(status["content"]), []).append(status["id"])
            twice = {words: ids for words, ids in published.items() if len(ids) > 1}
            assert not twice, twice
            assert {words: ids[0] for words, ids in published.items()} == self.acknowledged
            end = time.monotonic() + 60
            missing = set(self.acknowledged.values())
            while missing and time.monotonic() < end:
                home = self._all(client, "/api/v1/timelines/home", "reader")
                seen = [status["id"] for status in home]
                assert len(seen) == len(set(seen))
                missing = set(self.acknowledged.values()) - set(seen)
                time.sleep(0.5)
            assert not missing, (len(missing), sorted(missing)[:5])

    def _all(self, client: httpx.Client, path: str, handle: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        url: str | None = f"{self.server.origin}{path}?limit=40"
        while url:
            answer = client.get(url, headers=self.of(handle))
            assert answer.status_code == 200, answer.text
            found += json.loads(answer.content)
            url = answer.links.get("next", {}).get("url")
        return found


def _words(html: str) -> str:
    return html.removeprefix("<p>").removesuffix("</p>")
