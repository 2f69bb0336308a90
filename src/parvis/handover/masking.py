"""Settings as a stranger may read them: what opens something is left out, and it is said where it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec

from parvis.base.settings import DESCRIPTIONS, Settings, variable_of

MASK = "…"
_ADDRESSES = {"database_url", "smtp_url", "media_url", "translation_url", "backup", "traces_url"}
_OPAQUE = {"nats_url", "alert_webhook"}  # whose path or name is the secret itself
_KEYS = {"translation_key"}
_HARMLESS = {"host", "starttls", "sslmode", "port"}  # of the parts of a query
_PASSWORD = re.compile(r"(://[^/\s:@]*):[^@\s/]+@")
_NAMED = re.compile(r"(?i)((?:key|secret|token|password|passwd)\w*\s*[=:]\s*)[^\s,;]+")
_BUCKET = {  # variables that others named; whether something opens by them
    "AWS_ENDPOINT_URL": False,
    "AWS_ENDPOINT": False,
    "AWS_REGION": False,
    "AWS_ACCESS_KEY_ID": True,
    "AWS_SECRET_ACCESS_KEY": True,
    "AWS_SESSION_TOKEN": True,
}


class Setting(msgspec.Struct, frozen=True):
    """One setting that was made. `value` is as it may be shown; `secret`: something of it is not."""

    variable: str
    value: str
    about: str
    secret: bool


class Secret(msgspec.Struct, frozen=True):
    """Something that opens something: what, where it is kept, how it is changed."""

    what: str
    kept: str
    changed: str


def settings_made(environment: Mapping[str, str]) -> list[Setting]:
    """The settings that the environment makes, in the order in which they are documented."""
    found: list[Setting] = []
    for name in Settings.__struct_fields__:
        raw = environment.get(variable_of(name), "")
        if raw:
            value = masked(name, raw)
            found.append(Setting(variable_of(name), value, DESCRIPTIONS[name], value != raw))
    for variable, secret in _BUCKET.items():
        if raw := environment.get(variable, ""):
            value = MASK if secret else _address(raw) if "://" in raw else raw
            found.append(Setting(variable, value, "Where the bucket is, and who may use it.", value != raw))
    return found


def masked(name: str, raw: str) -> str:
    """The value of the setting of that name, without what opens something."""
    if name in _KEYS:
        return MASK
    if name in _OPAQUE and raw:
        parts = urlsplit(raw)
        hidden = f"{MASK}@" if parts.username else ""
        tail = f"/{MASK}" if parts.path.strip("/") or parts.query else ""
        return f"{parts.scheme}://{hidden}{_netloc(parts.hostname, parts.port)}{tail}"
    if name in _ADDRESSES and "://" in raw:
        return _address(raw)
    return raw


def _address(raw: str) -> str:
    parts = urlsplit(raw)
    who = parts.username or ""
    if parts.password is not None:
        who += f":{MASK}"
    shown = f"{parts.scheme}://{who}{'@' if who else ''}{_netloc(parts.hostname, parts.port)}{parts.path}"
    asked = [f"{key}={value if key in _HARMLESS else MASK}" for key, value in parse_qsl(parts.query, True)]
    return shown + (f"?{'&'.join(asked)}" if asked else "")


def _netloc(host: str | None, port: int | None) -> str:
    return (host or "") + (f":{port}" if port else "")


def scrubbed(text: str) -> str:
    """The text without passwords in addresses and without what follows a word such as `token=`."""
    return _NAMED.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1:{MASK}@", text))


def secrets_of(made: list[Setting], home: str, service: str) -> list[Secret]:
    """Where everything that opens something is kept; nothing of what it is."""
    where = f"the environment of {service}" if service else "the environment in which `parvis serve` was started"
    found = [
        Secret(
            "The passwords of the engines (PostgreSQL, NATS)",
            f"{home}/secrets, files that only the service may read; copies are in `secrets/` of each backup",
            "delete `database-parvis` or `nats` while the server is stopped, and the next start makes another; "
            "`database-postgres` by `ALTER ROLE postgres PASSWORD` and the same in the file, and a new copy at once: "
            "older ones come back only with the file of before",
        ),
        Secret(
            "The keys of this place (sealed columns, tickets, the signature of the public log, web push)",
            "the table `server_secret` of the database, and so in each backup",
            "not at all: tickets, codes and devices that rely on them would be void",
        ),
    ]
    found += [
        Secret(f"{one.variable} ({one.about.rstrip('.')})", where, "at the service it belongs to, then there")
        for one in made
        if one.secret
    ]
    return found
