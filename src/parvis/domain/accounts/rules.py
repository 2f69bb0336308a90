"""Decisions about accounts that need no I/O: handles, addresses, passwords, profiles, redirect addresses."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from urllib.parse import urlsplit

import regex

from parvis.base.errors import Invalid
from parvis.domain.accounts.types import Field
from parvis.infra import text as texts
from parvis.infra.catalogues import LOCALES

MOST_HANDLE_CHARACTERS = 30
LEAST_PASSWORD_CHARACTERS = 8
MOST_PASSWORD_CHARACTERS = 256
MOST_NAME_CHARACTERS = 40
MOST_NOTE_CHARACTERS = 500
MOST_DESCRIPTION_CHARACTERS = 150
MOST_FIELDS = 4
MOST_DOMAINS = 10
MOST_FIELD_CHARACTERS = 255
MOST_APP_NAME_CHARACTERS = 60
MOST_ADDRESS_CHARACTERS = 2000
MOST_REDIRECT_URIS = 20

SESSION_LIFETIME = timedelta(days=60)
SEEN_EVERY = timedelta(hours=1)
CODE_LIFETIME = timedelta(minutes=10)

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"

RESERVED = frozenset(
    """
    about abuse account accounts admin administrator administrators all anonymous api app apps auth avatars
    authorize_interaction bookmarks bot contact console dev everyone explore favourites feed feeds filters health help
    here home host hostmaster inbox info instance internal invite invites legal links lists local login logout mail
    mailer_daemon manifest me media mod moderation moderator moderators mods news noreply no_reply notifications null
    oauth official operator outbox owner parvis postmaster privacy public root rules search security service settings
    sign_in sign_out sign_up signin signout signup ssl staff static status statuses streaming support sysadmin system
    tags team terms timelines undefined user users webfinger webmaster well_known www
    """.split()
)

_HANDLE = regex.compile(r"[a-z0-9_]{1,30}")
_EMAIL = regex.compile(
    r"[^@\s\p{C}<>()\[\],;:\\\"]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.)*[\p{L}\p{N}-]{1,63}"
)
_DOMAIN = regex.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_LANGUAGE = regex.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_CONTROL = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}\s]")
_SCHEME = regex.compile(r"[a-z][a-z0-9+.-]{0,63}")
_FORBIDDEN_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"})
_CHALLENGE = regex.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = regex.compile(r"[A-Za-z0-9._~-]{43,128}")

THEMES = ("auto", "light", "dark")


def check_handle(handle: str, *, reserved: bool = True) -> str:
    """The handle as it is stored: ASCII letters, digits and underscores in lower case.

    Look-alikes fold to the same ASCII text or are refused, so nobody can be imitated by handle (case A10).
    `reserved` handles are refused unless an operator makes the account.
    """
    folded = unicodedata.normalize("NFKC", handle.strip()).casefold()
    if not folded:
        raise Invalid("username", "Username can't be blank", "blank")
    if len(folded) > MOST_HANDLE_CHARACTERS:
        raise Invalid("username", f"Username is too long (at most {MOST_HANDLE_CHARACTERS} characters)", "too_long")
    if _HANDLE.fullmatch(folded) is None:
        raise Invalid("username", "Username must only contain letters, numbers and underscores", "invalid")
    if reserved and folded in RESERVED:
        raise Invalid("username", "Username is reserved", "reserved")
    return folded


def normalise_email(email: str) -> str:
    """The address as it is stored and written to: trimmed, its domain in lower case."""
    trimmed = unicodedata.normalize("NFC", email.strip())
    if not trimmed:
        raise Invalid("email", "E-mail address can't be blank", "blank")
    if len(trimmed) > 254 or _EMAIL.fullmatch(trimmed) is None:
        raise Invalid("email", "E-mail address is not an address", "invalid")
    local, _, domain = trimmed.rpartition("@")
    return f"{local}@{domain.lower()}"


def email_key(email: str) -> str:
    """What makes two addresses the same person's: no mail service in use tells capitals apart."""
    return email.casefold()


def check_password(password: str) -> None:
    """The password may be used. Any character is welcome, length is what counts."""
    if not password:
        raise Invalid("password", "Password can't be blank", "blank")
    if len(password) < LEAST_PASSWORD_CHARACTERS:
        raise Invalid(
            "password", f"Password is too short (at least {LEAST_PASSWORD_CHARACTERS} characters)", "too_short"
        )
    if len(password) > MOST_PASSWORD_CHARACTERS:
        raise Invalid("password", f"Password is too long (at most {MOST_PASSWORD_CHARACTERS} characters)", "too_long")


def encodable_password(password: str) -> str:
    """The password as it is hashed: one form of each character, so that every keyboard gives the same bytes."""
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())


def check_locale(locale: str) -> str:
    """A language that pages and mail exist in; anything else becomes the first."""
    short = locale.strip().lower().replace("_", "-").partition("-")[0]
    return short if short in LOCALES else LOCALES[0]


