"""One message to one address of a push service: encrypted, signed, sent by the one way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from parvis.base.errors import Invalid
from parvis.base.settings import Settings
from parvis.infra import web_push
from parvis.infra.destinations import Destination, Refused, destination
from parvis.infra.outbound import Errand, Unreachable
from parvis.infra.services import Services

ERRAND = Errand(at_once_per_host=4)
_PASSING = (408, 429)


async def call(
    services: Services,
    endpoint: str,
    to: web_push.Receiver,
    text: bytes,
    *,
    standard: bool = True,
    headers: Mapping[str, str] | None = None,
    now: datetime,
) -> int | None:
    """The push service has the message: None. A number: it says for good that it knows no such receiver.

    Raises: Refused where this server does not go; Unavailable when another try may succeed.
    """
    settings = services.settings
    made = web_push.message(
        text,
        to,
        standard=standard,
        secrets=services.secrets,
        audience=address(endpoint, settings).origin,
        contact=f"mailto:{settings.contact_email}" if settings.contact_email else settings.public_origin,
        now=now,
    )
    answer = await services.http.send(
        "POST", endpoint, errand=ERRAND, headers=made.headers | dict(headers or {}), body=made.body
    )
    if 400 <= answer.status < 500 and answer.status not in _PASSING:
        return answer.status
    if answer.status >= 300:
        raise Unreachable(f"The push service answers {answer.status}")
    return None


def receiver(endpoint: str, p256dh: str, auth: str, *, settings: Settings) -> web_push.Receiver:
    """The keys of a subscription that can be called.

    Raises: Invalid for an address where this server does not go, or keys that are none.
    """
    try:
        address(endpoint, settings)
    except Refused:
        raise Invalid("endpoint", "Validation failed: Endpoint is not a valid address of a push service") from None
    try:
        return web_push.receiver(p256dh, auth)
    except web_push.BadKeys:
        raise Invalid("keys", "Validation failed: Keys are invalid") from None


def address(endpoint: str, settings: Settings) -> Destination:
    """Where that endpoint is. Raises: Refused where this server does not go."""
    private = settings.allow_private_addresses
    return destination(endpoint, schemes=ERRAND.schemes | {"http"} if private else ERRAND.schemes, private=private)
