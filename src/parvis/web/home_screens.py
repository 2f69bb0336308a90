"""How many browsers have the place on their home screen: each says so once, and nothing else is known of it."""

from __future__ import annotations

from typing import Any

from litestar import Request, post

from parvis.base.errors import Forbidden
from parvis.domain import insights
from parvis.infra.doors import BROWSING, Policy
from parvis.infra.html.csrf import comes_from_here
from parvis.infra.rate_limits import INSTALLS
from parvis.infra.requests import client_address, network_of
from parvis.infra.services import Services


@post("/installed", opt={"policy": Policy("public", urgency=BROWSING)}, status_code=204, include_in_schema=False)
async def noted(request: Request[Any, Any, Any]) -> None:
    """One more browser has it there (for installed.js). `how`: `installed` just now, or `shown` from there."""
    services: Services = request.app.state.services
    if not comes_from_here(request.headers, services.settings.hosts):
        raise Forbidden("This did not come from one of our pages")
    services.limits.hit(INSTALLS, network_of(client_address(request.scope, services.settings)))
    how = (await request.form()).get("how")
    visits: insights.Visits = request.app.state.visits
    visits.happened("install", "shown" if how == "shown" else "installed")
