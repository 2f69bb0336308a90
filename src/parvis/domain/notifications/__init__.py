"""Notifications: what a person should hear about, once, and only while they may see it.

Sight is decided again at every reading and before every push (case C5), so nothing needs to be withdrawn when a post
goes private or away. A receiver's policy is applied when a notification is added: what it filters waits in a request.
"""

from parvis.domain.notifications.calling import call, receiver
from parvis.domain.notifications.groups import (
    Group,
    Groups,
    dismiss_group,
    group,
    groups,
    members,
    unread_groups,
)
from parvis.domain.notifications.notify import notify
from parvis.domain.notifications.policy import Change, Policy, Treatment, Waiting, change_policy, policy_of
from parvis.domain.notifications.push import PUSH_JOB, Delivery, deliver
from parvis.domain.notifications.read import (
    Marker,
    clear,
    dismiss,
    mark,
    markers,
    of,
    one,
    restrictions_of,
    unread_count,
)
from parvis.domain.notifications.requests import Request, accept_requests, dismiss_requests, request, requests
from parvis.domain.notifications.rules import GROUPED
from parvis.domain.notifications.subscriptions import (
    ALERTS,
    PushPolicy,
    Subscription,
    Wish,
    change_subscription,
    subscribe,
    subscription,
    unsubscribe,
    unsubscribe_by_key,
)
from parvis.domain.notifications.types import KINDS, Kind, Notification

__all__ = [
    "ALERTS", "GROUPED", "KINDS", "PUSH_JOB", "Change", "Delivery", "Group", "Groups", "Kind", "Marker", "Notification",
    "Policy", "PushPolicy", "Request", "Subscription", "Treatment", "Waiting", "Wish", "accept_requests", "call",
    "change_policy", "change_subscription", "clear", "deliver", "dismiss", "dismiss_group", "dismiss_requests", "group",
    "groups", "mark", "markers", "members", "notify", "of", "one", "policy_of", "receiver", "request", "requests",
    "restrictions_of", "subscribe",
    "subscription", "unread_count", "unread_groups", "unsubscribe", "unsubscribe_by_key",
]  # fmt: skip
