"""Group D of the security cases: what staff may do, what of it stays known, and who cannot be got rid of."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any

import asyncpg
import msgspec
import pytest

from parvis import console
from parvis.base.clock import utc_now
from parvis.base.errors import Forbidden
from parvis.console import routing as operators
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Role, State
from parvis.infra.html.door import Declared
from tests.rig.pictures import png
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser

console.route_handlers()
PAGES: list[Declared] = operators.door.pages
ROLES = (Role.MEMBER, Role.MODERATOR, Role.OWNER)


def path_of(one: Declared) -> str:
    return re.sub(r"\{at:str\}", "@alice", re.sub(r"\{(?!at)\w+:str\}", "1", one.path))


def least(one: Declared) -> Role:
    return Role.OWNER if one.policy.audience == "owner" else Role.MODERATOR


async def role_of(world: World, handle: str) -> Role:
    async with world.services.db.connection() as db:
        return (await accounts.login_of(db, world.people[handle].id)).role


async def logged(world: World, act: str = "") -> list[moderation.Act]:
    async with world.services.db.connection() as db:
        return await moderation.log.entries(db, act=act, limit=1000)


@pytest.fixture
async def cast(world: World, open_browser: Callable[[], Browser]) -> dict[Role, Browser]:
    """A browser of somebody of each rank."""
    names = {Role.MEMBER: "alice", Role.MODERATOR: "mona", Role.OWNER: "olga"}
    return {role: await open_browser().sign_in(await world.person(name, role=role)) for role, name in names.items()}


# ── D1: upwards ──


def test_d1_every_page_of_the_console_asks_for_a_role() -> None:
    assert len(PAGES) > 15
    for one in PAGES:
        assert one.policy.audience in ("moderator", "owner"), one.path
        assert one.path == "/console" or one.path.startswith("/console/"), one.path


async def test_d1_who_may_not_know_of_a_page_finds_nothing_there(world: World, cast: dict[Role, Browser]) -> None:
    """Every route of the console by everybody: strangers are asked who they are, those below it find nothing."""
    stranger = Browser(world)
    token = await stranger.token()
    for one in PAGES:
        path = path_of(one)
        if one.method == "GET":
            answer = await stranger.get(path)
        else:
            answer = await stranger.client.post(path, data={"form_token": token}, headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
    await stranger.client.aclose()
    for role, browser in cast.items():
        for one in PAGES:
            allowed, path = role >= least(one), path_of(one)
            answer = await (browser.get(path) if one.method == "GET" else browser.post(path))
            if not allowed:
                assert answer.status_code == 404, (role, one.method, path)
                assert "There is nothing here" in answer.text
            elif one.method == "GET" and path == one.path:
                assert answer.status_code == 200, (role, path)
            else:
                assert answer.status_code < 500, (role, path)


async def test_d1_every_refusal_stands_in_the_log_and_nobody_fills_it(world: World, cast: dict[Role, Browser]) -> None:
    acts = [one for one in PAGES if one.method == "POST" and least(one) == Role.OWNER]
    for one in acts:
        await cast[Role.MODERATOR].post(path_of(one))
    refused = await logged(world, "console.act")
    assert [one.subject for one in refused] == [f"page:{one.path}" for one in reversed(acts)]
    assert {(one.actor_id, one.refused) for one in refused} == {(world.people["mona"].id, True)}
    world.services.limits = type(world.services.limits)(enabled=True)
    for _ in range(operators.NOTED.most + 15):
        await cast[Role.MEMBER].post("/console/gate", {"mode": "open"})
    by_alice = [one for one in await logged(world) if one.actor_id == world.people["alice"].id]
    assert len(by_alice) <= operators.NOTED.most + 3  # an hour of them, and what the hour gave back meanwhile


MORE_THAN_A_FORM_ASKS = {
    "role": "2", "login[role]": "2", "state": "0", "confirmed": "1", "approved": "1", "confirmed_at": "2020-01-01",
    "admin": "true", "is_admin": "1", "account_id": "1", "permissions": "65535", "roles[]": "owner",
}  # fmt: skip


async def test_d1_more_than_a_form_asks_for_changes_nothing(world: World, cast: dict[Role, Browser]) -> None:
    """`role=owner` beside what people may change of themselves, by pages and by the client API."""
    alices, alice = cast[Role.MEMBER], world.people["alice"]
    for path, fields in (
        ("/settings/profile", {"display_name": "Alice"}),
        ("/settings/appearance", {"locale": "en", "theme": "auto"}),
        ("/settings/notifications", {}),
    ):
        assert (await alices.post(path, {**MORE_THAN_A_FORM_ASKS, **fields})).status_code < 500
    for body in ({"data": {**MORE_THAN_A_FORM_ASKS, "note": "x"}}, {"json": {**MORE_THAN_A_FORM_ASKS, "role": 2}}):
        answer = await world.client.patch("/api/v1/accounts/update_credentials", headers=alice.headers, **body)
        assert answer.status_code == 200
    waiting = await world.person("wanda", confirmed=False)
    await world.client.patch(
        "/api/v1/accounts/update_credentials",
        headers=waiting.headers,
        data=MORE_THAN_A_FORM_ASKS,
    )
    fresh = {"username": "greta", "email": "greta@mail.example", "password": "a long password", "agreement": "true"}
    await Browser(world).post("/sign-up", {**MORE_THAN_A_FORM_ASKS, **fresh})
    async with world.services.db.connection() as db:
        rows = await db.fetch(
            "SELECT a.handle, l.role, l.confirmed_at FROM login l JOIN account a ON a.id = l.account_id"
        )
    found = {row["handle"]: (row["role"], row["confirmed_at"] is not None) for row in rows}
    assert found["alice"] == (0, True)
    assert found["wanda"] == (0, False)
    assert found.get("greta", (0, False)) == (0, False)


def test_d1_ranks_are_a_ladder() -> None:
    for actor in ROLES:
        for target in ROLES:
            assert moderation.staff.may_act_upon(actor, target) == (actor > target and actor > Role.MEMBER)
            for given in ROLES:
                may = moderation.staff.may_give(actor, target, given, own=False)
                assert may == (actor == Role.OWNER and target < Role.OWNER)
                if actor == target:
                    stepping = moderation.staff.may_give(actor, target, given, own=True)
                    assert stepping == (actor == Role.OWNER and given < Role.OWNER)


async def test_d1_roles_go_down_the_ladder_alone_and_the_log_says_who_gave_them(
    world: World, cast: dict[Role, Browser]
) -> None:
    second = await world.person("otto", role=Role.OWNER)
    olgas, monas = cast[Role.OWNER], cast[Role.MODERATOR]
    for handle, role in (("mona", "owner"), ("alice", "moderator"), ("olga", "member")):
        assert (await monas.post("/console/staff", {"handle": handle, "role": role})).status_code == 404
    assert (await olgas.post("/console/staff", {"handle": "otto", "role": "member"})).status_code == 403
    assert (await olgas.post("/console/staff", {"handle": "nobody", "role": "owner"})).status_code == 422
    assert (await olgas.post("/console/staff", {"handle": "alice", "role": "admin"})).status_code in (400, 422)
    assert await role_of(world, "otto") == Role.OWNER
    assert (await olgas.post("/console/staff", {"handle": "@alice", "role": "moderator"})).status_code == 303
    assert (await olgas.post("/console/staff", {"handle": "mona", "role": "member"})).status_code == 303
    assert (await role_of(world, "alice"), await role_of(world, "mona")) == (Role.MODERATOR, Role.MEMBER)
    assert (await monas.get("/console")).status_code == 404  # the session that was open finds nothing any more
    given = await logged(world, "role.give")
    assert [one.subject for one in given] == [f"account:{world.people[name].id}" for name in ("mona", "alice")]
    assert msgspec.json.decode(given[1].details) == {"before": "member", "role": "moderator"}
    refused = [one for one in await logged(world, "console.act") if one.actor_id == world.people["olga"].id]
    assert "roles of those below you" in refused[0].details
    assert second.handle == "otto"


async def test_d1_a_suspended_moderator_loses_the_role_and_nobody_suspended_rises(
    world: World, cast: dict[Role, Browser]
) -> None:
    await world.person("max", role=Role.MODERATOR)
    async with world.services.db.transaction() as tx:
        await accounts.restrict(tx, world.people["max"].id, state=State.SUSPENDED, frozen=False)
    olgas = cast[Role.OWNER]
    assert "@max" in (await olgas.get("/console/staff")).text
    assert (await olgas.post("/console/staff", {"handle": "max", "role": "owner"})).status_code == 403
    assert (await olgas.post("/console/staff", {"handle": "max", "role": "member"})).status_code == 303
    assert await role_of(world, "max") == Role.MEMBER
    assert (await olgas.post("/console/staff", {"handle": "max", "role": "moderator"})).status_code == 403
    assert await role_of(world, "max") == Role.MEMBER


async def test_d1_two_who_unmake_each_other_leave_an_owner(world: World) -> None:
    olga, otto = await world.person("olga", role=Role.OWNER), await world.person("otto", role=Role.OWNER)

    async def steps_down(person: Any) -> bool:
        try:
            async with world.services.db.transaction() as tx:
                account = await accounts.by_id(tx, person.id)
                return await moderation.staff.give_role(tx, person.id, account, role=Role.MEMBER, now=utc_now())
        except Forbidden:
            return False

    assert sorted(await asyncio.gather(steps_down(olga), steps_down(otto))) == [False, True]
    async with world.services.db.connection() as db:
        assert await accounts.has_owner(db)


# ── D2: by another's hand ──


async def test_d2_no_act_of_the_console_obeys_another_sites_form(world: World, cast: dict[Role, Browser]) -> None:
    olgas = cast[Role.OWNER]
    token = await olgas.token()
    for one in PAGES:
        if one.method != "POST":
            continue
        path = path_of(one)
        for headers, fields in (
            ({"Origin": "https://evil.example"}, {"form_token": token}),
            ({"Origin": "null"}, {"form_token": token}),
            ({"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}, {"form_token": token}),
            ({"Origin": ORIGIN}, {}),
            ({"Origin": ORIGIN}, {"form_token": token[:-2] + "AA"}),
            ({"Origin": ORIGIN}, {"form_token": await Browser(world).token()}),
        ):
            answer = await olgas.client.post(path, data={**fields, "mode": "open"}, headers=headers)
            assert answer.status_code == 403, (path, headers, list(fields))
    assert await role_of(world, "alice") == Role.MEMBER
    assert [one for one in await logged(world) if not one.refused] == []


async def test_d2_giving_a_role_wants_a_fresh_proof(world: World, cast: dict[Role, Browser]) -> None:
    olgas = cast[Role.OWNER]
    async with world.services.db.transaction() as tx:
        await tx.execute("UPDATE session SET proved_at = proved_at - interval '11 minutes'")
    asked = await olgas.post("/console/staff", {"handle": "alice", "role": "owner"})
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/prove?return_to=%2Fconsole%2Fstaff%3Fhandle%3Dalice")
    assert await role_of(world, "alice") == Role.MEMBER
    page = (await olgas.get("/console/staff?handle=alice&role=owner")).text
    assert 'value="alice"' in page
    assert re.search(r'value="owner" checked', page)


NASTY = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>{{7*7}}"


class Handlers(HTMLParser):
    """Attributes that would run something, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        bad = [name for name, value in attrs if name.startswith("on") or (value or "").startswith("javascript:")]
        self.found += [f"{tag} {name}" for name in bad]

    @classmethod
    def of(cls, page: str) -> list[str]:
        reader = cls()
        reader.feed(page)
        return reader.found


