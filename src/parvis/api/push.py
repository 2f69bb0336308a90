"""Web push: which app hears of what. A subscription belongs to the token it was made with."""

from __future__ import annotations

import msgspec

from parvis.api.authorising import bearer_token
from parvis.api.entities.push_subscription import Alerts, WebPushSubscription, present_subscription, wanted_kinds
from parvis.api.routing import Call, endpoint
from parvis.base.errors import BadRequest, Invalid
from parvis.domain import notifications
from parvis.domain.notifications import PushPolicy, Subscription, Wish
from parvis.infra import vapid
from parvis.infra.doors import WRITING

PATH = "/api/v1/push/subscription"
SCOPES = ("push",)
_POLICIES: dict[str, PushPolicy] = {"all": "all", "followed": "followed", "follower": "follower", "none": "none"}


class PushKeys(msgspec.Struct, frozen=True):
    p256dh: str = ""
    auth: str = ""


class PushEndpoint(msgspec.Struct, frozen=True):
    endpoint: str = ""
    keys: PushKeys = PushKeys()
    standard: bool = False


class PushData(msgspec.Struct, frozen=True):
    alerts: Alerts | None = None
    policy: str | None = None


class PushChange(msgspec.Struct, frozen=True):
    """Some apps put the policy beside the data, some inside."""

    data: PushData = PushData()
    policy: str | None = None

    @property
    def wanted_policy(self) -> PushPolicy | None:
        """Raises: Invalid for a policy that we do not know."""
        wanted = self.data.policy or self.policy
        if wanted is None:
            return None
        if wanted not in _POLICIES:
            raise Invalid("policy", "Validation failed: Policy is not included in the list")
        return _POLICIES[wanted]


class PushWish(PushChange, frozen=True):
    subscription: PushEndpoint | None = None


class OnePushKey(msgspec.Struct, frozen=True):
    id: str


@endpoint("POST", PATH, user=True, scopes=SCOPES, params=PushWish, returns=WebPushSubscription)
async def subscribe(call: Call[PushWish]) -> WebPushSubscription:
    """The app hears of what it asked for, by its push service."""
    wanted = call.params
    if wanted.subscription is None or not wanted.subscription.endpoint:
        raise BadRequest("param is missing or the value is empty: subscription")
    token = bearer_token(call.request)
    assert token is not None
    wish = Wish(
        endpoint=wanted.subscription.endpoint,
        p256dh=wanted.subscription.keys.p256dh,
        auth=wanted.subscription.keys.auth,
        standard=wanted.subscription.standard,
        alerts=wanted_kinds(wanted.data.alerts or Alerts()),
        policy=wanted.wanted_policy or "all",
        token=token,
    )
    services = call.services
    made = await notifications.subscribe(
        call.db,
        services.ids,
        call.me,
        token_id(call),
        wish=wish,
        settings=services.settings,
        secrets=services.secrets,
        now=call.now,
    )
    return presented(call, made)


@endpoint("GET", PATH, user=True, scopes=SCOPES, returns=WebPushSubscription)
async def subscription(call: Call) -> WebPushSubscription:
    """What the app hears of."""
    return presented(call, await notifications.subscription(call.db, call.me, token_id(call)))


async def change(call: Call[PushChange]) -> WebPushSubscription:
    """The app hears of something else."""
    alerts = call.params.data.alerts
    changed = await notifications.change_subscription(
        call.db,
        call.me,
        token_id(call),
        alerts=None if alerts is None else wanted_kinds(alerts),
        policy=call.params.wanted_policy,
    )
    return presented(call, changed)


for _verb in ("PUT", "PATCH"):
    endpoint(_verb, PATH, user=True, scopes=SCOPES, params=PushChange, returns=WebPushSubscription)(change)


@endpoint("DELETE", PATH, user=True, scopes=SCOPES)
async def unsubscribe(call: Call) -> None:
    """The app hears of nothing."""
    await notifications.unsubscribe(call.db, call.me, token_id(call))


@endpoint("DELETE", "/api/web/push_subscriptions/:id", urgency=WRITING, params=OnePushKey)
async def unsubscribe_by_key(call: Call[OnePushKey]) -> None:
    """A push service ends the subscription whose key it holds."""
    await notifications.unsubscribe_by_key(call.db, call.services.secrets, call.params.id)


def token_id(call: Call) -> int:
    """The token that speaks."""
    assert call.viewer is not None
    assert call.viewer.token_id is not None
    return call.viewer.token_id


def presented(call: Call, one: Subscription) -> WebPushSubscription:
    """The subscription as the app reads it."""
    return present_subscription(one, server_key=vapid.public_key(call.services.secrets))
