"""No surface shows anybody what they may not see, and each shows what it should: compared with plain rules at random.

PARVIS_PRIVACY_WORLDS, _PEOPLE, _STEPS, _TURNS and _SHARE (of single reads and acts) set the size; `-s` prints the cases.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest

from parvis import api, console, web
from parvis.api.entities.status import Status
from parvis.api.routing import ENDPOINTS
from parvis.api.streaming import channels
from parvis.app import build
from parvis.domain.media.rules import new_key
from parvis.worker.kinds import all_kinds
from tests.privacy.stage import Stage
from tests.privacy.surfaces import CLASSES, LIVE, SENDING_JOBS, STREAMS, YIELDING
from tests.privacy.walk import Leak, Walk
from tests.rig.world import World

WORLDS = int(os.environ.get("PARVIS_PRIVACY_WORLDS", "2"))
PEOPLE = int(os.environ.get("PARVIS_PRIVACY_PEOPLE", "5"))
STEPS = int(os.environ.get("PARVIS_PRIVACY_STEPS", "55"))
TURNS = int(os.environ.get("PARVIS_PRIVACY_TURNS", "12"))
SHARE = float(os.environ.get("PARVIS_PRIVACY_SHARE", "0.07"))


@asynccontextmanager
async def staged(
    world: World, seed: int, *, people: int = PEOPLE, steps: int = STEPS, turns: int = TURNS
) -> AsyncIterator[Stage]:
    """A stage on which much has happened, and the worker has not heard of the last of it."""
    stage = Stage(world, seed)
    await stage.open(people)
    try:
        await stage.build(steps)
        await stage.turn(turns)
        yield stage
    finally:
        await stage.close()


async def walk_worlds(world: World, seed: int, share: float) -> tuple[int, int]:
    async with staged(world, seed) as stage:
        walk = Walk(stage, share)
        await walk.everything()  # the worker is late
        await world.settle()
        for viewer in stage.viewers:
            await walk.lists(viewer)
    return walk.cases, walk.hidden_cases


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [pytest.param(n, marks=[pytest.mark.long] if n else []) for n in range(WORLDS)])
async def test_c1_every_surface_shows_what_it_may_and_nothing_else(world: World, seed: int) -> None:
    cases, hidden = await walk_worlds(world, seed, SHARE)
    print(f"\nprivacy: world {seed}: {cases} cases (viewer, post, surface), {hidden} of posts out of sight")
    assert hidden > 500


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1000, 1000 + int(os.environ.get("PARVIS_PRIVACY_LONG_WORLDS", "12"))))
async def test_c1_every_surface_in_many_worlds(world: World, seed: int) -> None:
    cases, hidden = await walk_worlds(world, seed, 1.0)
    print(f"\nprivacy: world {seed}: {cases} cases (viewer, post, surface), {hidden} of posts out of sight")


# ── nothing is forgotten ──


def routes() -> set[str]:
    """Every route of the application, as methods and paths are declared."""
    found = {f"{one.method} {one.path}" for one in (api.handlers(), ENDPOINTS)[1]}
    for handler in [*web.route_handlers(), *console.route_handlers()]:
        methods = getattr(handler, "http_methods", None)
        found |= {f"{method} {path}" for path in handler.paths for method in methods or ("ASGI",)}
    return found


def test_every_route_is_classified(world: World) -> None:
    known = [name for group in CLASSES for name in group] + [f"ASGI {path}" for path in LIVE]
    assert len(known) == len(set(known))
    here = routes() | {f"GET /health{end}" for end in ("", "/live", "/ready")}
    assert sorted(here - set(known)) == [], "say in surfaces.py what these show of posts"
    assert sorted(set(known) - here) == [], "these are gone"


async def test_the_application_has_no_other_routes(world: World) -> None:
    paths = {route.path for route in build(world.services.settings, world.services).inner.framework.routes}
    declared = {re.sub(r":(\w+)$", r"{\1:str}", re.sub(r":(\w+)/", r"{\1:str}/", one.path)) for one in ENDPOINTS}
    declared |= {path for one in [*web.route_handlers(), *console.route_handlers()] for path in one.paths}
    declared |= {"/health", "/health/live", "/health/ready"}
    assert {_shape(path) for path in paths} == {_shape(path) for path in declared}


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "*", path)


def test_what_yields_posts_by_its_type_is_not_among_the_rest() -> None:
    yielding = {name for group in YIELDING for name in group}
    for one in ENDPOINTS:
        if _contains_status(one.returns):
            assert f"{one.method} {one.path}" in yielding, one.path


def _contains_status(kind: Any, seen: frozenset[Any] = frozenset()) -> bool:
    if kind is Status:
        return True
    if kind in seen:
        return False
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = [one.type for one in msgspec.structs.fields(kind)]
        return any(_contains_status(one, seen | {kind}) for one in fields)
    return any(_contains_status(one, seen) for one in getattr(kind, "__args__", ()))


def test_every_stream_and_every_job_that_sends_is_known() -> None:
    assert {*channels._PUBLIC, *channels.BY_PATH.values()} <= STREAMS
    assert {kind for kind in all_kinds() if re.search(r"push|mail|letter|digest|send", kind)} == SENDING_JOBS


async def test_c11_a_picture_has_a_key_that_nobody_can_guess_and_goes_with_its_post(world: World) -> None:
    keys = {new_key("posts") for _ in range(1000)}
    assert len(keys) == 1000
    assert all(re.fullmatch(r"posts/([0-9a-f]{2})/\1[0-9a-f]{30}", key) for key in keys)  # 128 bits
    stage = Stage(world, 3)
    await stage.open(2)
    post = None
    while post is None or not post.with_picture:
        post = await stage.says("someone0q", 2)
    status = (await stage.get("someone0q", f"/api/v1/statuses/{post.id}")).json()
    addresses = [status["media_attachments"][0][name] for name in ("url", "preview_url")]
    for address in addresses:
        path = "/" + address.split("/", 3)[3]
        assert (await world.client.get(path)).status_code == 200
        assert (await world.client.get(path.rpartition("/")[0])).status_code == 404
        assert (await world.client.get(path.rpartition("/")[0] + "/")).status_code == 404
    # Without delete_media the pictures wait a day, to be published anew; the address stays as secret as it was.
    author = stage.people["someone0q"]
    assert (await author.delete(f"/api/v1/statuses/{post.id}", delete_media=True)).status_code == 200
    await world.settle()
    for address in addresses:
        assert (await world.client.get("/" + address.split("/", 3)[3])).status_code == 404
    await stage.close()


# ── the test finds faults ──

_FAULTS: dict[str, tuple[str, str]] = {
    "blocks are forgotten": (r"NOT EXISTS \(\s*SELECT FROM block seen_b\s+WHERE[^)]*\)", "true"),
    "followers' posts are for everybody": (r"\bp\.visibility <= 1\b", "p.visibility <= 2"),
    "posts for the mentioned are for followers": (r"\bp\.visibility = 2 AND EXISTS", "p.visibility >= 2 AND EXISTS"),
    "deleted posts stay in threads": (
        r"(p\.thread_id = focus\.thread_id.*WHERE d\.id = \$2 AND \(\s*)p\.deleted_at IS NULL", r"\1true",
    ),
    "an answer tells what it answers": (
        r"(SELECT c\.id\s+FROM unnest.*JOIN account a ON a\.id = p\.account_id\s+WHERE ).*", r"\1($1::bigint IS NULL OR true)",
    ),
    "lists of a post's friends do not ask": (
        r"(SELECT p\.id, p\.account_id, p\.visibility, p\.thread_id\b.*WHERE d\.id = \$2 AND ).*",
        r"\1($1::bigint IS NULL OR true)",
    ),
    "home forgets the members of an answer": (r"bel_f\.target_id = p\.in_reply_to_account_id", "true"),
}  # fmt: skip


def _broken(monkeypatch: pytest.MonkeyPatch, pattern: str, instead: str) -> list[str]:
    """From now on statements have that fault; those that were changed."""
    changed: list[str] = []
    fault = re.compile(pattern, re.DOTALL)

    def breaking(method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(self: Any, query: str, *arguments: Any, **options: Any) -> Any:
            if query.lstrip().startswith(("SELECT", "WITH")) and "INSERT" not in query:
                query, count = fault.subn(instead, query)
                changed.extend([query] * count)
            return await method(self, query, *arguments, **options)

        return call

    for name in ("fetch", "fetchrow", "fetchval"):
        monkeypatch.setattr(asyncpg.Connection, name, breaking(getattr(asyncpg.Connection, name)))
    return changed


@pytest.mark.long  # that the walk can fail is tried beside it, not every day
@pytest.mark.timeout(240)
async def test_the_walk_finds_each_fault(world: World) -> None:
    async with staged(world, 7, people=3, steps=12, turns=0) as stage:
        for name, (pattern, instead) in _FAULTS.items():
            with pytest.MonkeyPatch.context() as patching:
                changed = _broken(patching, pattern, instead)
                with pytest.raises(Leak) as found:
                    await Walk(stage, 1.0).everything()
            assert changed, name
            print(f"\nprivacy: {name}: {str(found.value)[:120]} …")