@asynccontextmanager
async def nasty_things(world: World, olgas: Browser) -> AsyncIterator[Iterable[str]]:
    """What people can write that the console shows: names, reports, agents, announcements, rules, reasons, letters."""
    alice = world.people["alice"]
    told = {"display_name": NASTY[:30], "note": NASTY}
    answer = await world.client.patch("/api/v1/accounts/update_credentials", headers=alice.headers, data=told)
    assert answer.status_code == 200
    posted = await alice.says(NASTY)
    bob = await world.person("bob")
    report = {"account_id": str(alice.id), "status_ids": [str(posted)], "comment": NASTY}
    assert (await bob.post("/api/v1/reports", report)).status_code == 200
    await olgas.post("/console/announcements", {"text": NASTY})
    await olgas.post("/console/rules", {"text": NASTY, "hint": NASTY})
    await olgas.post("/console/gate", {"mode": "pause", "message": NASTY})
    await olgas.post(
        "/console/emoji", {"shortcode": "blob", "category": NASTY[:50]}, files={"file": ("x.png", png(8, 8))}
    )
    await olgas.post("/console/staff", {"handle": "alice", "role": "moderator"})
    await world.services.mail.send("a@mail.example", "hello", NASTY)
    yield [path_of(one) for one in PAGES if one.method == "GET"]


