"""The SQL of web push subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId
from parvis.infra.postgres import Connection, Row

MOST_OF_ACCOUNT = 20

_COLUMNS = "id, endpoint, standard, alerts, policy"


async def subscribe(
    tx: Connection,
    account: AccountId,
    subscription_id: int,
    token_id: int,
    *,
    token: bytes,
    endpoint: str,
    point: bytes,
    auth: bytes,
    standard: bool,
    alerts: Sequence[str],
    policy: str,
    now: datetime,
) -> Row:
    """The token's subscription; one that it had before keeps its id. The account's oldest make room."""
    row = await tx.fetchrow(
        f"""
        WITH crowded AS (
            DELETE FROM push_subscription
             WHERE account_id = $1
               AND id IN (SELECT id FROM push_subscription
                           WHERE account_id = $1 AND token_id <> $3
                           ORDER BY id DESC OFFSET {MOST_OF_ACCOUNT - 1})
        )
        INSERT INTO push_subscription (account_id, id, token_id, token, endpoint, point, auth, standard, alerts, policy,
                                       created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (account_id, token_id)
            DO UPDATE SET token = excluded.token, endpoint = excluded.endpoint, point = excluded.point,
                          auth = excluded.auth, standard = excluded.standard, alerts = excluded.alerts,
                          policy = excluded.policy, created_at = excluded.created_at, failing_since = NULL
        RETURNING {_COLUMNS}
        """,
        account,
        subscription_id,
        token_id,
        token,
        endpoint,
        point,
        auth,
        standard,
        alerts,
        policy,
        now,
    )
    assert row is not None
    return row


async def of_token(db: Connection, account: AccountId, token_id: int) -> Row | None:
    return await db.fetchrow(
        f"SELECT {_COLUMNS} FROM push_subscription WHERE account_id = $1 AND token_id = $2", account, token_id
    )


async def changed(
    tx: Connection, account: AccountId, token_id: int, *, alerts: Sequence[str] | None, policy: str | None
) -> Row | None:
    """The token's subscription with these alerts and this policy, where they are given; None when it has none."""
    return await tx.fetchrow(
        f"""
        UPDATE push_subscription
           SET alerts = coalesce($3, alerts), policy = coalesce($4, policy)
         WHERE account_id = $1 AND token_id = $2
        RETURNING {_COLUMNS}
        """,
        account,
        token_id,
        alerts,
        policy,
    )


async def delete_of_token(tx: Connection, account: AccountId, token_id: int) -> None:
    await tx.execute("DELETE FROM push_subscription WHERE account_id = $1 AND token_id = $2", account, token_id)


async def delete(db: Connection, account: AccountId, subscription_id: int, *, endpoint: str | None = None) -> None:
    """It is gone, unless it has moved to another endpoint than the one given."""
    await db.execute(
        "DELETE FROM push_subscription WHERE account_id = $1 AND id = $2 AND ($3::text IS NULL OR endpoint = $3)",
        account,
        subscription_id,
        endpoint,
    )


async def live(db: Connection, account: AccountId, subscription_id: int) -> Row | None:
    """The subscription with its receiver's language, while the token it belongs to is good."""
    return await db.fetchrow(
        """
        SELECT s.token_id, s.token, s.endpoint, s.point, s.auth, s.standard, s.failing_since, l.locale
          FROM push_subscription s
          JOIN oauth_token t ON t.id = s.token_id AND t.account_id = s.account_id
          JOIN account a ON a.id = s.account_id AND a.state < 2 AND NOT a.frozen
          JOIN login l ON l.account_id = s.account_id
         WHERE s.account_id = $1
           AND s.id = $2
        """,
        account,
        subscription_id,
    )


async def failed(db: Connection, account: AccountId, subscription_id: int, now: datetime, given_up: datetime) -> None:
    """It is known since when messages do not arrive; when that is before `given_up`, the subscription is gone."""
    await db.execute(
        """
        WITH hopeless AS (
            DELETE FROM push_subscription
             WHERE account_id = $1 AND id = $2 AND failing_since < $4
            RETURNING id
        )
        UPDATE push_subscription
           SET failing_since = $3
         WHERE account_id = $1 AND id = $2 AND failing_since IS NULL
        """,
        account,
        subscription_id,
        now,
        given_up,
    )


async def arrived(db: Connection, account: AccountId, subscription_id: int) -> None:
    """Messages arrive again."""
    await db.execute(
        "UPDATE push_subscription SET failing_since = NULL WHERE account_id = $1 AND id = $2", account, subscription_id
    )
