"""What it costs that a process measures itself: CPU a request with and without, in turns, in one run.

`python -m bench.measuring` starts a database of its own, answers a home timeline inside this process again and again, and
takes its looks ten times as often as a server does; so the figure is divided by ten. Counters on the way of a request,
which cannot be switched off, are timed by themselves and added; that a request's time is divided is switched on and
off. Then the same for the counting of page views, with pages that are remembered (the cheapest there are) and made.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from parvis.app import build, routes
from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, AppId
from parvis.base.settings import Settings
from parvis.domain import accounts, insights
from parvis.domain.health import Measuring, requests
from parvis.infra import engines, migrate
from parvis.infra.opening import open_services
from parvis.infra.overload import middleware
from parvis.infra.overload.middleware import UNTIMED
from parvis.infra.postgres import Loans

BLOCKS, BLOCK_S = 16, 2.0
OFTENER = 10
EVERY_S = 5.0
HOME = "/api/v1/timelines/home"
BROWSER = [  # as Firefox asks for a page
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"accept-language", b"en-US,en;q=0.5"),
    (b"referer", b"https://news.example/today"),
    (b"upgrade-insecure-requests", b"1"),
    (b"sec-fetch-dest", b"document"),
    (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-site", b"cross-site"),
    (b"priority", b"u=0, i"),
]
COUNTERS = 4  # pairs of readings of the clock that a request makes, about: one for each loan and its wait


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="parvis-measuring-") as home:
        async with engines.running(Path(home)) as found:
            await migrate.apply(found.database_url)
            settings = Settings(
                home=Path(home),
                database_url=found.database_url,
                nats_url=found.nats_url,
                rate_limits=False,
                limiter=False,
            )
            async with open_services(settings, application="bench") as services:
                await _measure(settings, services)


async def _measure(settings: Settings, services: Any) -> None:
    app = build(settings, services, routes())
    token = await _token(services)
    inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await inbox.put({"type": "lifespan.startup"})
    life = asyncio.create_task(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, inbox.get, outbox.put)
    )
    await outbox.get()
    await _block(app, token)
    cost: dict[str, list[float]] = {"nothing": [], "divided": [], "looked at": []}
    for number in range(BLOCKS * 3):
        what = list(cost)[number % 3]
        middleware.UNTIMED = UNTIMED | ({""} if what == "nothing" else set())
        tasks = _watching(services, app) if what == "looked at" else []
        cost[what].append(await _block(app, token))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    middleware.UNTIMED = UNTIMED
    without, divided, with_ = (statistics.median(several) for several in cost.values())
    looks = (with_ - divided) / OFTENER
    counters = _counters_s()
    print(
        f"CPU a request: {without * 1e3:.4f} ms without, {divided * 1e3:.4f} ms with its time divided, "
        f"{with_ * 1e3:.4f} ms with looks {OFTENER} times as often too"
    )
    print(
        f"dividing {(divided - without) * 1e6:.2f} µs a request, looks {looks * 1e6:.2f} µs, "
        f"counters {counters * 1e6:.2f} µs"
    )
    share = (max(0.0, divided - without) + max(0.0, looks) + counters) / without
    print(f"measuring costs {share:.2%} of a request's CPU")
    await _counting(app)
    await inbox.put({"type": "lifespan.shutdown"})
    await life


def _watching(services: Any, app: Any) -> list[asyncio.Task[None]]:
    measuring = Measuring(services, "web", [requests(app.overload.spent)])

    async def look() -> None:
        async with services.db.connection() as db:
            while True:
                await asyncio.sleep(EVERY_S / OFTENER)
                await measuring.look(db)

    return [asyncio.create_task(look()), asyncio.create_task(measuring.watch_lag())]


async def _block(app: Any, token: str | None, path: str = HOME) -> float:
    """CPU seconds of a request, as the mean of a block."""
    began, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < BLOCK_S:
        await _ask(app, token, path)
        count += 1
    return (time.process_time() - cpu) / count


async def _ask(app: Any, token: str | None, path: str) -> None:
    answers: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"authorization", f"Bearer {token}".encode())] if token else BROWSER
    headers = [(b"host", b"127.0.0.1:8000"), *headers]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    assert answers[0]["status"] == 200, answers


async def _counting(app: Any) -> None:
    """What it costs to count page views, of pages from the cache and of pages that are made."""
    tell = app.overload.tell_of_page
    for name, path in (("remembered", "/about"), ("made", "/sign-in")):
        cost: dict[bool, list[float]] = {False: [], True: []}
        for number in range(BLOCKS):
            counted = number % 2 == 1
            app.overload.tell_of_page = tell if counted else None
            cost[counted].append(await _block(app, None, path))
        without, with_ = (statistics.median(cost[one]) for one in (False, True))
        print(
            f"a page that is {name}: {without * 1e6:.1f} µs without counting, {with_ * 1e6:.1f} µs with it "
            f"({with_ / without - 1:+.2%})"
        )
    print(f"counting a page view, timed alone: {_page_seen_s() * 1e6:.2f} µs")


def _page_seen_s() -> float:
    visits, rounds = insights.Visits(Settings()), 100_000
    visits.learn({visits.day: b"salt" * 8})
    headers = dict(BROWSER)
    networks = [f"10.0.{number >> 8}.{number & 255}" for number in range(1000)]
    began = time.process_time()
    for number in range(rounds):
        visits.page_seen("/public", networks[number % 1000], headers)
    return (time.process_time() - began) / rounds


def _counters_s() -> float:
    """What the counters of a request take, timed alone."""
    loans, rounds = Loans(), 200_000
    began = time.process_time()
    for _ in range(rounds):
        asked = time.perf_counter()
        loans.waited_s += time.perf_counter() - asked
        loans.count += 1
    return COUNTERS * (time.process_time() - began) / rounds


async def _token(services: Any) -> str:
    now = utc_now()
    async with services.db.transaction() as tx:
        new = accounts.NewAccount(handle="bench", email="bench@mail.example", confirmed=True)
        account: AccountId = await accounts.create(tx, services.ids, new=new, now=now)
        scopes, apart = "read write follow", "urn:ietf:wg:oauth:2.0:oob"
        app, _ = await accounts.register_app(
            tx, services.ids, name="Bench", redirect_uris=[apart], scopes_text=scopes, now=now
        )
        return await accounts.create_token(
            tx, services.ids, account, app_id=AppId(app.id), scopes=tuple(scopes.split()), now=now
        )


if __name__ == "__main__":
    asyncio.run(main())