async def test_d2_what_people_write_is_text_on_every_page_of_the_console(
    world: World, cast: dict[Role, Browser]
) -> None:
    olgas = cast[Role.OWNER]
    async with nasty_things(world, olgas) as paths:
        for path in (
            *paths,
            f"/console/log?person={NASTY}",
            f"/console/log?act={NASTY}",
            "/console/staff?handle=%22%3E",
        ):
            answer = await olgas.get(path)
            assert answer.status_code in (200, 404), path
            if "html" not in answer.headers["content-type"]:
                continue
            assert "<script>alert" not in answer.text, path
            assert Handlers.of(answer.text) == [], path
            assert "49" not in re.findall(r"\{\{|49(?=</)", answer.text), path
            policy = answer.headers["content-security-policy"]
            assert "unsafe-inline" not in policy
            assert "unsafe-eval" not in policy
        assert "&lt;script&gt;alert" in (await olgas.get("/console/rules")).text


# ── D4: the log ──


NASTY_LINES = "=cmd|' /C calc'!A0\nforged,1\r\n\x1b[2J\x1b]0;x\x07\u202e+1"


async def test_d4_the_log_is_neither_changed_nor_forged_by_what_is_written_into_it(
    world: World, cast: dict[Role, Browser]
) -> None:
    await cast[Role.OWNER].post("/console/gate", {"mode": "pause", "message": NASTY_LINES})
    await cast[Role.OWNER].post("/console/rules", {"text": NASTY_LINES})
    page = (await cast[Role.MODERATOR].get("/console/log")).text
    assert "\x1b" not in page
    assert page.count("<article") == 2
    async with world.services.db.connection() as db:
        out = io.StringIO()
        checked = await moderation.log.check(db, to=out)
    assert (checked.count, checked.broken_id) == (2, None)
    assert re.fullmatch(r"[ -~\n]*", out.getvalue())
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert len(rows) == 3
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)


