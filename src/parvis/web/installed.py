"""The app on the home screen: its service worker, its page for when there is no network, its messages."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from litestar import Request, Response, get

from parvis.base.errors import Invalid
from parvis.base.ids import AppId
from parvis.domain import accounts, notifications
from parvis.domain.notifications import ALERTS, Wish
from parvis.infra.catalogues import catalogue_of, later
from parvis.infra.doors import LONG_SHARED_S, READING, Policy
from parvis.infra.html import brand
from parvis.infra.html.assets import STYLE, asset, asset_path, has_asset
from parvis.infra.html.look import browser
from parvis.infra.html.visit import Answer, Page, Redirect, accepted
from parvis.infra.rate_limits import APPS
from parvis.infra.services import Services
from parvis.web.routing import Call, page

FILES = (
    STYLE,
    "js/early.js",
    "js/app.js",
    "js/installed.js",
    "vendor/htmx.min.js",
    "images/icons.svg",
    "images/logo.svg",
)
ICON = "images/icon-192.png"


class NewSubscription(msgspec.Struct, frozen=True):
    endpoint: str = ""
    p256dh: str = ""
    auth: str = ""


class OneToken(msgspec.Struct, frozen=True):
    token_id: int


@get("/sw.js", opt={"policy": Policy("public", urgency=READING, bulkhead="files")}, include_in_schema=False)
async def worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The service worker, with the addresses of what it keeps; another version whenever one of these changes."""
    services: Services = request.app.state.services
    words = catalogue_of(accepted(request))
    code = asset("js/sw.js").content
    files = [asset_path(name) for name in FILES if has_asset(name) or name == STYLE]
    colours = brand.colours_path(services.settings.accent)
    built = {
        "name": services.settings.name,
        "icon": asset_path(ICON),
        "assets": [*files, colours] if colours else files,
        "words": {"open": words.text(later("Open")), "later": words.text(later("Later"))},
    }
    version = hashlib.sha256(msgspec.json.encode(built) + code).hexdigest()[:12]
    content = b"const BUILT = " + msgspec.json.encode({**built, "version": version}) + b";\n" + code
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language", "Content-Security-Policy": "default-src 'self'"}
    return Response(content, headers=headers, media_type="text/javascript")


@page("GET", "/offline", urgency=READING, shared_s=LONG_SHARED_S)
async def offline(call: Call[None]) -> Answer:
    """What is shown in place of a page that was not kept, when there is no network."""
    return Page("web/offline.html")


@page("POST", "/push", audience="session", params=NewSubscription, limit=APPS)
async def subscribe(call: Call[NewSubscription]) -> Answer:
    """This browser gets messages, by a key of its own that stands among the apps in the settings (for installed.js)."""
    wanted, services = call.params, call.services
    if not wanted.endpoint:
        raise Invalid("endpoint", "Endpoint can't be blank", "blank")
    name = browser(call.request.headers.get("user-agent", ""))
    app, _ = await accounts.register_app(
        call.db,
        services.ids,
        name=f"{call.settings.name} · {name}"[:60],
        redirect_uris=["urn:ietf:wg:oauth:2.0:oob"],
        scopes_text="push",
        now=call.now,
    )
    token = await accounts.create_token(
        call.db, services.ids, call.me, app_id=AppId(app.id), scopes=("push",), now=call.now
    )
    speaker = await accounts.viewer_of_token(call.db, token, now=call.now)
    assert speaker is not None
    assert speaker.token_id is not None
    assert call.viewer is not None
    if call.viewer.session_id is not None:
        await accounts.keep_push_token(call.db, call.me, call.viewer.session_id, speaker.token_id)
    wish = Wish(
        endpoint=wanted.endpoint,
        p256dh=wanted.p256dh,
        auth=wanted.auth,
        standard=True,
        alerts=sorted(ALERTS),
        policy="all",
        token=token,
    )
    await notifications.subscribe(
        call.db,
        services.ids,
        call.me,
        speaker.token_id,
        wish=wish,
        settings=services.settings,
        secrets=services.secrets,
        now=call.now,
    )
    return Response(msgspec.json.encode({"token_id": str(speaker.token_id)}), media_type="application/json")


@page("POST", "/push/end", audience="session", params=OneToken, waiting=True)
async def unsubscribe(call: Call[OneToken]) -> Answer:
    """That browser gets no messages any more (for sw.js, before somebody signs out)."""
    await accounts.end_token(call.db, call.me, call.params.token_id)
    return Redirect("/settings/notifications")
