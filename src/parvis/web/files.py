"""Files: our own, what people uploaded, and the few addresses that browsers and apps ask for by themselves."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.response import Stream

from parvis.base.clock import utc_now
from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain import media as media_files
from parvis.domain.accounts.types import Role
from parvis.infra.catalogues import babel_locale, catalogue_of, later
from parvis.infra.compressing import encodings_for
from parvis.infra.doors import READING, Policy
from parvis.infra.html import brand
from parvis.infra.html.assets import asset, asset_path
from parvis.infra.html.headers import PRIVATE, file_headers
from parvis.infra.html.visit import accepted, session_cookie
from parvis.infra.postgres import Connection
from parvis.infra.services import Services
from parvis.infra.storage import StoredFile

_PUBLIC = {"policy": Policy("public", urgency=READING, bulkhead="files")}
_YEAR = "public, max-age=31536000, immutable"
_HOUR = "public, max-age=3600"
# What people sent, with all that is hidden in it; what moderators withhold.
_SERVED_TO_NOBODY = ("originals/", f"{media_files.ASIDE}/")
_SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})", re.ASCII)


def _send(request: Request[Any, Any, Any], name: str, caching: str) -> Response[bytes]:
    file = asset(name)
    packed = file.compressed if b"gzip" in encodings_for(request.scope["headers"]) else None
    headers = {"Cache-Control": caching, "ETag": f'"{file.version}{"" if packed is None else "-gzip"}"'}
    if file.compressed is not None:
        headers["Vary"] = "Accept-Encoding"
    if file.content_type.startswith("image/svg"):
        headers["Content-Security-Policy"] = _SVG_POLICY
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers)
    if packed is not None:
        headers["Content-Encoding"] = "gzip"
        return Response(packed, headers=headers, media_type=file.content_type)
    return Response(file.content, headers=headers, media_type=file.content_type)


def _path(request: Request[Any, Any, Any]) -> str:
    return str(request.path_params["path"]).lstrip("/")


@get("/static/{path:path}", opt=_PUBLIC, include_in_schema=False)
async def static(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One of our own files; its address carries its version, so it is kept for a year."""
    name = _path(request)
    caching = _YEAR if request.query_params.get("v") == asset(name).version else _HOUR
    return _send(request, name, caching)


@get("/media/{path:path}", opt=_PUBLIC, include_in_schema=False)
async def media(request: Request[Any, Any, Any]) -> Response[Any]:
    """What somebody uploaded, as we encoded it; nothing in it runs."""
    services: Services = request.app.state.services
    path = _path(request)
    if path.startswith(_SERVED_TO_NOBODY):
        raise NotFound
    wanted = byte_range(request.headers.get("range"))
    first, last = wanted or (0, None)
    file, own = await _opened(request, services, path, first, None if last is None else last + 1)
    if not own and request.headers.get("if-none-match") == _tag(file):
        await file.chunks.aclose()  # type: ignore[attr-defined]
        return Response(b"", status_code=304, headers=_media_headers(path, file, own=own))
    if wanted is None:
        headers = _media_headers(path, file, own=own) | {"Content-Length": str(file.size_bytes)}
        return Stream(file.chunks, headers=headers, media_type=file.content_type)
    stop = file.size_bytes if last is None else min(last + 1, file.size_bytes)
    if first >= file.size_bytes:
        await file.chunks.aclose()  # type: ignore[attr-defined]
        return Response(b"", status_code=416, headers={"Content-Range": f"bytes */{file.size_bytes}"})
    headers = _media_headers(path, file, own=own) | {"Content-Length": str(stop - first)}
    headers["Content-Range"] = f"bytes {first}-{stop - 1}/{file.size_bytes}"
    return Stream(file.chunks, status_code=206, headers=headers, media_type=file.content_type)


async def _opened(
    request: Request[Any, Any, Any], services: Services, path: str, first: int, stop: int | None
) -> tuple[StoredFile, bool]:
    """The file, and whether it is one that moderators withhold: those are for their owner and the staff alone.

    Raises: NotFound.
    """
    try:
        return await services.storage.open(path, first, stop), False
    except NotFound:
        token = request.cookies.get(session_cookie(services.settings))
        if not token:
            raise
    file = await services.storage.open(media_files.aside_key(path), first, stop)
    try:
        async with services.db.connection() as db:
            viewer = await accounts.viewer_of_session(db, token, now=utc_now())
            if viewer is None or viewer.account_id is None:
                raise NotFound
            is_staff = viewer.role >= Role.MODERATOR and not viewer.barred
            if not is_staff and not await _is_own(db, viewer.account_id, path):
                raise NotFound
    except BaseException:
        await file.chunks.aclose()  # type: ignore[attr-defined]
        raise
    return file, True


async def _is_own(db: Connection, viewer_id: AccountId, path: str) -> bool:
    """Whether it is a file of an upload of theirs, or of their portraits."""
    if await media_files.is_own_file(db, viewer_id, path):
        return True
    keys, _ = await accounts.portraits(db, viewer_id) or ([], False)
    return path.rpartition("/")[0] in {key.rpartition("/")[0] for key in keys}


