"""Keys of this server, made once and kept in the database so that every process has the same."""

from __future__ import annotations

import hmac
import os

from parvis.infra.postgres import Connection


class Secrets:
    """Named random keys of 32 bytes, loaded at start."""

    def __init__(self, values: dict[str, bytes]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> bytes:
        return self._values[name]

    def keyed_hash(self, name: str, text: str) -> bytes:
        """HMAC-SHA256 of `text` under the named key."""
        return hmac.digest(self._values[name], text.encode(), "sha256")


NAMES = ("email", "form", "log", "passkey", "pseudonym", "push", "recovery", "seal", "ticket", "vapid", "work")


async def load(tx: Connection) -> Secrets:
    """Every named key exists; the first process makes it."""
    for name in NAMES:
        await tx.execute(
            "INSERT INTO server_secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            name,
            os.urandom(32),
        )
    rows = await tx.fetch("SELECT name, value FROM server_secret")
    return Secrets({row["name"]: row["value"] for row in rows})


async def keyed_hash(tx: Connection, name: str, text: str) -> bytes:
    """The same as `Secrets.keyed_hash`, for those who hold a transaction and no services."""
    value = await tx.fetchval("SELECT value FROM server_secret WHERE name = $1", name)
    secrets = await load(tx) if value is None else Secrets({name: value})
    return secrets.keyed_hash(name, text)
