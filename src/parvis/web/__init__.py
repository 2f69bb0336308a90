"""Pages for people: rendered here, usable without JavaScript, better with it (the HTML door).

A page asks the domain what to show, in as few queries as the API does, and hands it to a template; a form calls one
function of the domain and leads on. The glue is `infra.html.door`; `routing` says who may come in.
"""

from __future__ import annotations

from litestar.handlers.base import BaseRouteHandler


def route_handlers() -> list[BaseRouteHandler]:
    """Every page and file of this door."""
    from parvis.web import files, home_screens, installed, live, routes, sitemap

    return [*files.HANDLERS, installed.worker, home_screens.noted, sitemap.sitemap, live.live, *routes.handlers()]
