"""Incidents are told to those who run the place: by mail and to a webhook, each beginning and each end once."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from parvis.base.clock import iso_ms
from parvis.base.errors import Problem
from parvis.base.settings import Settings
from parvis.domain.health import Incident
from parvis.domain.health.verdicts.verdict import shown, span
from parvis.infra.destinations import Refused
from parvis.infra.mail import Mailer
from parvis.infra.outbound import Errand, Outbound

log = structlog.get_logger(__name__)

_ERRAND = Errand(schemes=frozenset({"https", "http"}))


async def tell(settings: Settings, incident: Incident) -> bool:
    """Whether anybody was told, or nobody wants to be."""
    ways = []
    addresses = [one.strip() for one in (settings.alert_mail or settings.contact_email).split(",") if one.strip()]
    if addresses:
        ways.append(await _by_mail(settings, addresses, incident))
    if settings.alert_webhook:
        ways.append(await _by_webhook(settings, incident))
    return any(ways) or not ways


async def _by_mail(settings: Settings, addresses: list[str], incident: Incident) -> bool:
    """Whether anybody has the letter: one address that refuses it must not have the others told again and again."""
    mailer, sent = Mailer(settings), 0
    for address in addresses:
        try:
            await mailer.send(address, subject(settings, incident), text(settings, incident))
            sent += 1
        except (Problem, OSError) as problem:  # without a mail service letters are files, and a disk can be full
            log.warning("alarm.no_mail", incident=incident.name, problem=repr(problem))
    return sent > 0


async def _by_webhook(settings: Settings, incident: Incident) -> bool:
    """The address is the operator's, so that it may be a private one."""
    http = Outbound(msgspec.structs.replace(settings, allow_private_addresses=True))
    body = msgspec.json.encode(as_json(settings, incident))
    try:
        answer = await http.send(
            "POST", settings.alert_webhook, errand=_ERRAND, headers={"Content-Type": "application/json"}, body=body
        )
    except (Problem, Refused) as problem:
        log.warning("alarm.no_webhook", incident=incident.name, problem=repr(problem))
        return False
    finally:
        await http.close()
    return answer.status < 400


def subject(settings: Settings, incident: Incident) -> str:
    state = "over" if incident.closed_at else {"now": "NOW", "soon": "soon"}.get(incident.verdict.urgency, "note")
    return f"[{settings.name}] {state}: {str(incident.verdict.title)[:120]}".replace("\n", " ")


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
    lines += [f"More      {verdict.runbook}", f"Console   {settings.public_origin}/console", ""]
    return "\n".join(lines)


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
        "runbook": verdict.runbook,
        "user_seconds_lost_per_s": round(incident.blame, 2),
        "text": f"{subject(settings, incident)}\n{verdict.action} {verdict.command}",
    }
