"""Whether a token is still somebody's: a condition for the statement that reads on their behalf.

A process may remember whose a token is, because that never changes. Whether it is still good does change, so the
statement that fetches the page proves it in passing, and no page is shown that was not proved.
"""

from __future__ import annotations


def proof(token: str, account: str) -> str:
    """A condition that holds while the token (an expression of its hash) is that account's, and it may act."""
    return f"""EXISTS (
        SELECT FROM oauth_token prf_t
          JOIN account prf_a ON prf_a.id = prf_t.account_id AND prf_a.state < 2 AND NOT prf_a.frozen
         WHERE prf_t.token_hash = {token}::bytea AND prf_t.account_id = {account}::bigint)"""
