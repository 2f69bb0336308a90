"""The cast: alice, bob, carol … each with an account, a token and a client that speaks with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, AppId, PostId
from parvis.domain import accounts, posts
from parvis.domain.accounts.types import NewAccount, Role
from parvis.domain.posts.types import Draft, Visibility
from parvis.infra.services import Services

EVERY_SCOPE = ("read", "write", "follow", "push", "profile")


@dataclass
class Person:
    """Somebody with an account; speaks to the JSON door with a token of every scope."""

    services: Services
    client: httpx.AsyncClient
    handle: str
    id: AccountId
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        # None, not {}: the latter would take away what the path asks for itself.
        return await self.client.get(path, params=parameters or None, headers=self.headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.client.post(path, json=body or {}, headers=self.headers | headers)

    async def delete(self, path: str, **parameters: Any) -> httpx.Response:
        return await self.client.delete(path, params=parameters or None, headers=self.headers)

    async def says(self, text: str, **draft: Any) -> PostId:
        """A post of theirs, through the domain."""
        async with self.services.db.transaction() as tx:
            return await posts.publish(
                tx,
                self.services.ids,
                accounts.Viewer(account_id=self.id, handle=self.handle),
                draft=Draft(text=text, **draft),
                limits=posts.Limits(),
                domain=self.services.settings.domain,
                now=utc_now(),
            )

    async def whispers(self, text: str, **draft: Any) -> PostId:
        """A post for those it mentions."""
        return await self.says(text, visibility=Visibility.MENTIONED, **draft)


async def new_person(
    services: Services,
    client: httpx.AsyncClient,
    handle: str,
    *,
    role: Role = Role.MEMBER,
    locked: bool = False,
    confirmed: bool = True,
    scopes: tuple[str, ...] = EVERY_SCOPE,
) -> Person:
    """An account that exists, with a token."""
    now = utc_now()
    async with services.db.transaction() as tx:
        account_id = await accounts.create(
            tx,
            services.ids,
            new=NewAccount(handle=handle, email=f"{handle}@mail.example", role=role, confirmed=confirmed),
            now=now,
        )
        if locked:
            await accounts.update_profile(tx, account_id, change=accounts.ProfileChange(locked=True), now=now)
    token = await token_of(services, account_id, scopes=scopes)
    return Person(services, client, handle, account_id, token)


async def token_of(services: Services, account_id: AccountId, *, scopes: tuple[str, ...] = EVERY_SCOPE) -> str:
    """A token of an app of its own, for that account."""
    now = utc_now()
    async with services.db.transaction() as tx:
        app, _ = await accounts.register_app(
            tx,
            services.ids,
            name="Rig",
            redirect_uris=["urn:ietf:wg:oauth:2.0:oob"],
            scopes_text=" ".join(scopes),
            now=now,
        )
        return await accounts.create_token(tx, services.ids, account_id, app_id=AppId(app.id), scopes=scopes, now=now)


def decoded(response: httpx.Response) -> Any:
    """The JSON of a good answer; a bad one fails with what it said."""
    assert response.status_code == 200, (response.status_code, response.text[:500])
    return json.loads(response.content)


def same(one: object, other: object) -> bool:
    """Whether two structs or values encode alike."""
    return msgspec.json.encode(one) == msgspec.json.encode(other)