def byte_range(header: str | None) -> tuple[int, int | None] | None:
    """The first and last byte of `bytes=5-9` or `bytes=5-`; None for everything else, which is answered whole."""
    match = _RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last = int(match[1]), int(match[2]) if match[2] else None
    return None if last is not None and last < first else (first, last)


def _tag(file: StoredFile) -> str:
    return f'"{file.size_bytes:x}-{int(file.modified_at.timestamp()):x}"'


def _media_headers(path: str, file: StoredFile, *, own: bool) -> dict[str, str]:
    if own:
        # No tag: "not modified" would tell a cache between us that what it had is for everybody again.
        return file_headers() | {"Accept-Ranges": "bytes", "Cache-Control": PRIVATE, "X-Accel-Expires": "0"}
    headers = file_headers() | {"Accept-Ranges": "bytes", "ETag": _tag(file)}
    headers["X-Accel-Expires"] = "60"  # a cache of ours asks again, so that it forgets what is gone (deploy/nginx.conf)
    if path.endswith("/master.m3u8"):  # sizes are added to it while they are made
        headers["Cache-Control"] = "public, max-age=5"
        headers["X-Accel-Expires"] = "5"
    return headers


@get(brand.COLOURS_PATH, opt=_PUBLIC, include_in_schema=False)
async def brand_colours(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The colours that the address says, or else those that the operator has chosen; 404 when these are ours."""
    services: Services = request.app.state.services
    colour = brand.colour_of(request.query_params.get("v", "")) or services.settings.accent
    address = brand.colours_path(colour)
    if not address:
        raise NotFound
    headers = {"Cache-Control": _YEAR if str(request.url).endswith(address) else _HOUR}
    return Response(brand.style(colour), headers=headers, media_type="text/css")


@get(brand.LOGO_PATH, opt=_PUBLIC, include_in_schema=False)
async def brand_logo(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The operator's sign; nothing in it runs. 404 when it is ours."""
    services: Services = request.app.state.services
    sign = brand.logo(services.settings.logo_file)
    if sign is None:
        raise NotFound
    caching = _YEAR if request.query_params.get("v") == sign.version else _HOUR
    headers = {"Cache-Control": caching, "Content-Security-Policy": _SVG_POLICY}
    return Response(sign.content, headers=headers, media_type=sign.content_type)


@get("/favicon.ico", opt=_PUBLIC, include_in_schema=False)
async def favicon(request: Request[Any, Any, Any]) -> Response[bytes]:
    return _send(request, "images/favicon.ico", "public, max-age=86400")


@get("/avatars/original/missing.png", opt=_PUBLIC, include_in_schema=False)
async def missing_avatar(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The neutral avatar, at the address that apps know it by."""
    return _send(request, "images/missing-avatar.png", "public, max-age=86400")


@get("/headers/original/missing.png", opt=_PUBLIC, include_in_schema=False)
async def missing_header(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The neutral header, at the address that apps know it by."""
    return _send(request, "images/missing-header.png", "public, max-age=86400")


@get(["/manifest.webmanifest", "/manifest", "/manifest.json"], opt=_PUBLIC, include_in_schema=False)
async def manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What makes the site installable."""
    services: Services = request.app.state.services
    locale = accepted(request)
    words = catalogue_of(locale)
    icons = [
        {"src": asset_path(f"images/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": use}
        for size in (192, 512)
        for use in ("any", "maskable")
    ]
    if sign := brand.logo(services.settings.logo_file):
        own = {"src": brand.logo_path(services.settings.logo_file), "sizes": "any", "type": sign.content_type}
        icons = [own | {"purpose": "any"}, *(one for one in icons if one["purpose"] == "maskable")]
    content = {
        "id": "/",
        "name": services.settings.name,
        "short_name": services.settings.name[:12],
        "description": services.settings.description,
        "start_url": "/home",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f1e7",
        "theme_color": brand.bars(services.settings.accent)[0],
        "icons": icons,
        "lang": locale,
        "dir": babel_locale(locale).text_direction,
        "categories": ["social"],
        "shortcuts": [
            {"name": words.text(name), "url": path, "icons": [icons[0]]}
            for name, path in (
                (later("Write"), "/compose"),
                (later("Notifications"), "/notifications"),
                (later("Search"), "/search"),
            )
        ],
        "share_target": {
            "action": "/share",
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    headers = {"Cache-Control": _HOUR, "Vary": "Accept-Language"}
    return Response(msgspec.json.encode(content), headers=headers, media_type="application/manifest+json")


@get("/robots.txt", opt=_PUBLIC, include_in_schema=False)
async def robots(request: Request[Any, Any, Any]) -> Response[str]:
    """Public pages are for everybody, machines too; forms and lists of one's own are not."""
    closed = (
        "/api/", "/oauth/", "/settings", "/compose", "/search", "/sign-in", "/sign-up", "/ticket", "/console",
        "/conversations", "/lists", "/filters", "/scheduled", "/notifications", "/followed-tags", "/push",
    )  # fmt: skip
    services: Services = request.app.state.services
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), ""]
    lines += [f"Sitemap: {services.settings.public_origin}/sitemap.xml", ""]
    return Response("\n".join(lines), headers={"Cache-Control": _HOUR}, media_type="text/plain")


HANDLERS = [static, media, brand_colours, brand_logo, favicon, missing_avatar, missing_header, manifest, robots]