def check_language(language: str | None) -> str | None:
    """A language code for posts, or none."""
    text = (language or "").strip()
    if not text:
        return None
    if _LANGUAGE.fullmatch(text) is None:
        raise Invalid("language", "Language is not a language code", "invalid")
    return text


def check_domain(domain: str) -> str:
    """The name of a server as it is stored: lower case, in its ASCII form, without scheme, path or final dot."""
    trimmed = domain.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/").removesuffix(".")
    try:
        ascii_form = ".".join(part.encode("idna").decode() for part in trimmed.partition(":")[0].split("."))
    except UnicodeError:
        ascii_form = ""
    if _DOMAIN.fullmatch(ascii_form) is None:
        raise Invalid("domain", "Validation failed: Domain is not a valid domain name", "invalid")
    return ascii_form


def check_domains(domains: list[str]) -> list[str]:
    """The names of servers, each once, at most ten."""
    kept = list(dict.fromkeys(check_domain(one) for one in domains if one.strip()))
    if len(kept) > MOST_DOMAINS:
        raise Invalid("attribution_domains", f"At most {MOST_DOMAINS} domains fit a profile", "too_many")
    return kept


def check_name(name: str) -> str:
    """A display name: one clean line."""
    return _bounded("display_name", "Display name", texts.clean_line(name), MOST_NAME_CHARACTERS)


def check_note(note: str) -> str:
    """A biography, cleaned."""
    return _bounded("note", "Biography", texts.clean(note), MOST_NOTE_CHARACTERS)


def check_description(field: str, description: str) -> str:
    """The alternative text of an avatar or header, cleaned."""
    return _bounded(field, "Description", texts.clean(description), MOST_DESCRIPTION_CHARACTERS)


def check_fields(fields: list[Field]) -> list[Field]:
    """The lines of a profile: cleaned, empty ones dropped, at most four."""
    cleaned = [Field(name=texts.clean_line(one.name), value=texts.clean_line(one.value)) for one in fields]
    kept = [one for one in cleaned if one.name or one.value]
    if len(kept) > MOST_FIELDS:
        raise Invalid("fields", f"At most {MOST_FIELDS} fields fit a profile", "too_many")
    for one in kept:
        if not one.name:
            raise Invalid("fields", "A field needs a label", "blank")
        _bounded("fields", "Label", one.name, MOST_FIELD_CHARACTERS)
        _bounded("fields", "Content", one.value, MOST_FIELD_CHARACTERS)
    return kept


def _bounded(field: str, label: str, text: str, most: int) -> str:
    if len(text) > most * 4 or texts.length(text) > most:
        raise Invalid(field, f"{label} is too long (at most {most} characters)", "too_long")
    return text


def check_app_name(name: str) -> str:
    """What a program calls itself: one clean line."""
    cleaned = texts.clean_line(name)
    if not cleaned:
        raise Invalid("name", "Application name can't be blank", "blank")
    return _bounded("name", "Application name", cleaned, MOST_APP_NAME_CHARACTERS)


def check_website(website: str | None) -> str | None:
    """The address of a program's page, or none."""
    text = (website or "").strip()
    if not text:
        return None
    parts = _split(text)
    if len(text) > MOST_ADDRESS_CHARACTERS or parts is None or parts[0] not in ("http", "https") or not parts[1]:
        raise Invalid("website", "Website must be a valid URL", "invalid")
    return text


def check_redirect_uri(uri: str) -> str:
    """An address that codes may be sent to; it is compared character by character later (case B1)."""
    if uri == OUT_OF_BAND:
        return uri
    parts = _split(uri)
    if len(uri) > MOST_ADDRESS_CHARACTERS or parts is None:
        raise Invalid("redirect_uri", "Redirect URI must be an absolute URI", "invalid")
    scheme, host = parts
    if scheme in _FORBIDDEN_SCHEMES:
        raise Invalid("redirect_uri", "Redirect URI must not use a scheme that runs or reads anything", "invalid")
    if scheme in ("http", "https") and not host:
        raise Invalid("redirect_uri", "Redirect URI must be an absolute URI", "invalid")
    if "#" in uri or "@" in uri.partition("://")[2].partition("/")[0]:
        raise Invalid("redirect_uri", "Redirect URI must contain neither a fragment nor a user name", "invalid")
    return uri


def _split(uri: str) -> tuple[str, str] | None:
    """Scheme (lower case) and host of an address without controls, spaces or backslashes; None for anything else."""
    if _CONTROL.search(uri) or "\\" in uri:
        return None
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return None
    return (parts.scheme, host) if _SCHEME.fullmatch(parts.scheme) else None


def is_challenge(challenge: str) -> bool:
    """Whether it can be an S256 challenge: 43 characters of base64url."""
    return _CHALLENGE.fullmatch(challenge) is not None
