"""Signed-in browsers: signing in and out, who is behind a cookie, the list of places one is signed in at."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import SessionEnded, TokenRevoked
from parvis.base.ids import AccountId, IdSource
from parvis.domain.accounts import guard, halves, rules
from parvis.domain.accounts.keys import digest, new_key
from parvis.domain.accounts.queries import apps, factors, logins
from parvis.domain.accounts.queries import sessions as session_queries
from parvis.domain.accounts.types import Session, SessionTicket, State, Viewer
from parvis.infra import events
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services


async def sign_in(
    services: Services,
    *,
    login: str,
    password: str,
    address: str = "",
    user_agent: str = "",
    device: str = "",
    replaces: str | None = None,
    now: datetime,
) -> SessionTicket:
    """A new session of whoever has that address or handle and that password.

    `device`: what the browser kept of an earlier sign-in; guessing is slowed for it apart from strangers (case A1).

    `replaces`: the cookie the browser came with; its session ends, so that nothing planted before survives (case A7).
    Unknown logins cost the same one hash and the same statement (case A2).
    Raises TooMany, before the password is looked at, where too many were wrong.
    Whoever is frozen or suspended comes in too: to read why, and to appeal; doors let them do nothing else.
    Raises: Invalid (`wrong_login`), the same for every reason; SecondFactorWanted with a half session when the account
    has a second factor.
    """
    handle = login.strip().removeprefix("@").casefold()
    email_hash = services.secrets.keyed_hash("email", rules.email_key(_as_email(login)))
    async with services.db.connection() as db:
        known = await logins.credentials(db, email_hash, handle)
    usable = known is not None and known["state"] < State.DELETED and len(password) <= rules.MOST_PASSWORD_CHARACTERS
    stored = known["password_hash"] if known is not None and usable else None
    one = guard.attempt(
        services,
        account_id=None if known is None else known["account_id"],
        login=handle,
        address=address,
        device=device,
    )
    guard.check(services, one)
    fits = await services.hasher.verify(stored, rules.encodable_password(password[: rules.MOST_PASSWORD_CHARACTERS]))
    if not fits or known is None:
        guard.failed(services, one)
        raise Invalid("login", "The address, handle or password is not right", "wrong_login")
    async with services.db.transaction() as tx:
        if replaces:
            await sign_out(tx, replaces)
        if not known["second_factor"]:
            return await open_session(
                tx, services.ids, known["account_id"], address=address, user_agent=user_agent, now=now
            )
        half = await halves.open_half(tx, known["account_id"], now=now)
    raise halves.SecondFactorWanted(half)


def _as_email(login: str) -> str:
    try:
        return rules.normalise_email(login)
    except Invalid:
        return login.strip()


async def open_session(
    tx: Connection, ids: IdSource, account_id: AccountId, *, address: str = "", user_agent: str = "", now: datetime
) -> SessionTicket:
    """A new session, for somebody who has just proved who they are: signed in, signed up, used a link."""
    token = new_key()
    ticket = SessionTicket(token, account_id, ids.next(), now + rules.SESSION_LIFETIME)
    barred = await session_queries.new_session(
        tx,
        digest(token),
        ticket.session_id,
        account_id,
        now=now,
        expires_at=ticket.expires_at,
        user_agent=_printable(user_agent)[:300],
        address=address[:64],
    )
    return msgspec.structs.replace(ticket, barred=barred)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


async def renew_session(tx: Connection, ids: IdSource, token: str, *, now: datetime) -> SessionTicket:
    """The same session under a new key, for the moment when somebody gains a privilege (case A7); the old one is dead.

    Raises: NotFound when there is no such session.
    """
    fresh, session_id = new_key(), ids.next()
    row = await session_queries.session_renamed(tx, digest(token), digest(fresh), session_id, now)
    if row is None:
        raise NotFound
    await events.record(tx, SessionEnded(row["old_id"], row["account_id"]))
    return SessionTicket(fresh, row["account_id"], session_id, row["expires_at"])


async def viewer_of_session(db: Connection, token: str, *, now: datetime) -> Viewer | None:
    """Who is behind the cookie. One query; once an hour a second one notes that the session is in use."""
    token_hash = digest(token)
    found = await session_queries.viewer_by_session(db, token_hash, now)
    if found is None:
        return None
    viewer, last_seen_at = found
    if now - last_seen_at > rules.SEEN_EVERY:
        await session_queries.session_seen(db, token_hash, now, now + rules.SESSION_LIFETIME)
    return viewer


async def sign_out(tx: Connection, token: str) -> None:
    """The session is over; a token that opens none is no error."""
    ended = await session_queries.session_ended_by_token(tx, digest(token))
    if ended is not None:
        await _note_end(tx, ended)


async def sessions_of(db: Connection, account_id: AccountId, *, now: datetime) -> list[Session]:
    """The places the account is signed in at, last used first."""
    return await session_queries.sessions_of(db, account_id, now)


async def end_session(tx: Connection, account_id: AccountId, session_id: int) -> None:
    """That session is over.

    Raises: NotFound when the account has no such session.
    """
    ended = await session_queries.session_ended(tx, account_id, session_id)
    if ended is None:
        raise NotFound
    await _note_end(tx, ended)


async def keep_push_token(tx: Connection, account_id: AccountId, session_id: int, token_id: int) -> None:
    """Messages to the browser of that session come by this token, and end with the session; none come by an earlier one."""
    await _drop_push_token(tx, account_id, await session_queries.push_token_kept(tx, session_id, token_id))


async def push_tokens(db: Connection, account_id: AccountId) -> list[int]:
    """Ids of the tokens by which messages come to browsers of the account."""
    return await session_queries.push_tokens(db, account_id)


async def _note_end(tx: Connection, ended: Row) -> None:
    await events.record(tx, SessionEnded(ended["id"], ended["account_id"]))
    await _drop_push_token(tx, ended["account_id"], ended["push_token_id"])


async def _drop_push_token(tx: Connection, account_id: AccountId, token_id: int | None) -> None:
    if token_id is not None and await apps.token_deleted(tx, token_id, account_id):
        await events.record(tx, TokenRevoked(token_id, account_id))


async def end_all(tx: Connection, account_id: AccountId, *, but: int | None = None) -> None:
    """Every session (but one) and every app's token of the account is gone; their open streams close on the news."""
    sessions = await session_queries.sessions_ended(tx, account_id, but)
    tokens = await apps.tokens_of_account_deleted(tx, account_id)
    await factors.half_sessions_ended(tx, account_id)
    await events.record(
        tx,
        *(SessionEnded(session_id, account_id) for session_id in sessions),
        *(TokenRevoked(token_id, account_id) for token_id in tokens),
    )
