"""The kit as Markdown: how the place is, how to take it over, how to bring it back, what it is made of.

What stands between ```sh and ``` is meant to be typed as it stands; a test does.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import minijinja
import msgspec

from parvis.domain.health.verdicts.verdict import size, span
from parvis.handover.facts import Kit
from parvis.handover.masking import MASK
from parvis.infra.templates import FOLDER

RECORDS = 10
OUTCOMES = {
    "healthy": "All is well.",
    "one cause": "Something is wrong.",
    "two causes": "Two things are wrong at once.",
    "unknown": "How it is cannot be told: the database does not answer.",
}
NOT_TAKEN_ALONG = {"PARVIS_HOME", "PARVIS_DATABASE_URL", "PARVIS_NATS_URL"}  # what comes back has engines of its own
TELLS = {"PARVIS_ALERT_MAIL", "PARVIS_ALERT_WEBHOOK", "PARVIS_CONTACT_EMAIL"}
OUTSIDE = {
    "PARVIS_SMTP_URL": "The mail service",
    "PARVIS_MEDIA_URL": "The bucket of the media",
    "PARVIS_BACKUP": "The bucket of the backups",
    "PARVIS_DATABASE_URL": "The database",
    "PARVIS_NATS_URL": "The broker",
    "PARVIS_TRANSLATION_URL": "The translation service",
}


def page(kit: Kit) -> str:
    """All of it."""
    environment = minijinja.Environment(
        loader=minijinja.load_from_path(FOLDER),
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
        filters={
            "plain": plain,
            "moment": moment,
            "size": size,
            "span": span,
            "quoted": shlex.quote,
            "count": lambda value: f"{value:,}",
            "short": lambda value: f"{value:,.6g}",
        },
    )
    records = (kit.held.records if kit.held else [])[:RECORDS]
    took = [msgspec.to_builtins(one, builtin_types=(datetime,)) for one in records]
    last = kit.last("backup", well=True)
    return environment.render_template(
        "handover/kit.md",
        kit=msgspec.to_builtins(kit, builtin_types=(datetime,)),
        machine=msgspec.to_builtins(kit.machine),
        program=msgspec.to_builtins(kit.machine.program),
        mask=MASK,
        outcome=OUTCOMES[kit.outcome],
        missing=list(missing(kit)),
        outside=list(outside(kit)),
        restorable=last is not None and bool(kit.backup),
        last=msgspec.to_builtins(last, builtin_types=(datetime,)),
        exports=list(exports(kit)),
        records=[one | {"took_s": (one["ended_at"] - one["began_at"]).total_seconds()} for one in took],
    )


def missing(kit: Kit) -> Iterable[str]:
    """What whoever takes over should see to first."""
    if kit.held is None:
        yield f"The database does not answer ({plain(kit.without)}): much of this file is empty. Write it again later."
    if not kit.running:
        yield f"No server runs in `{kit.home}`."
    yield from _missing_copies(kit)
    if kit.held is not None and not any(one.role == "owner" for one in kit.held.staff):
        yield "Nobody owns this place."
    if not TELLS & {one.variable for one in kit.settings}:
        yield "Nobody is told when something breaks: set `PARVIS_ALERT_MAIL`."
    if kit.unknown:
        yield f"These variables are set and mean nothing: {', '.join(f'`{name}`' for name in kit.unknown)}."


def _missing_copies(kit: Kit) -> Iterable[str]:
    backup, drill = kit.last("backup"), kit.last("drill")
    if backup is None:
        yield "**No backup is known: what happens to this machine happens to the place.** `parvis backup FOLDER --drill`"
    elif backup.problem:
        yield f"**The last backup failed:** {plain(backup.problem)}"
    if drill is None:
        yield "No backup was ever brought back on trial: `parvis backup --drill`"
    elif drill.problem:
        yield f"**The last restore drill failed:** {plain(drill.problem)}"
    if not any(one.variable == "PARVIS_BACKUP" for one in kit.settings):
        yield "`PARVIS_BACKUP` is not set: nothing tries the copies by itself."


def outside(kit: Kit) -> Iterable[str]:
    """What belongs to the place and does not lie on this machine."""
    host = urlsplit(kit.origin).hostname or kit.origin
    yield f"The name `{host}`: the account at its registrar, and whoever answers for its addresses"
    if kit.origin.startswith("https:"):
        yield "The certificate, which the proxy in front of this server shows"
    for one in kit.settings:
        if one.variable in OUTSIDE and (service := urlsplit(one.value).hostname):
            yield f"{OUTSIDE[one.variable]}: `{service}`"


def exports(kit: Kit) -> Iterable[str]:
    """Lines for a shell, after which commands are those of this place; what is secret has to be filled in."""
    program = kit.machine.program
    if program.commands:
        yield f"export PATH={shlex.quote(program.commands)}:$PATH"
    else:
        yield f'parvis() {{ {shlex.quote(program.python)} -m parvis "$@"; }}'
    yield f"export PARVIS_HOME={shlex.quote(kit.home)}"
    for one in kit.settings:
        if one.secret:
            yield f"# {one.variable} was {plain(one.value)}: see Secrets, and export it too"
        elif one.variable not in NOT_TAKEN_ALONG:
            yield f"export {one.variable}={shlex.quote(one.value)}"


def plain(text: str) -> str:
    """On one line, and nothing in it ends a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