@pytest.mark.parametrize(
    "statement", ["UPDATE staff_act SET refused = false", "DELETE FROM staff_act", "TRUNCATE staff_act"]
)
async def test_d4_not_even_the_servers_own_connection_changes_the_log(
    world: World, cast: dict[Role, Browser], statement: str
) -> None:
    await cast[Role.OWNER].post("/console/gate", {"mode": "open"})
    with pytest.raises(asyncpg.RaiseError):
        await world.services.db.pool.execute(statement)
    assert len(await logged(world)) == 1


async def test_d4_no_page_and_no_command_deletes_from_the_log(world: World, cast: dict[Role, Browser]) -> None:
    for path in ("/console/log", "/console/log/delete", "/console/log/1"):
        for method in ("POST", "DELETE", "PUT", "PATCH"):
            answer = await cast[Role.OWNER].client.request(method, path, headers={"Origin": ORIGIN})
            assert answer.status_code in (403, 404, 405), (method, path)


# ── D5: the last one ──


async def test_d5_the_only_owner_can_neither_step_down_nor_be_unmade_nor_leave(
    world: World, cast: dict[Role, Browser]
) -> None:
    olgas, olga = cast[Role.OWNER], world.people["olga"]
    refused = await olgas.post("/console/staff", {"handle": "olga", "role": "member"})
    assert refused.status_code == 403
    assert "The only owner cannot step down" in refused.text
    async with world.services.db.connection() as db:
        account = await accounts.by_id(db, olga.id)
    for unmade in (
        lambda tx: moderation.staff.give_role(tx, None, account, role=Role.MODERATOR, now=utc_now()),
        lambda tx: accounts.set_role(tx, olga.id, role=Role.MEMBER),
        lambda tx: accounts.close(tx, olga.id),
    ):
        with pytest.raises(Forbidden, match="only owner"):
            async with world.services.db.transaction() as tx:
                await unmade(tx)
    assert await role_of(world, "olga") == Role.OWNER
    await olgas.post("/console/staff", {"handle": "alice", "role": "owner"})
    assert (await olgas.post("/console/staff", {"handle": "olga", "role": "member"})).status_code == 303
    assert (await olgas.get("/console")).status_code == 404
    assert (await role_of(world, "olga"), await role_of(world, "alice")) == (Role.MEMBER, Role.OWNER)
