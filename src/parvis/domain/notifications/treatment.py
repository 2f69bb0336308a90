"""What becomes of a notification: the one place that applies a receiver's policy, as texts of the statement that adds it.

It is SQL so that a thousand receivers cost one statement, and those without a policy of their own next to nothing.
"""

from __future__ import annotations

ACCEPT, FILTER, DROP = 0, 1, 2

# Whoever is told of anything else has asked for it, by an alert, a vote, a repost or a quote; no policy concerns that.
_FILTERABLE = "'{mention, repost, follow, follow_request, favourite, quote}'::text[]"
_FOLLOWED = "EXISTS (SELECT FROM follow tr_f WHERE tr_f.account_id = r.account_id AND tr_f.target_id = {sender})"


def treatment(*, kind: str, sender: str, now: str) -> str:
    """0 accept, 1 filter or 2 drop, for receiver r with policy y (perhaps none), sender s and post p (perhaps none).

    Without a policy of one's own, only what limited accounts do is filtered. A follower counts as such after three
    days and an account is new for thirty, so that neither can be made up on the spot. Moderators' words always arrive.
    """
    return f"""
        CASE WHEN {kind} <> ALL ({_FILTERABLE}) OR (y.account_id IS NULL AND s.state = 0) THEN {ACCEPT}
             WHEN EXISTS (SELECT FROM notification_permission tr_p
                           WHERE tr_p.account_id = r.account_id AND tr_p.from_id = {sender}) THEN {ACCEPT}
             WHEN {kind} = 'mention'
                  AND EXISTS (SELECT FROM login tr_l WHERE tr_l.account_id = {sender} AND tr_l.role > 0) THEN {ACCEPT}
             ELSE greatest(
                  CASE WHEN NOT {_FOLLOWED.format(sender=sender)} THEN greatest(
                       coalesce(y.not_following, 0),
                       CASE WHEN s.state = 1 THEN coalesce(y.limited_accounts, {FILTER}) END,
                       CASE WHEN s.created_at > {now} - interval '30 days' THEN y.new_accounts END,
                       CASE WHEN s.bot THEN y.bots END,
                       CASE WHEN y.private_mentions > 0 AND {kind} = 'mention' AND p.visibility = 3
                                 AND NOT {_asked_for(sender)} THEN y.private_mentions END) END,
                  CASE WHEN y.not_followers > 0
                            AND NOT EXISTS (SELECT FROM follow tr_w
                                             WHERE tr_w.account_id = {sender} AND tr_w.target_id = r.account_id
                                               AND tr_w.created_at <= {now} - interval '3 days')
                       THEN y.not_followers END,
                  {ACCEPT})
        END"""


def _asked_for(sender: str) -> str:
    """The receiver has spoken to the sender in this thread before."""
    return f"""EXISTS (SELECT FROM post tr_q
                        WHERE tr_q.thread_id = p.thread_id AND tr_q.id < p.id AND tr_q.account_id = r.account_id
                          AND {sender} = ANY (tr_q.mentioned_ids)
                          AND tr_q.deleted_at IS NULL AND tr_q.repost_of_id IS NULL)"""


def push_subscriptions(*, kind: str, sender: str) -> str:
    """The ids of the receiver's subscriptions that want to hear of a notification n."""
    return f"""ARRAY (
            SELECT ps.id
              FROM push_subscription ps
             WHERE ps.account_id = n.account_id
               AND {kind} = ANY (ps.alerts)
               AND CASE ps.policy
                   WHEN 'all' THEN true
                   WHEN 'followed' THEN EXISTS (SELECT FROM follow ps_f WHERE ps_f.account_id = n.account_id
                                                   AND ps_f.target_id = {sender})
                   WHEN 'follower' THEN EXISTS (SELECT FROM follow ps_f WHERE ps_f.account_id = {sender}
                                                   AND ps_f.target_id = n.account_id)
                   ELSE false END)"""
