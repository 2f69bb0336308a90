"""My standing: every limit on one's reach, with its reasons, and the way to appeal. Open to those whom nothing else is."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.domain import moderation
from parvis.domain.moderation import Restriction
from parvis.domain.moderation.words import MEANINGS, NAMES
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import REPORTS
from parvis.web.routing import Call, page

HERE = "/settings/standing"


class NewAppeal(msgspec.Struct, frozen=True):
    restriction_id: int
    text: str = ""


@page("GET", HERE, audience="session", barred=True)
async def show(call: Call[Any]) -> Answer:
    """What is in force first, then what was; each with rule, reason, evidence and who decided, by a name of nobody's."""
    found = await moderation.standing(call.db, call.me)
    open_appeals = [one.id for one in found if one.lifted_at is None and one.appeal and one.appeal.decided_at is None]
    judges = await moderation.judges(call.db, open_appeals)
    shown = [_shown(call, one) | {"nobody_could": judges.get(one.id) == []} for one in found]
    return Page(
        "web/settings/standing.html",
        {
            "section": "standing",
            "in_force": [one for one in shown if one["in_force"]],
            "past": [one for one in shown if not one["in_force"]],
            "failed_id": call.params.restriction_id if isinstance(call.params, NewAppeal) else None,
        },
    )


@page(
    "POST",
    "/settings/standing/{restriction_id:str}/appeal",
    audience="session",
    params=NewAppeal,
    again=show,
    waiting=True,
    barred=True,
    limit=REPORTS,
)
async def appeal(call: Call[NewAppeal]) -> Answer:
    """Somebody else than who decided will read it."""
    await moderation.appeal(call.db, call.me, call.params.restriction_id, text=call.params.text, now=call.now)
    return Redirect(HERE, notice="appealed")


def _shown(call: Call[Any], one: Restriction) -> dict[str, Any]:
    return {
        "about": one,
        "name": call.text(NAMES[one.kind]),
        "meaning": call.text(MEANINGS[one.kind]),
        "by": moderation.pseudonym(call.services.secrets, one.moderator_id),
        "in_force": one.lifted_at is None,
        "may_appeal": one.may_be_appealed(call.now),
    }
