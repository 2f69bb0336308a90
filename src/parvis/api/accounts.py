"""Accounts: looking people up, oneself, and opening an account from an app."""

from __future__ import annotations

import msgspec

from parvis.api.entities.account import (
    Account,
    CredentialAccount,
    FamiliarFollowers,
    present_account,
    present_credential_account,
)
from parvis.api.entities.addresses import addresses
from parvis.api.entities.application import Token, present_token
from parvis.api.entities.status import POLICY_NAMES, VISIBILITIES
from parvis.api.people import ListOfAccount, ManyAccounts, OneAccount, ids_in, page_of_people, presented
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Forbidden, Invalid, InvalidFields
from parvis.base.ids import AccountId, AppId
from parvis.base.pages import Page
from parvis.domain import accounts, admission, relationships
from parvis.domain import search as finding
from parvis.domain.admission import Application
from parvis.domain.posts.types import QuotePolicy, Visibility
from parvis.infra.doors import ENTRANCE, READING, SHARED_S
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import MAILS, SIGN_UPS
from parvis.infra.requests import client_address

READ = ("read:accounts",)


class NewAccount(msgspec.Struct, frozen=True):
    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = "en"
    proof: str = ""


class Lookup(msgspec.Struct, frozen=True):
    acct: str


class AccountSearch(msgspec.Struct, frozen=True):
    q: str
    limit: int = 40
    offset: int = 0
    following: bool = False


async def credential_account(call: Call) -> CredentialAccount:
    """The caller's own account with what only they may see."""
    return await credentials_of(call, call.me)


async def credentials_of(call: Call, account_id: AccountId) -> CredentialAccount:
    """An account with its preferences: three queries."""
    person = await accounts.by_id(call.db, account_id)
    login = await accounts.login_of(call.db, account_id)
    return present_credential_account(
        person,
        login,
        addresses(call.services),
        privacy=VISIBILITIES[Visibility(login.default_visibility)],
        quote_policy=POLICY_NAMES[QuotePolicy(login.default_quote_policy)],
        requests_count=await relationships.requests_count(call.db, account_id),
    )


@endpoint(
    "GET",
    "/api/v1/accounts/verify_credentials",
    user=True,
    scopes=("profile", "read:accounts"),
    returns=CredentialAccount,
)
async def verify_credentials(call: Call) -> CredentialAccount:
    """The account behind the token."""
    return await credential_account(call)


@endpoint(
    "POST",
    "/api/v1/accounts",
    urgency=ENTRANCE,
    bulkhead="hashing",
    app=True,
    scopes=("write:accounts",),
    params=NewAccount,
    returns=Token,
    connects=False,
    limit=SIGN_UPS,
    body_bytes=64 * 1024,
)
async def create(call: Call[NewAccount]) -> Token:
    """Open an account from an app; the answer is a token of the new account."""
    assert call.viewer is not None
    if call.viewer.account_id is not None:
        raise Forbidden("This method requires a client credentials token")
    wanted = call.params
    check_agreement(wanted)
    app_id = AppId(call.viewer.app_id or 0)
    asked = Application(
        handle=wanted.username,
        email=wanted.email,
        locale=wanted.locale,
        principal=f"app {app_id}",
        route="accounts",
        idempotency_key=call.request.headers.get("idempotency-key"),
        app_id=app_id,
        network=admission.toll.network_of(client_address(call.request.scope, call.services.settings)),
        proof=wanted.proof,
    )
    try:
        done = await admission.sign_up(call.services, wanted=asked, password=wanted.password, now=call.now)
    except Invalid as problem:
        if problem.field != "proof":
            raise
        address = f"{call.services.settings.public_origin}/sign-up"
        raise Invalid(
            "base", f"Very many sign-ups come from your network. Please sign up at {address}", "proof"
        ) from None
    async with call.services.db.transaction() as tx:
        app = await accounts.app_by_id(tx, app_id)
        token = await _token(call, tx, app, done)
    return present_token(accounts.Grant(token, tuple(app.scopes), call.now, done.account_id))


async def _token(call: Call[NewAccount], tx: Connection, app: accounts.App, done: admission.SignedUp) -> str:
    """A token of the new account, or of whoever waits for one; no other call gets in with that until they are admitted."""
    of_app = {"app_id": app.id, "scopes": app.scopes, "now": call.now}
    if done.account_id is not None:
        return await accounts.create_token(tx, call.services.ids, done.account_id, **of_app)
    return await accounts.create_waiting_token(tx, call.services.ids, done.ticket.receipt_id, **of_app)


