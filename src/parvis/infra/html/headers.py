"""Headers of every page: what it may load, who may frame it, what of its address others learn (case E7)."""

from __future__ import annotations

from urllib.parse import urlsplit

PRIVATE = "private, no-store"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; media-src 'self' blob:; worker-src 'self'; form-action {form_action}; frame-ancestors 'none'; "
    "base-uri 'none'"
)

_PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)


def page_headers(*, secure: bool, form_action: str = "") -> dict[str, str]:
    """The headers of a page. `form_action`: another place that its forms may lead to, as a CSP source."""
    sources = f"'self' {form_action}".strip()
    headers = {
        "Content-Security-Policy": _POLICY.format(form_action=sources),
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
        "X-Frame-Options": "DENY",
        "Vary": "Accept-Language, Cookie",
    }
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


def embed_headers() -> dict[str, str]:
    """What a page that others may frame has instead: it has no forms and knows nobody. An empty one is not sent."""
    policy = _POLICY.format(form_action="'none'").replace("frame-ancestors 'none'", "frame-ancestors *")
    return {"Content-Security-Policy": policy, "X-Frame-Options": "", "Cross-Origin-Opener-Policy": ""}


def file_headers() -> dict[str, str]:
    """The headers of what people uploaded: nothing in it runs, whatever it is taken for (case E6)."""
    return {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "public, max-age=31536000, immutable",
    }


def source_of(uri: str) -> str:
    """The CSP source that covers an address: its origin, or only its scheme where an origin cannot be written."""
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    plain = host.replace(".", "").replace("-", "").replace(":", "").replace("_", "")
    if parts.scheme in ("http", "https") and plain.isascii() and plain.isalnum():
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}:"
