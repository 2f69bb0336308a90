"""Problems of the domain as statuses and JSON. Every answer under /api is JSON with `error`, also 404 and 500."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from parvis.base import errors

log = structlog.get_logger(__name__)

STATUS: list[tuple[type[errors.Problem], int]] = [
    (errors.NotFound, 404),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.Conflict, 409),
    (errors.BadRequest, 400),
    (errors.TooLarge, 413),
    (errors.TooMany, 429),
    (errors.Unavailable, 503),
    (errors.Invalid, 422),
]


def status_of(problem: errors.Problem) -> int:
    """The HTTP status that says it."""
    return next((status for kind, status in STATUS if isinstance(problem, kind)), 422)


def problem_response(problem: errors.Problem) -> Response[bytes]:
    """`{"error": "…"}` with `details` by field where several are wrong."""
    body: dict[str, Any] = {"error": problem.message}
    details = getattr(problem, "details", None)
    if details:
        body["details"] = details
    headers: dict[str, str] = {}
    if isinstance(problem, errors.TooMany | errors.Unavailable):
        headers["Retry-After"] = str(problem.retry_after_s)
    if isinstance(problem, errors.Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="Parvis", error="invalid_token"'
    return _json(body, status_of(problem), headers)


def http_error_response(error: HTTPException) -> Response[bytes]:
    """The framework's own refusals (unknown route, wrong verb, broken body) in the same form."""
    words = {404: "Record not found", 405: "Method not allowed", 413: "This is too large"}
    status = error.status_code
    return _json({"error": words.get(status, "The request cannot be read")}, status, {})


def unexpected_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """500 without any detail; the log has it."""
    log.error("request.failed", path=request.url.path, method=request.method, exc_info=error)
    return _json({"error": "Something went wrong on our side"}, 500, {})


def _json(body: object, status: int, headers: dict[str, str]) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body), status_code=status, headers=headers, media_type="application/json; charset=utf-8"
    )
