"""What a reader's pages of posts rely on, besides those who stand on them: whom they follow, and what runs out when."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from parvis.base.ids import AccountId
from parvis.infra.postgres import Connection


class Reliance(msgspec.Struct, frozen=True):
    """The keys of `change` that are about what a reader follows, and the moments at which time alone changes a page.

    Those of the last minute are among `ends`: one may have passed between a page's statement and this one.
    """

    keys: tuple[int, ...]
    ends: tuple[datetime, ...]


async def reliance_of(db: Connection, reader: AccountId) -> Reliance:
    """What the reader's home relies on."""
    row = await db.fetchrow(
        """
        SELECT array(SELECT target_id FROM follow WHERE account_id = $1
                      UNION ALL
                     SELECT tag_key(tag) FROM tag_follow WHERE account_id = $1) AS keys,
               array(SELECT floor(extract(epoch FROM expires_at) * 1000)::bigint
                       FROM (SELECT expires_at FROM mute WHERE account_id = $1
                              UNION ALL
                             SELECT expires_at FROM filter WHERE account_id = $1) AS one
                      WHERE expires_at > now() - interval '1 minute') AS ends
        """,
        reader,
    )
    assert row is not None
    # As numbers: the driver asks the database about arrays of moments first, on each connection.
    return Reliance(tuple(row["keys"]), tuple(datetime.fromtimestamp(one / 1000, UTC) for one in row["ends"]))
