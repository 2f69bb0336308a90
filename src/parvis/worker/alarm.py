"""Incidents are told to those who run the place, by mail and to a webhook: what is said, and how one attempt goes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import Enum
from typing import Any

import msgspec
import structlog

from parvis.base.clock import iso_ms
from parvis.base.errors import Invalid, Problem
from parvis.base.settings import BadSetting, Settings
from parvis.domain.health import Incident
from parvis.domain.health.verdicts.verdict import shown, span
from parvis.infra.destinations import Refused
from parvis.infra.mail import LetterRefused, Mailer, header_of
from parvis.infra.outbound import Errand, Outbound

log = structlog.get_logger(__name__)

_ERRAND = Errand(schemes=frozenset({"https", "http"}))
_LATER = frozenset({408, 425, 429})


class Outcome(Enum):
    """What became of an attempt. REFUSED: this is not wanted, others may be; AWAY: nothing can be told that way now."""

    TOLD = "told"
    REFUSED = "refused"
    AWAY = "away"


def addresses(settings: Settings) -> list[str]:
    """Who hears of incidents by mail."""
    return [one.strip() for one in (settings.alert_mail or settings.contact_email).split(",") if one.strip()]


async def by_mail(settings: Settings, incident: Incident) -> Outcome:
    """TOLD if anybody has the letter: one address that refuses it must not have the others told again and again."""
    try:
        mailer = Mailer(settings)
    except BadSetting as error:
        log.warning("alarm.no_mail", incident=incident.name, problem=repr(error))
        return Outcome.AWAY
    found = await asyncio.gather(*(_letter(mailer, settings, one, incident) for one in addresses(settings)))
    return _best(found)


async def _letter(mailer: Mailer, settings: Settings, address: str, incident: Incident) -> Outcome:
    try:
        await mailer.send(address, subject(settings, incident), text(settings, incident))
    except (Problem, OSError) as problem:  # without a mail service letters are files, and a disk can be full
        log.warning("alarm.no_mail", incident=incident.name, problem=repr(problem))
        return Outcome.REFUSED if isinstance(problem, Invalid | LetterRefused) else Outcome.AWAY
    return Outcome.TOLD


def _best(found: Sequence[Outcome]) -> Outcome:
    return next((one for one in (Outcome.TOLD, Outcome.AWAY) if one in found), Outcome.REFUSED)


async def by_webhook(settings: Settings, incident: Incident) -> Outcome:
    """The address is the operator's, so that it may be a private one."""
    http = Outbound(msgspec.structs.replace(settings, allow_private_addresses=True))
    body = msgspec.json.encode(as_json(settings, incident))
    try:
        answer = await http.send(
            "POST", settings.alert_webhook, errand=_ERRAND, headers={"Content-Type": "application/json"}, body=body
        )
    except (Problem, Refused) as problem:
        log.warning("alarm.no_webhook", incident=incident.name, problem=repr(problem))
        return Outcome.AWAY
    finally:
        await http.close()
    if answer.status < 400:
        return Outcome.TOLD
    log.warning("alarm.no_webhook", incident=incident.name, status=answer.status)
    return Outcome.AWAY if answer.status >= 500 or answer.status in _LATER else Outcome.REFUSED


def subject(settings: Settings, incident: Incident) -> str:
    state = "over" if incident.closed_at else {"now": "NOW", "soon": "soon"}.get(incident.verdict.urgency, "note")
    return header_of(f"[{settings.name}] {state}: {str(incident.verdict.title)[:120]}")


def text(settings: Settings, incident: Incident) -> str:
    """All that is known of it, in plain text."""
    verdict = incident.verdict
    lines = [str(verdict.title), "", f"Hurts     {verdict.hurt}", f"Since     {iso_ms(incident.opened_at)}"]
    if incident.closed_at is not None:
        lasted = (incident.closed_at - incident.opened_at).total_seconds()
        lines.append(f"Over      {iso_ms(incident.closed_at)}, after {span(lasted)}")
    lines += [f"Evidence  {one.label}: {shown(one)}" for one in verdict.evidence]
    if incident.closed_at is None:
        lines += [f"Do        {verdict.action}", f"          $ {verdict.command}" if verdict.command else ""]
        lines += [f"Gain      {verdict.gain}"]
    lines += [f"More      {runbook(settings, incident)}", f"Console   {settings.public_origin}/console", ""]
    return "\n".join(lines)


def runbook(settings: Settings, incident: Incident) -> str:
    """Where the console says how to see it, and what to do: who gets this need not have the source."""
    return f"{settings.public_origin}/console/runbooks/{incident.verdict.page}"


def as_json(settings: Settings, incident: Incident) -> dict[str, Any]:
    verdict = incident.verdict
    return {
        "place": settings.name,
        "origin": settings.public_origin,
        "state": "closed" if incident.closed_at else "open",
        "name": incident.name,
        "urgency": verdict.urgency,
        "opened_at": incident.opened_at,
        "closed_at": incident.closed_at,
        "title": str(verdict.title),
        "hurt": str(verdict.hurt),
        "evidence": {one.label: one.value for one in verdict.evidence},
        "action": str(verdict.action),
        "command": verdict.command,
        "runbook": runbook(settings, incident),
        "user_seconds_lost_per_s": round(incident.blame, 2),
        "text": f"{subject(settings, incident)}\n{verdict.action} {verdict.command}",
    }
