"""Puts the parts together; the only place that knows all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from typing import Any

import asyncpg
import structlog
from litestar import Litestar, MediaType, Request, Response, get
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp

from parvis import api, console, web
from parvis.api import errors as api_errors
from parvis.api.answers import Answers
from parvis.api.authorising import Remembered
from parvis.api.door import Door
from parvis.api.entities.addresses import addresses
from parvis.api.fragments import Fragments
from parvis.api.routing import ENDPOINTS
from parvis.api.streaming import Streaming
from parvis.base.errors import Problem, Unavailable
from parvis.base.settings import Settings, from_environment
from parvis.domain import admission, insights, media
from parvis.domain import health as health_room
from parvis.domain.moderation import house_settings
from parvis.domain.timelines import Live
from parvis.infra import logs, tracing, waits
from parvis.infra.doors import ENTRANCE, WRITING, Policy
from parvis.infra.engines.processes import die_with_parent
from parvis.infra.front import Front
from parvis.infra.keep_alive import keep_alive_on_listeners
from parvis.infra.opening import open_services
from parvis.infra.overload.middleware import Overload
from parvis.infra.postgres import OUTAGES
from parvis.infra.services import Services
from parvis.infra.stopping import when_told_to_stop
from parvis.infra.web_server import MOST_CONNECTIONS, allow_many_connections
from parvis.web import errors as web_errors

log = structlog.get_logger(__name__)

# People and their programs do not wait longer than this.
STATEMENT_S = 8

# No route takes more than this; most take far less and say so themselves.
MOST_BODY_BYTES = 70 * 1024 * 1024

JSON_PATHS = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo", "/health")


def create_app() -> ASGIApp:
    """The application of a web process, with the settings of its environment."""
    die_with_parent()
    settings = from_environment()
    logs.configure(settings)
    return build(settings)


def build(settings: Settings, services: Services | None = None, framework: Litestar | None = None) -> ASGIApp:
    """The application; with `services` given (tests) it opens none itself.

    `framework`: one that `routes()` gave and nobody else uses now; to make one takes half a second.
    """
    litestar = framework or routes()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if services is not None:
            async with _started(app, front, services):
                yield
            return
        async with (
            tracing.sent(settings, "web"),
            open_services(settings, application="parvis web", statement_s=STATEMENT_S) as opened,
            _started(app, front, opened),
            health_room.measured(opened, "web", _probes(app, front)),
        ):
            looking = asyncio.create_task(keep_alive_on_listeners(), name="keep alive")
            when_told_to_stop(app.state.live.close)
            yield
            looking.cancel()  # or who is stopped before the port is open would wait for it

    litestar.state.running = lifespan
    front = Front(Door(litestar, ENDPOINTS, on_problem, on_error), settings, _handlers())
    return front


def routes() -> Litestar:
    """The framework with every route; whatever `build` gives it to runs it, one after the other."""
    return Litestar(
        route_handlers=_handlers(),
        lifespan=[_running],
        exception_handlers={Problem: on_problem, HTTPException: on_http_error, Exception: on_error},
        openapi_config=None,
        request_max_body_size=MOST_BODY_BYTES,
        logging_config=None,
    )


@cache
def _handlers() -> list[BaseRouteHandler]:
    return [live, ready, health, *api.handlers(), *web.route_handlers(), *console.route_handlers()]


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    async with app.state.running(app):
        yield


@asynccontextmanager
async def _started(app: Litestar, front: Front, services: Services) -> AsyncIterator[None]:
    app.state.services = services
    app.state.remembered = Remembered()
    app.state.answers = Answers(services.db, services.settings.answer_cache_bytes)
    app.state.fragments = Fragments(addresses(services))
    app.state.live = Live(services)
    await app.state.live.open()
    app.state.overload = front.overload
    await front.overload.open(services)
    front.streaming = Streaming(services, app.state.live, app.state.fragments.sieves)
    await _look_at_emoji(services)
    await _look_at_settings(services)
    visits = insights.Visits(services.settings, country_of=insights.countries(services.settings))
    app.state.visits = visits
    front.overload.tell_of_page = visits.page_seen
    counting = asyncio.create_task(insights.keep_counting(services, visits), name="hand over counts")
    storing = asyncio.create_task(admission.keep_storing(services), name="store late receipts")
    emoji = asyncio.create_task(media.emoji.keep_looking(services, partial(_emoji_changed, app)), name="look for emoji")
    settings = asyncio.create_task(
        house_settings.keep_looking(services, partial(_settings_changed, app, front)), name="look for settings"
    )
    try:
        yield
    finally:
        storing.cancel()
        emoji.cancel()
        settings.cancel()
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)  # it hands over what is left
        await app.state.live.close()
        await front.overload.close()


def _emoji_changed(app: Litestar) -> None:
    app.state.fragments.clear()
    app.state.answers.clear()


def _settings_changed(app: Litestar, front: Front) -> None:
    """Nothing is shown any more that was made with what held before."""
    _emoji_changed(app)
    front.overload.sharing.pages.clear(asyncio.get_running_loop().time())


async def _look_at_settings(services: Services) -> None:
    """As with emoji."""
    with suppress(*_OUTAGES, asyncpg.PostgresError):
        await house_settings.look(services)


async def _look_at_emoji(services: Services) -> None:
    """They are known before the first request, if the database can tell; a process starts without them too."""
    with suppress(*_OUTAGES, asyncpg.PostgresError):
        await media.emoji.look(services)


def _probes(app: Litestar, front: Front) -> list[health_room.Probe]:
    """What a web process sees besides what every process does."""
    return [_streams(app), _shedding(front), _load(front.overload), health_room.requests(front.overload.spent)]


def _streams(app: Litestar) -> health_room.Probe:
    live_: Live = app.state.live
    return health_room.held("streams", lambda: float(live_.count), min(MOST_CONNECTIONS, allow_many_connections()))


def _shedding(front: Front) -> health_room.Probe:
    """Whether those who write are refused: then the gate lets fewer in."""
    overload = front.overload
    counts = overload.shedder
    return health_room.refusing(
        lambda: counts.started[WRITING], lambda: counts.refused[WRITING], lambda: float(overload.level)
    )


def _load(overload: Overload) -> health_room.Probe:
    """What was answered and refused since it was last asked. What is given from a copy is an answer, but does not make
    the share of refusals smaller: it is that of what had to be worked on."""
    before = overload.status()

    def probe(elapsed_s: float) -> health_room.Signal:
        nonlocal before
        last, before = before, overload.status()
        let_in, for_load = before.let_in - last.let_in, before.refused_for_load - last.refused_for_load
        reasons = {reason: count - last.refusals.get(reason, 0) for reason, count in before.refusals.items()}
        counted = {
            "served_per_s": before.answers - last.answers,
            "refused_per_s": sum(reasons.values()),
            "refused_for_load_per_s": for_load,
            "refused_door_per_s": reasons.get("receipts", 0) + reasons.get("hashing", 0),
            "refused_share_per_s": reasons.get("share", 0),
            "page_hits_per_s": before.page_hits - last.page_hits,
        }
        facts = {name: count / elapsed_s for name, count in counted.items()}
        facts["refused_share"] = for_load / (let_in + for_load) if for_load else 0.0
        facts["wait_s"], facts["waiting"] = before.wait_ms / 1000, float(sum(before.waiting))
        return health_room.Signal("limiter", facts["served_per_s"], facts["refused_share"], None, facts)

    return probe


@get("/health/live", media_type=MediaType.TEXT, opt={"policy": Policy("public", urgency=ENTRANCE)})
async def live() -> str:
    """The process answers."""
    return "OK"


@get("/health/ready", media_type=MediaType.TEXT, opt={"policy": Policy("public", urgency=ENTRANCE)})
async def ready(request: Request[Any, Any, Any]) -> Response[str]:
    """The process can serve: its database answers a query."""
    services: Services = request.app.state.services
    async with services.db.connection() as db:
        await db.fetchval("SELECT 1 FROM account LIMIT 1")
    return Response("OK", media_type=MediaType.TEXT)


@get("/health", media_type=MediaType.TEXT, opt={"policy": Policy("public", urgency=ENTRANCE)})
async def health(request: Request[Any, Any, Any]) -> Response[str]:
    """The same as /health/ready, where clients of the API look for it."""
    return await ready.fn(request)


def _speaks_json(request: Request[Any, Any, Any]) -> bool:
    return request.url.path.startswith(JSON_PATHS)


def on_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    """What the domain refused, in the door's own form."""
    if _speaks_json(request):
        return api_errors.problem_response(problem)
    return web_errors.problem_page(request, problem)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refused."""
    if _speaks_json(request):
        return api_errors.http_error_response(error)
    return web_errors.http_error_page(request, error)


_OUTAGES = (*OUTAGES, asyncpg.DeadlockDetectedError)


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """An outage of the database as 503; anything else as 500 without detail."""
    if isinstance(error, _OUTAGES):
        log.warning("request.outage", path=request.url.path, error=repr(error))
        if isinstance(error, asyncpg.DiskFullError):
            return on_problem(request, Unavailable("The disk is full; nothing can be stored right now", 60))
        return on_problem(request, Unavailable("The database does not answer right now; try again in a few seconds"))
    waits.failed()
    if _speaks_json(request):
        return api_errors.unexpected_response(request, error)
    return web_errors.unexpected_page(request, error)
