"""Pages for what no page of ours answered: unknown addresses, refusals of the framework, failures of the program."""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from parvis.base import errors
from parvis.base.clock import utc_now
from parvis.infra.catalogues import later
from parvis.infra.html import look
from parvis.infra.html.problems import problem_page as page_of_problem
from parvis.infra.html.visit import Page, Visit, accepted

log = structlog.get_logger(__name__)

_KINDS: dict[int, type[errors.Problem]] = {404: errors.NotFound, 405: errors.NotFound, 413: errors.TooLarge}


def problem_page(request: Request[Any, Any, Any], problem: errors.Problem) -> Response[Any]:
    """What the domain refused, for a visitor whom nobody has looked up."""
    visit = _stranger(request)
    return look.present(visit, page_of_problem(visit, problem))


def http_error_page(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refused. A verb that an address does not know counts as an address that is not there."""
    return problem_page(request, _KINDS.get(error.status_code, errors.BadRequest)())


def unexpected_page(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """500 without any detail; the log has it, under the number that the page shows."""
    number = request.headers.get("x-request-id", "")[:40] or f"{utc_now():%H%M%S%f}"
    log.error("request.failed", path=request.url.path, method=request.method, number=number, exc_info=error)
    visit = _stranger(request)
    page = Page(
        "shared/problem.html",
        {
            "heading": visit.text(later("Something broke on our side")),
            "text": visit.text(later("It was not your fault, and it was written down. Try again in a moment.")),
            "offer_sign_in": False,
            "barred": False,
            "is_ours": True,
            "request_id": number,
        },
        status=500,
    )
    return look.present(visit, page)


def _stranger(request: Request[Any, Any, Any]) -> Visit[Any, None]:
    return Visit(
        services=request.app.state.services,
        db=None,  # type: ignore[arg-type]  # a page about a problem reads nothing
        request=request,
        now=utc_now(),
        params=None,
        locale=accepted(request),
    )
