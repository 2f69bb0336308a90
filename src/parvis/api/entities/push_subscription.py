"""WebPushSubscription: ours as theirs. Every alert is there, also of what never happens here: clients insist on some."""

from __future__ import annotations

from typing import Literal

import msgspec

from parvis.api.entities.notification import TYPES
from parvis.domain.notifications import ALERTS, Subscription

ALERT_OF: dict[str, str] = {
    **{ours: theirs for ours, theirs in TYPES.items() if ours in ALERTS},
    "sign_up": "admin.sign_up",
    "report": "admin.report",
}


class Alerts(msgspec.Struct, frozen=True, kw_only=True):
    mention: bool = False
    quote: bool = False
    status: bool = False
    reblog: bool = False
    follow: bool = False
    follow_request: bool = False
    favourite: bool = False
    poll: bool = False
    update: bool = False
    quoted_update: bool = False
    admin_sign_up: bool = msgspec.field(default=False, name="admin.sign_up")
    admin_report: bool = msgspec.field(default=False, name="admin.report")


class WebPushSubscription(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    endpoint: str
    standard: bool
    server_key: str
    alerts: Alerts
    policy: Literal["all", "followed", "follower", "none"]


_FIELD_OF = {kind: alert.replace(".", "_") for kind, alert in ALERT_OF.items()}


def wanted_kinds(alerts: Alerts) -> list[str]:
    """Our kinds of the alerts that are on."""
    return [kind for kind, field in _FIELD_OF.items() if getattr(alerts, field)]


def present_subscription(one: Subscription, *, server_key: str) -> WebPushSubscription:
    """The subscription with the key that signs its messages."""
    return WebPushSubscription(
        id=one.id,
        endpoint=one.endpoint,
        standard=one.standard,
        server_key=server_key,
        alerts=Alerts(**{_FIELD_OF[kind]: True for kind in one.alerts}),
        policy=one.policy,
    )
