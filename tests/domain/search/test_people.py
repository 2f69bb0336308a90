"""Finding people by handle, name and what they say of themselves."""

from __future__ import annotations

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, IdSource
from parvis.domain import accounts, relationships, search
from parvis.domain.accounts.types import NewAccount, ProfileChange
from parvis.infra.postgres import Connection

IDS = IdSource(9)


async def made(tx: Connection, *handles: str) -> list[AccountId]:
    found = []
    for handle in handles:
        new = NewAccount(handle=handle, email=f"{handle}@mail.example")
        found.append(await accounts.create(tx, IDS, new=new, now=utc_now()))
    return found


async def says(tx: Connection, who: AccountId, **change: object) -> None:
    await accounts.update_profile(tx, who, change=ProfileChange(**change), now=utc_now())  # type: ignore[arg-type]
    await search.index_accounts(tx, [who])


async def found(tx: Connection, text: str, viewer: AccountId | None = None, **more: object) -> list[AccountId]:
    return await search.people(tx, text, domain="parvis.test", viewer_id=viewer, **more)  # type: ignore[arg-type]


async def test_people_are_found_by_handle_and_name_unless_there_is_a_block(tx: Connection) -> None:
    alice, albert, bob = await made(tx, "alice", "albert", "bob")
    await says(tx, bob, display_name="Robert Albers")
    await relationships.follow(tx, IDS, bob, albert, now=utc_now())
    assert set(await found(tx, "alb")) == {albert, bob}
    assert await found(tx, "al") == [albert, alice]
    assert await found(tx, "@ALICE@parvis.test") == [alice]
    assert await found(tx, "alice@elsewhere.example") == []
    assert await found(tx, "al", bob, only_followed=True) == [albert]
    assert await found(tx, "al", limit=1, offset=1) == [alice]
    for nothing in ("", "@", "%", "_", "al%", "\\", "\0"):
        assert await found(tx, nothing) == []
    await relationships.block(tx, IDS, alice, bob, now=utc_now())
    assert await found(tx, "al", bob) == [albert]
    assert await found(tx, "bob", alice) == []


async def test_names_without_spaces_are_found_by_two_signs(tx: Connection) -> None:
    alice, bob = await made(tx, "alice", "bob")
    await says(tx, alice, display_name="山田太郎")
    await says(tx, bob, display_name="فاطمة الزهراء")
    assert await found(tx, "太郎") == [alice]
    assert await found(tx, "田") == [alice]
    assert await found(tx, "زهراء") == [bob]


async def test_case_c9_a_profile_is_searched_only_by_consent_and_while_its_owner_is_here(tx: Connection) -> None:
    (alice,) = await made(tx, "alice")
    await says(tx, alice, note="I repair accordions")
    assert await found(tx, "accordion") == [alice]
    await tx.execute("UPDATE account SET state = 2 WHERE id = $1", alice)
    assert await found(tx, "accordion") == []
    await tx.execute("UPDATE account SET state = 0 WHERE id = $1", alice)
    await says(tx, alice, discoverable=False)
    assert await found(tx, "accordion") == []
    assert await found(tx, "alice") == [alice]
