"""Every act of the console leaves its line in the log of what staff did; whoever adds one says here which."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from parvis import console
from parvis.base.clock import utc_now
from parvis.console.log import ACTS
from parvis.console.routing import door
from parvis.domain import moderation
from parvis.infra import jobs
from tests.rig.house import REASON, House, furnished
from tests.rig.people import Person
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser, hidden

HERE = "/console"
SAID = {"answer": "No rule of ours forbids that."}


class Deed(NamedTuple):
    """A form of the page declared as `page`, sent to `path`, and what the log calls that."""

    page: str
    act: str
    fields: dict[str, Any]
    path: str = ""
    files: dict[str, Any] | None = None


async def newest(world: World) -> moderation.Act | None:
    async with world.services.db.connection() as db:
        found = await moderation.log.entries(db, limit=1)
    return found[0] if found else None


async def about_the_place(house: House, olgas: Browser) -> AsyncIterator[Deed]:
    """What an owner says and sets."""
    place = f"{HERE}/announcements"
    yield Deed(place, "announcement.add", {"text": "We move tonight"})
    one = {"id": hidden((await olgas.get(place)).text, "id")}
    yield Deed(f"{place}/change", "announcement.change", one | {"text": "We move at dawn"})
    yield Deed(f"{place}/end", "announcement.end", one)
    yield Deed(f"{place}/delete", "announcement.remove", one)
    yield Deed(f"{HERE}/rules", "rule.add", {"text": "Be brief."})
    yield Deed(f"{HERE}/rules", "rule.change", {"id": house.rule.id, "text": "Be kind."})
    yield Deed(f"{HERE}/rules/remove", "rule.remove", {"id": (await _rules(house))[-1]})
    blob = {"shortcode": "blob"}
    yield Deed(f"{HERE}/emoji", "emoji.add", blob, files={"file": ("x.png", png(8, 8))})
    for word, act in (("disable", "emoji.disable"), ("enable", "emoji.enable"), ("delete", "emoji.remove")):
        yield Deed(f"{HERE}/emoji/act", act, blob | {"act": word})
    yield Deed(f"{HERE}/settings", "setting.change", {"name": "name", "value": "The Field"})
    async with house.world.services.db.connection() as db:
        changed = (await moderation.house_settings.history(db))[0].id
    yield Deed(f"{HERE}/settings/default", "setting.change", {"name": "name"})
    yield Deed(f"{HERE}/settings/back", "setting.change", {"id": changed})
    yield Deed(f"{HERE}/staff", "role.give", {"handle": "max", "role": "owner"})
    yield Deed(f"{HERE}/gate", "gate.command", {"mode": "open"})
    async with house.world.services.db.transaction() as tx:
        await jobs.enqueue(tx, "mail.nowhere", {"letter": 1})
        await tx.execute("UPDATE job SET parked_at = now() WHERE kind = 'mail.nowhere'")
    yield Deed(f"{HERE}/jobs/retry", "jobs.retry", {"kind": "mail.nowhere"})


async def about_people(house: House, alice: Person, bob: Person) -> AsyncIterator[Deed]:
    """What a moderator does to members, their posts, and what they said about each other."""
    await house.world.person("carol", confirmed=False)
    people, named = f"{HERE}/people", f"{HERE}/people/{{at:str}}"
    yield Deed(f"{named}/confirm", "account.confirm", {}, f"{people}/@carol/confirm")
    yield Deed(f"{named}/reset", "account.reset", {}, f"{people}/@carol/reset")
    under = {"rule_id": str((await _rules(house))[0]), "reason": REASON}
    for kind in ("limit", "freeze", "suspend"):
        yield Deed(f"{named}/restrict", f"account.{kind}", under | {"kind": kind}, f"{people}/@carol/restrict")
    post = await alice.says("Bob is a fool")
    for kind in ("warn_media", "withhold"):
        page = f"{HERE}/posts/{{post_id:str}}/restrict"
        yield Deed(page, f"post.{kind}", under | {"kind": kind}, f"{HERE}/posts/{post}/restrict")
    first, second = await _reported(house, bob, alice), await _reported(house, bob, alice, "Again")
    one = f"{HERE}/reports/{{report_id:str}}"
    yield Deed(f"{one}/restrict", "account.limit", under | {"kind": "limit"}, f"{HERE}/reports/{first}/restrict")
    yield Deed(f"{one}/dismiss", "report.dismiss", SAID, f"{HERE}/reports/{second}/dismiss")
    async with house.world.services.db.connection() as db:
        limited = (await moderation.standing(db, alice.id))[0].id
    lift = f"{HERE}/restrictions/{{restriction_id:str}}/lift"
    yield Deed(lift, "restriction.lift", {"reason": REASON}, f"{HERE}/restrictions/{limited}/lift")


async def about_appeals(house: House, bob: Person) -> AsyncIterator[Deed]:
    """What somebody else than who restricted decides."""
    for decision in ("lift", "uphold"):
        async with house.world.services.db.connection() as db:
            rule = (await moderation.house_rules.current(db))[0]
        house.rule = rule
        post = await bob.says("Alice is a fool")
        one = await house.restricts("withhold", bob.id, post)
        async with house.world.services.db.transaction() as tx:
            await moderation.appeal(tx, bob.id, one.id, text="Another Alice", now=utc_now())
        path = f"{HERE}/appeals/{one.id}/decide"
        page = f"{HERE}/appeals/{{restriction_id:str}}/decide"
        yield Deed(page, f"appeal.{decision}", SAID | {"decision": decision}, path)


async def test_every_act_of_the_console_is_in_the_log(
    world: World, alice: Person, bob: Person, open_browser: Callable[[], Browser]
) -> None:
    house = await furnished(world)
    olgas = await open_browser().sign_in(house.olga)
    done: set[str] = set()
    for deeds in (about_the_place(house, olgas), about_people(house, alice, bob), about_appeals(house, bob)):
        async for deed in deeds:
            before = await newest(world)
            answer = await olgas.post(deed.path or deed.page, deed.fields, files=deed.files)
            assert answer.status_code == 303, (deed, answer.text)
            after = await newest(world)
            assert after is not None
            assert after != before, deed
            assert (after.act, after.actor_id, after.refused) == (deed.act, house.olga.id, False), deed
            assert deed.act in ACTS
            done.add(deed.page)
    console.route_handlers()
    assert done == {one.path for one in door.pages if one.method == "POST"}


async def _rules(house: House) -> list[int]:
    async with house.world.services.db.connection() as db:
        return [one.id for one in await moderation.house_rules.current(db)]


async def _reported(house: House, by: Person, about: Person, comment: str = "") -> int:
    async with house.world.services.db.transaction() as tx:
        made = await moderation.reports.report(
            tx, house.world.services.ids, by.id, about.id, comment=comment, now=utc_now()
        )
    return made.id
