"""Every setting: its name, its default, what it does. docs/configuration.md lists the same, and a test compares them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import msgspec


class Settings(msgspec.Struct, frozen=True):
    """One field a setting; the environment variable is PARVIS_ and the field's name in capitals."""

    home: Path = Path("var")
    bind: str = "127.0.0.1"
    port: int = 8000
    origin: str = ""
    name: str = "Parvis"
    description: str = "An open square: everyone may stand here and speak."
    contact_email: str = ""
    languages: str = "en,fr"
    post_name: str = ""
    accent: str = ""
    logo_file: str = ""
    database_url: str = ""
    nats_url: str = ""
    media_url: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    mail_quota: int = 0
    confirm_email: bool = True
    rate_limits: bool = True
    limiter: bool = True
    page_cache_bytes: int = 32 * 1024 * 1024
    answer_cache_bytes: int = 32 * 1024 * 1024
    allow_private_addresses: bool = False
    trusted_proxies: str = ""
    web_workers: int = 2
    job_workers: int = 1
    database_pool: int = 8
    gate: str = "auto"
    free_sign_ups: int = 30
    appeal_days: int = 30
    post_characters: int = 1000
    translation_url: str = ""
    translation_key: str = ""
    privacy_file: str = ""
    terms_file: str = ""
    image_bytes: int = 16 * 1024 * 1024
    image_pixels: int = 33_177_600
    video_bytes: int = 1024 * 1024 * 1024
    video_seconds: int = 900
    audio_bytes: int = 200 * 1024 * 1024
    transcodings: int = 1
    transcodings_idle: bool = True
    alert_mail: str = ""
    alert_webhook: str = ""
    status_directory: str = ""
    status_url: str = ""
    backup: str = ""
    metrics_bind: str = ""
    traces_url: str = ""
    traces_percent: int = 5
    countries_file: str = ""
    log_level: str = "info"
    log_format: str = "auto"

    @property
    def public_origin(self) -> str:
        """Where people reach this server, without a trailing slash; every link is built from it, never from a request."""
        return (self.origin or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def status_page(self) -> str:
        """Where people find the status page; empty where there is none."""
        if self.status_url:
            return f"{self.status_url.rstrip('/')}/"
        return f"{self.public_origin}/status/" if self.status_directory else ""

    @property
    def domain(self) -> str:
        """The part of a handle behind the second @: host, and port when it is not the usual one."""
        return urlsplit(self.public_origin).netloc

    @property
    def secure(self) -> bool:
        """Whether people reach this server by TLS."""
        return self.public_origin.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """The Host headers this server answers to."""
        local = {f"127.0.0.1:{self.port}", f"localhost:{self.port}", f"[::1]:{self.port}"}
        return frozenset({self.domain} | local)


DESCRIPTIONS: dict[str, str] = {
    "home": "Folder of all data: database, media, mail, secrets, logs.",
    "bind": "Address the web port listens on.",
    "port": "Web port.",
    "origin": "Public address, for example https://parvis.example. Default: http://127.0.0.1 and the port.",
    "name": "Name of this place, shown to people and to apps.",
    "description": "One sentence about this place.",
    "contact_email": "Where people write to; shown on the about page and to apps.",
    "languages": "Main languages of this place, comma separated, shown to apps.",
    "post_name": "Another word for a post, such as `truth` or `note`; empty means the usual word.",
    "accent": "Colour of links and buttons, such as `#2a6f97`, made legible where it is not; empty: brick.",
    "logo_file": "A picture (SVG, PNG or WebP, at most 200 kB) instead of our sign; empty: ours.",
    "database_url": "An outside PostgreSQL (15 or later) instead of the built-in one.",
    "nats_url": "An outside NATS server instead of the built-in one.",
    "media_url": "Media store: a folder, file:///folder, or s3://bucket/prefix. Default: a folder in PARVIS_HOME.",
    "smtp_url": "Mail service, smtp://user:password@host:587 or smtps://…; without it mail is written to PARVIS_HOME/mail.",
    "mail_from": "Sender of mail. Default: no-reply at the domain.",
    "mail_quota": "Letters that the mail service takes within a day, to be told before they are used up; 0: not known.",
    "confirm_email": "Whether an address must be confirmed before posting. Off only in closed test networks.",
    "rate_limits": "Whether requests are limited. Off only in closed test networks.",
    "limiter": "Whether requests are refused, the least urgent first, when more come than can be served.",
    "page_cache_bytes": "Memory for public pages of each web process; 0: none are kept.",
    "answer_cache_bytes": "Memory for answers to members that each web process remembers; 0: none are kept.",
    "allow_private_addresses": "Whether outgoing requests may go to private addresses. On only in closed test networks.",
    "trusted_proxies": "Addresses of proxies whose X-Forwarded-For is believed, comma separated.",
    "web_workers": "Number of web processes.",
    "job_workers": "Number of job processes.",
    "database_pool": "Database connections of each process.",
    "gate": "How a new server lets people in: auto (as many as it can bear) or open; later `parvis gate` says.",
    "free_sign_ups": "Sign-ups from one network within about half an hour before each costs a proof of work; 0: never one.",
    "appeal_days": "For how many days a restriction can be appealed, and its evidence is kept.",
    "post_characters": "Longest post, in characters.",
    "translation_url": "A LibreTranslate-compatible service that translates posts; empty: none does.",
    "translation_key": "The key that the translation service wants, if it wants one.",
    "privacy_file": "A file with the privacy policy, plain text; told to apps.",
    "terms_file": "A file with the terms of service, plain text; they hold from the day it was last changed.",
    "image_bytes": "Largest picture file, in bytes.",
    "image_pixels": "Largest picture, width times height.",
    "video_bytes": "Largest video file, in bytes; at most 1 GiB.",
    "video_seconds": "Longest video or sound, in seconds.",
    "audio_bytes": "Largest sound file, in bytes.",
    "transcodings": "Videos worked on at once in the whole cluster; each worker takes one at a time.",
    "transcodings_idle": "Whether encoders run only while nothing else wants the processor; where it never rests, turn it off.",
    "alert_mail": "Who hears of incidents by mail, comma separated. Default: PARVIS_CONTACT_EMAIL.",
    "alert_webhook": "An address that is told of incidents by POST, as JSON.",
    "status_directory": "Folder or s3://bucket/prefix of the status page, served also when Parvis is dead; empty: none.",
    "status_url": "Public address of the status page, where it is not /status/ of this place, as of a bucket.",
    "backup": "Where `parvis backup` keeps copies: every week the newest is brought back on trial; empty: no trial.",
    "metrics_bind": "Address and port of /metrics for Prometheus, such as 127.0.0.1:9464; empty: none.",
    "traces_url": "An OpenTelemetry collector (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces; empty: no traces.",
    "traces_percent": "Of how many requests and jobs in a hundred there is a trace; 100: of all.",
    "countries_file": "A file of countries by address (MaxMind DB, .mmdb) for insights; empty: countries are not counted.",
    "log_level": "debug, info, warning or error.",
    "log_format": "json, text, or auto: text on a terminal, json elsewhere.",
}

_TRUE = {"1", "on", "true", "yes"}
_FALSE = {"0", "off", "false", "no"}
COLOUR = re.compile(r"#[0-9a-f]{6}")  # as colours are written here


class BadSetting(ValueError):
    """A setting's value cannot be used; the message names the variable and what it may be."""


def variable_of(field: str) -> str:
    """`PARVIS_HOME` for `home`."""
    return f"PARVIS_{field.upper()}"


def from_environment(environment: dict[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises: BadSetting for a value that cannot be read, or a PARVIS_ variable that does not exist.
    """
    env = dict(os.environ if environment is None else environment)
    values: dict[str, object] = {}
    fields = {f.name: f for f in msgspec.structs.fields(Settings)}
    for name, field in fields.items():
        raw = env.get(variable_of(name))
        if raw is not None and raw != "":
            values[name] = _parse(variable_of(name), raw, field.type)
    settings = msgspec.structs.replace(Settings(), **values)
    if settings.accent:
        settings = msgspec.structs.replace(settings, accent=_colour(settings.accent))
    return msgspec.structs.replace(settings, home=settings.home.expanduser().absolute())


def _colour(raw: str) -> str:
    colour = raw.strip().lower()
    if not COLOUR.fullmatch(colour):
        raise BadSetting(f"{variable_of('accent')} must be a colour such as #2a6f97, not {raw!r}.")
    return colour


def unknown_variables(environment: dict[str, str] | None = None) -> list[str]:
    """PARVIS_ variables that no setting reads; most are typing errors."""
    known = {variable_of(f) for f in Settings.__struct_fields__}
    env = os.environ if environment is None else environment
    return sorted(k for k in env if k.startswith("PARVIS_") and k not in known)


def _parse(variable: str, raw: str, kind: object) -> object:
    if kind is bool:
        if raw.lower() in _TRUE:
            return True
        if raw.lower() in _FALSE:
            return False
        raise BadSetting(f"{variable} must be on or off, not {raw!r}.")
    if kind is int:
        try:
            number = int(raw)
        except ValueError:
            raise BadSetting(f"{variable} must be a whole number, not {raw!r}.") from None
        if number < 0:
            raise BadSetting(f"{variable} must not be negative.")
        return number
    if kind is Path:
        return Path(raw)
    return raw
