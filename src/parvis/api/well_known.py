"""Documents at agreed addresses: OAuth metadata, WebFinger, host-meta, NodeInfo."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import msgspec
from litestar import Response

from parvis.api.entities.addresses import Addresses, addresses
from parvis.api.entities.instance import VERSION
from parvis.api.instance import CACHED, facts
from parvis.api.routing import Call, Reply, endpoint
from parvis.base.errors import BadRequest, NotFound
from parvis.domain import accounts
from parvis.domain.accounts.types import State
from parvis.infra.doors import LONG_SHARED_S, READING, SHARED_S

NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
AVATAR = "http://webfinger.net/rel/avatar"


class Finger(msgspec.Struct, frozen=True):
    resource: str = ""


@endpoint("GET", "/.well-known/oauth-authorization-server", urgency=READING, shared_s=LONG_SHARED_S, connects=False)
async def oauth_metadata(call: Call) -> Reply:
    """Where OAuth happens and what it offers (RFC 8414)."""
    origin = call.services.settings.public_origin
    document = {
        "issuer": f"{origin}/",
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "userinfo_endpoint": f"{origin}/oauth/userinfo",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "scopes_supported": list(accounts.scopes.KNOWN),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "service_documentation": f"{origin}/api/openapi.json",
    }
    return Reply(document, headers=CACHED)


@endpoint(
    "GET", "/.well-known/webfinger", urgency=READING, shared_s=SHARED_S, params=Finger,
    refusals=(410,), media_type="application/jrd+json",
)  # fmt: skip
async def webfinger(call: Call[Finger]) -> Response[bytes]:
    """Where the account of that name is (RFC 7033)."""
    to, domain = addresses(call.services), call.services.settings.domain
    person = await accounts.by_handle(call.db, _acct(call.params.resource, to, domain), domain=domain)
    if person.domain is not None:
        raise NotFound
    if person.state >= State.SUSPENDED:
        return _document({"error": "This account is suspended"}, "application/json", status=410)
    profile = to.profile(person.acct)
    return _document(
        {
            "subject": f"acct:{person.handle}@{domain}",
            "aliases": [profile],
            "links": [
                {"rel": PROFILE_PAGE, "type": "text/html", "href": profile},
                {"rel": AVATAR, "href": to.picture(person.avatar_key, "avatars")},
            ],
        },
        "application/jrd+json",
    )


def _acct(resource: str, to: Addresses, domain: str) -> str:
    """The local handle that a resource names. Raises: BadRequest for none at all, NotFound for another place's."""
    if not resource:
        raise BadRequest("The parameter resource is missing")
    if resource.startswith(("http://", "https://")):
        handle = resource.removeprefix(f"{to.origin}/@")
        if handle == resource or "/" in handle or not _is_address(resource):
            raise NotFound
        return handle
    acct = resource.removeprefix("acct:").removeprefix("@")
    if acct.partition("@")[2].casefold() != domain.casefold():
        raise NotFound
    return acct


def _is_address(text: str) -> bool:
    try:
        return not urlsplit(text).query
    except ValueError:
        return False


@endpoint(
    "GET", "/.well-known/host-meta", urgency=READING, shared_s=LONG_SHARED_S, connects=False,
    media_type="application/xrd+xml",
)  # fmt: skip
async def host_meta(call: Call) -> Response[bytes]:
    """Where WebFinger is, as XRD, or as JSON for those who prefer it (RFC 6415)."""
    if "json" in call.request.headers.get("accept", ""):
        return _host_meta_json(call)
    template = quoteattr(_template(call))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" template={template}/>\n'
        "</XRD>\n"
    )
    return Response(text.encode(), media_type="application/xrd+xml; charset=utf-8", headers=CACHED)


@endpoint("GET", "/.well-known/host-meta.json", urgency=READING, shared_s=LONG_SHARED_S, connects=False)
async def host_meta_json(call: Call) -> Response[bytes]:
    """Where WebFinger is, as JSON."""
    return _host_meta_json(call)


def _host_meta_json(call: Call) -> Response[bytes]:
    link = {"rel": "lrdd", "type": "application/jrd+json", "template": _template(call)}
    return _document({"links": [link]}, "application/json")


def _template(call: Call) -> str:
    return f"{call.services.settings.public_origin}/.well-known/webfinger?resource={{uri}}"


@endpoint("GET", "/.well-known/nodeinfo", urgency=READING, shared_s=LONG_SHARED_S, connects=False)
async def nodeinfo_links(call: Call) -> Reply:
    """Where NodeInfo is."""
    href = f"{call.services.settings.public_origin}/nodeinfo/2.0"
    return Reply({"links": [{"rel": NODEINFO, "href": href}]}, headers=CACHED)


@endpoint("GET", "/nodeinfo/2.0", urgency=READING, shared_s=LONG_SHARED_S, connects=False)
async def nodeinfo(call: Call) -> Reply:
    """What runs here and how many use it. No protocol is listed until this server federates."""
    totals, settings = (await facts(call)).totals, call.services.settings
    document: dict[str, Any] = {
        "version": "2.0",
        "software": {"name": "parvis", "version": VERSION.partition("+parvis.")[2]},
        "protocols": [],
        "services": {"inbound": [], "outbound": []},
        "usage": {
            "users": {"total": totals.accounts, "activeMonth": totals.active_month},
            "localPosts": totals.posts,
        },
        "openRegistrations": True,
        # megalodon, and so Whalebird, speaks with a server it does not know by the name of the one given as `upstream`.
        "metadata": {
            "nodeName": settings.name,
            "nodeDescription": settings.description,
            "upstream": {"name": "mastodon"},
        },
    }
    return Reply(document, headers=CACHED)


@endpoint("GET", "/.well-known/change-password", urgency=READING, connects=False, answers=(302,), media_type=None)
async def change_password(call: Call) -> Response[bytes]:
    """Password managers are sent to the page where a password is changed."""
    address = f"{call.services.settings.public_origin}/settings/account"
    return Response(b"", status_code=302, headers={"Location": address}, media_type="text/plain")


def _document(body: object, media_type: str, *, status: int = 200) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body), status_code=status, media_type=f"{media_type}; charset=utf-8", headers=CACHED
    )
