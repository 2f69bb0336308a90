"""Letters: who gets one, what is in it, and that nobody can be flooded. Cases A2, A3, A5."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.infra.services import Services
from tests.rig.world import ORIGIN, World

PASSWORD = "correct horse"


class Postbox:
    """Takes the letters instead of the mail service; `broken` refuses them."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str, str]] = []
        self.broken = False

    async def send(self, to: str, subject: str, text: str) -> None:
        if self.broken:
            raise OSError("no mail today")
        self.letters.append((to, subject, text))

    def link(self, number: int = -1) -> str:
        found = re.search(r"https?://\S+token=\S+", self.letters[number][2])
        assert found is not None
        return found.group()

    def token(self, number: int = -1) -> str:
        return self.link(number).partition("token=")[2]


@pytest.fixture
def postbox(world: World) -> Postbox:
    world.services.mail = box = Postbox()  # type: ignore[assignment]
    return box


async def signed_up(services: Services, handle: str, email: str, **more: str) -> AccountId:
    return await accounts.sign_up(services, handle=handle, email=email, password=PASSWORD, now=utc_now(), **more)  # type: ignore[arg-type]


async def waiting(services: Services, kind: str) -> int:
    return await services.db.pool.fetchval("SELECT count(*) FROM job WHERE kind = $1", kind)


async def test_a_new_account_is_confirmed_by_the_link_in_its_letter(world: World, postbox: Postbox) -> None:
    alice = await signed_up(world.services, "alice", "Alice@Mail.example", locale="fr")
    assert await waiting(world.services, accounts.CONFIRMATION_JOB) == 1
    await accounts.send_confirmation(world.services, alice, now=utc_now())
    to, subject, text = postbox.letters[0]
    assert to == "Alice@mail.example"
    assert subject.startswith("Confirmez")
    assert "@alice" in text
    assert postbox.link().startswith(f"{ORIGIN}/confirm?token=")
    async with world.services.db.transaction() as tx:
        assert not (await accounts.login_of(tx, alice)).confirmed_at
        assert await accounts.confirm_email(tx, postbox.token(), now=utc_now()) == alice
        assert (await accounts.login_of(tx, alice)).confirmed_at
    await accounts.send_confirmation(world.services, alice, now=utc_now())
    assert len(postbox.letters) == 1


async def test_no_link_is_stored_in_the_database(world: World, postbox: Postbox) -> None:
    alice = await signed_up(world.services, "alice", "alice@mail.example")
    await accounts.send_confirmation(world.services, alice, now=utc_now())
    stored = await world.services.db.pool.fetch(
        "SELECT payload::text FROM job UNION ALL SELECT t::text FROM one_time_token t"
    )
    assert all(postbox.token() not in row[0] for row in stored)


async def test_sign_up_with_a_known_address_does_the_same_work(world: World, postbox: Postbox) -> None:
    await world.person("alice")
    jobs = []
    for handle, email in (("mallory", "alice@mail.example"), ("bob", "bob@mail.example")):
        before = await waiting(world.services, accounts.CONFIRMATION_JOB)
        await signed_up(world.services, handle, email)
        jobs.append(await waiting(world.services, accounts.CONFIRMATION_JOB) - before)
    assert jobs == [1, 1]


async def test_who_owns_an_address_hears_of_a_sign_up_with_it(world: World, postbox: Postbox) -> None:
    await world.person("alice")
    mallory = await signed_up(world.services, "mallory", "alice@mail.example")
    await accounts.send_confirmation(world.services, mallory, now=utc_now())
    to, subject, text = postbox.letters[0]
    assert to == "alice@mail.example"
    assert "already" in subject
    assert "@mallory" not in text
    async with world.services.db.transaction() as tx:
        with pytest.raises(Invalid):
            await accounts.confirm_email(tx, postbox.token(), now=utc_now())
        assert not (await accounts.login_of(tx, mallory)).confirmed_at


async def test_an_address_goes_to_the_first_who_confirms_it(world: World, postbox: Postbox) -> None:
    first = await signed_up(world.services, "first", "shared@mail.example")
    second = await signed_up(world.services, "second", "shared@mail.example")
    for one in (first, second):
        await accounts.send_confirmation(world.services, one, now=utc_now())
    async with world.services.db.transaction() as tx:
        await accounts.confirm_email(tx, postbox.token(1), now=utc_now())
        with pytest.raises(Invalid):
            await accounts.confirm_email(tx, postbox.token(0), now=utc_now())
    ticket = await accounts.sign_in(world.services, login="shared@mail.example", password=PASSWORD, now=utc_now())
    assert ticket.account_id == second


async def test_a_reset_is_asked_for_in_the_same_way_by_everybody(world: World, postbox: Postbox) -> None:
    await world.person("alice")
    for email in ("alice@mail.example", "nobody@mail.example", "not an address"):
        before = await waiting(world.services, accounts.RESET_JOB)
        await accounts.ask_reset(world.services, email=email)
        assert await waiting(world.services, accounts.RESET_JOB) == before + 1
    payloads = await world.services.db.pool.fetch(
        "SELECT payload->>'email_hash' AS hash FROM job WHERE kind = $1 ORDER BY id", accounts.RESET_JOB
    )
    for row in payloads:
        await accounts.send_reset(world.services, bytes.fromhex(row["hash"]), now=utc_now())
    assert [to for to, _, _ in postbox.letters] == ["alice@mail.example"]
    await accounts.reset_password(world.services, token=postbox.token(), password="another horse", now=utc_now())


async def test_asking_again_and_again_leaves_one_job_and_five_letters_an_hour(world: World, postbox: Postbox) -> None:
    await world.person("alice")
    for _ in range(20):
        await accounts.ask_reset(world.services, email="ALICE@mail.example")
    assert await waiting(world.services, accounts.RESET_JOB) == 1
    email_hash = world.services.secrets.keyed_hash("email", "alice@mail.example")
    for _ in range(8):
        await accounts.send_reset(world.services, email_hash, now=utc_now())
    assert len(postbox.letters) == 5
    await accounts.send_reset(world.services, email_hash, now=utc_now() + timedelta(minutes=61))
    assert len(postbox.letters) == 6


async def test_a_letter_that_could_not_be_sent_is_tried_again_and_not_counted(world: World, postbox: Postbox) -> None:
    await world.person("alice")
    email_hash = world.services.secrets.keyed_hash("email", "alice@mail.example")
    postbox.broken = True
    for _ in range(8):
        with pytest.raises(OSError, match="no mail"):
            await accounts.send_reset(world.services, email_hash, now=utc_now())
    postbox.broken = False
    await accounts.send_reset(world.services, email_hash, now=utc_now())
    assert len(postbox.letters) == 1


async def test_without_confirmation_an_account_is_confirmed_and_takes_no_address(world: World) -> None:
    await world.person("alice")
    world.services.settings = msgspec.structs.replace(world.services.settings, confirm_email=False)
    mallory = await signed_up(world.services, "mallory", "alice@mail.example")
    async with world.services.db.connection() as db:
        assert (await accounts.login_of(db, mallory)).confirmed_at
        owner = await db.fetchval("SELECT account_id FROM login_email")
    assert owner == world.people["alice"].id
