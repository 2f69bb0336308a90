"""Making accounts, finding them, changing them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, InvalidFields, NotFound
from parvis.base.ids import AccountId, IdSource
from parvis.domain import accounts
from parvis.domain.accounts.types import Field, NewAccount, ProfileChange, Role
from parvis.infra.postgres import Connection
from tests.rig.world import World

IDS = IdSource(7)


async def made(tx: Connection, handle: str, **more: object) -> AccountId:
    new = NewAccount(handle=handle, email=f"{handle}@mail.example", **more)  # type: ignore[arg-type]
    return await accounts.create(tx, IDS, new=new, now=utc_now())


async def test_a_new_account_is_found_by_id_and_by_handle(tx: Connection) -> None:
    alice = await made(tx, "Alice", display_name="Alice  Doe")
    found = (await accounts.by_ids(tx, [alice, AccountId(1)]))[alice]
    assert (found.handle, found.acct, found.name, found.posts_count) == ("alice", "alice", "Alice Doe", 0)
    for written in ("alice", "@ALICE", "alice@parvis.test", "@alice@PARVIS.test"):
        assert (await accounts.by_handle(tx, written, domain="parvis.test")).id == alice
    for written in ("alicia", "alice@elsewhere.example", "", "@", "alice@parvis.test@x"):
        with pytest.raises(NotFound):
            await accounts.by_handle(tx, written, domain="parvis.test")


async def test_a_handle_belongs_to_one_account(tx: Connection) -> None:
    await made(tx, "alice")
    with pytest.raises(Invalid) as refused:
        await made(tx, "ALICE")
    assert (refused.value.field, refused.value.code) == ("username", "taken")


async def test_an_address_belongs_to_the_one_who_confirmed_it(tx: Connection) -> None:
    now = utc_now()
    for handle in ("squatter", "alice"):
        await accounts.create(tx, IDS, new=NewAccount(handle=handle, email="alice@mail.example"), now=now)
    owner = NewAccount(handle="alicia", email="Alice@MAIL.example", confirmed=True)
    await accounts.create(tx, IDS, new=owner, now=now)
    with pytest.raises(Invalid) as refused:
        await accounts.create(
            tx, IDS, new=NewAccount(handle="late", email="alice@mail.example", confirmed=True), now=now
        )
    assert (refused.value.field, refused.value.code) == ("email", "taken")


async def test_only_the_operator_hands_out_reserved_handles(tx: Connection) -> None:
    with pytest.raises(Invalid):
        await made(tx, "admin")
    assert await made(tx, "admin", role=Role.OWNER)


async def test_a_profile_is_changed_in_part_and_its_version_rises(tx: Connection) -> None:
    alice = await made(tx, "alice")
    change = ProfileChange(
        note="Hello https://a.example and @bob\n\n#cats",
        fields=[Field("Site", "https://a.example")],
        locked=True,
        default_visibility=2,
        theme="dark",
    )
    await accounts.update_profile(tx, alice, change=change, now=utc_now())
    found = await accounts.by_id(tx, alice)
    assert found.locked
    assert found.version == 2
    assert '<a href="https://a.example"' in found.note_html
    assert 'rel="nofollow noopener me"' in found.fields[0].html
    assert not found.fields[0].html.startswith("<p>")
    login = await accounts.login_of(tx, alice)
    assert (login.default_visibility, login.theme, login.locale) == (2, "dark", "en")
    await accounts.update_profile(tx, alice, change=ProfileChange(display_name="Al"), now=utc_now())
    found = await accounts.by_id(tx, alice)
    assert (found.display_name, found.locked, found.version) == ("Al", True, 3)


@pytest.mark.parametrize(
    "change",
    [
        ProfileChange(display_name="x" * 41),
        ProfileChange(note="x" * 501),
        ProfileChange(default_visibility=4),
        ProfileChange(default_language="<script>"),
        ProfileChange(theme="pink"),
        ProfileChange(locale="tlh"),
        ProfileChange(avatar_description="x" * 151),
    ],
)
async def test_a_change_that_cannot_be_is_refused_whole(tx: Connection, change: ProfileChange) -> None:
    alice = await made(tx, "alice")
    with pytest.raises(Invalid):
        await accounts.update_profile(tx, alice, change=change, now=utc_now())
    assert (await accounts.by_id(tx, alice)).version == 1


async def test_markup_in_a_profile_is_text(tx: Connection) -> None:
    alice = await made(tx, "alice")
    evil = "<img src=x onerror=alert(1)>\"'&"
    change = ProfileChange(note=evil, fields=[Field(evil, evil)])
    await accounts.update_profile(tx, alice, change=change, now=utc_now())
    found = await accounts.by_id(tx, alice)
    assert "<img" not in found.note_html
    assert "<img" not in found.fields[0].html
    assert found.note == evil


async def test_a_suspended_account_says_nothing_and_a_deleted_one_is_not_there(tx: Connection) -> None:
    alice = await made(tx, "alice", display_name="Alice")
    await tx.execute("UPDATE account SET state = 2 WHERE id = $1", alice)
    found = await accounts.by_id(tx, alice)
    assert (found.display_name, found.note, found.fields) == ("", "", [])
    await tx.execute("UPDATE account SET state = 3 WHERE id = $1", alice)
    assert await accounts.by_ids(tx, [alice]) == {}
    with pytest.raises(NotFound):
        await accounts.by_handle(tx, "alice", domain="parvis.test")


async def test_sign_up_names_every_problem_at_once(world: World) -> None:
    with pytest.raises(InvalidFields) as refused:
        await accounts.sign_up(world.services, handle="a b", email="nowhere", password="short", now=utc_now())
    assert {problem.field for problem in refused.value.problems} == {"username", "email", "password"}
    assert refused.value.details["password"][0]["error"] == "ERR_TOO_SHORT"


async def test_totals_count_people_and_posts(tx: Connection) -> None:
    alice = await made(tx, "alice", confirmed=True)
    await made(tx, "waiting")
    await tx.execute("UPDATE account_counter SET posts = 3 WHERE account_id = $1", alice)
    now = utc_now()
    assert await accounts.totals(tx, now=now) == accounts.Totals(accounts=1, posts=3, active_month=0)
    await accounts.open_session(tx, IDS, alice, now=now - timedelta(days=31))
    assert (await accounts.totals(tx, now=now)).active_month == 0
    await accounts.open_session(tx, IDS, alice, now=now)
    assert (await accounts.totals(tx, now=now)).active_month == 1