def check_agreement(wanted: NewAccount) -> None:
    """Raises: InvalidFields with every problem, the missing agreement among them."""
    problems: list[Invalid] = []
    try:
        accounts.check_sign_up(handle=wanted.username, email=wanted.email, password=wanted.password)
    except InvalidFields as found:
        problems = found.problems
    if not wanted.agreement:
        problems = [*problems, Invalid("agreement", "Service agreement must be accepted", "accepted")]
    if problems:
        raise InvalidFields(problems)


@endpoint("GET", "/api/v1/accounts", urgency=READING, scopes=READ, params=ManyAccounts, returns=list[Account])
async def many(call: Call[ManyAccounts]) -> list[Account]:
    """Several accounts by id; unknown ones are left out."""
    if len(call.params.id) > 40:
        raise Invalid("id", "Too many accounts requested", "too_many")
    return await presented(call, ids_in(call.params.id, 40))


@endpoint(
    "GET", "/api/v1/accounts/lookup", urgency=READING, shared_s=SHARED_S, scopes=READ, params=Lookup, returns=Account
)
async def lookup(call: Call[Lookup]) -> Account:
    """The account of a handle, if it is known here."""
    person = await accounts.by_handle(call.db, call.params.acct, domain=call.services.settings.domain)
    return present_account(person, addresses(call.services))


@endpoint("GET", "/api/v1/accounts/search", user=True, scopes=READ, params=AccountSearch, returns=list[Account])
async def search(call: Call[AccountSearch]) -> list[Account]:
    """People by the beginning of their handle, a part of their name, or words of their profile."""
    wanted = call.params
    ids = await finding.people(
        call.db,
        wanted.q,
        domain=call.services.settings.domain,
        viewer_id=call.me,
        limit=min(abs(wanted.limit), 80),
        offset=min(abs(wanted.offset), 10_000),
        only_followed=wanted.following,
    )
    return await presented(call, ids)


@endpoint(
    "GET",
    "/api/v1/accounts/familiar_followers",
    user=True,
    scopes=("read:follows",),
    params=ManyAccounts,
    returns=list[FamiliarFollowers],
)
async def familiar_followers(call: Call[ManyAccounts]) -> list[FamiliarFollowers]:
    """For each account, whom of those one follows also follows it."""
    found = await relationships.familiar_followers(call.db, call.me, ids_in(call.params.id, 40))
    people = await accounts.by_ids(call.db, list({one for some in found.values() for one in some}))
    to = addresses(call.services)
    return [
        FamiliarFollowers(str(target), [present_account(people[i], to) for i in some if i in people])
        for target, some in found.items()
    ]


@endpoint(
    "GET", "/api/v1/accounts/:id", urgency=READING, shared_s=SHARED_S, scopes=READ, params=OneAccount, returns=Account
)
async def read(call: Call[OneAccount]) -> Account:
    """One account."""
    return present_account(await accounts.by_id(call.db, AccountId(call.params.id)), addresses(call.services))


@endpoint(
    "GET",
    "/api/v1/accounts/:id/followers",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=READ,
    params=ListOfAccount,
    returns=list[Account],
)
async def followers(call: Call[ListOfAccount]) -> Page[Account]:
    """Who follows the account; empty when it does not show that."""
    page = await relationships.followers(
        call.db, AccountId(call.params.id), viewer_id=call.viewer_id, page=call.params.slice(40, 80)
    )
    return await page_of_people(call, page)


@endpoint(
    "GET",
    "/api/v1/accounts/:id/following",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=READ,
    params=ListOfAccount,
    returns=list[Account],
)
async def following(call: Call[ListOfAccount]) -> Page[Account]:
    """Whom the account follows; empty when it does not show that."""
    page = await relationships.following(
        call.db, AccountId(call.params.id), viewer_id=call.viewer_id, page=call.params.slice(40, 80)
    )
    return await page_of_people(call, page)


@endpoint("POST", "/api/v1/emails/confirmations", urgency=ENTRANCE, user=True, waiting=True, limit=MAILS)
async def resend_confirmation(call: Call) -> dict[str, str]:
    """Have the letter with the confirmation link written again."""
    if (await accounts.login_of(call.db, call.me)).confirmed_at is not None:
        raise Forbidden("This method is only available while the e-mail is awaiting confirmation")
    await accounts.resend_confirmation(call.db, call.me)
    return {}


@endpoint("GET", "/api/v1/emails/check_confirmation", user=True, returns=bool)
async def check_confirmation(call: Call) -> bool:
    """Whether the caller's address is confirmed."""
    return (await accounts.login_of(call.db, call.me)).confirmed_at is not None
