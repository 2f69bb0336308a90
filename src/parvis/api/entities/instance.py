"""Instance: what this place is, what it allows, where its parts are. All sizes fit 32 bits, as Tusky and Android ask."""

from __future__ import annotations

import msgspec

from parvis import __version__
from parvis.api.entities.account import Account
from parvis.api.entities.addresses import Addresses
from parvis.base.settings import Settings
from parvis.domain import accounts, media
from parvis.domain.moderation import HouseRule
from parvis.domain.posts.featured_tags import MOST_FEATURED
from parvis.domain.posts.pins import MOST_PINS
from parvis.domain.posts.rules import MOST_ATTACHMENTS
from parvis.infra.html.assets import asset_path
from parvis.infra.text import URL_LENGTH

# All that Mastodon's own numbers up to this one stand for is here: grouped notifications, filters that blur, featured
# hashtags and people, quotes, profiles by their own endpoints. Clients decide by it.
API_VERSION = 9

# Clients read features from the first numbers, and whose server it is from the word behind the plus (versions.md).
VERSION = f"4.5.0+parvis.{'.'.join(__version__.split('.')[:2])}"


class Rule(msgspec.Struct, frozen=True):
    id: str
    text: str
    hint: str
    translations: dict[str, dict[str, str]] = {}


class Urls(msgspec.Struct, frozen=True):
    streaming: str
    streaming_api: str
    about: str
    privacy_policy: None = None
    terms_of_service: None = None


class V1Urls(msgspec.Struct, frozen=True):
    streaming_api: str


class Vapid(msgspec.Struct, frozen=True):
    public_key: str


class AccountLimits(msgspec.Struct, frozen=True):
    max_display_name_length: int = accounts.rules.MOST_NAME_CHARACTERS
    max_note_length: int = accounts.rules.MOST_NOTE_CHARACTERS
    max_avatar_description_length: int = accounts.rules.MOST_DESCRIPTION_CHARACTERS
    max_header_description_length: int = accounts.rules.MOST_DESCRIPTION_CHARACTERS
    max_featured_tags: int = MOST_FEATURED
    max_pinned_statuses: int = MOST_PINS
    max_profile_fields: int = accounts.rules.MOST_FIELDS
    profile_field_name_limit: int = accounts.rules.MOST_FIELD_CHARACTERS
    profile_field_value_limit: int = accounts.rules.MOST_FIELD_CHARACTERS


class StatusLimits(msgspec.Struct, frozen=True):
    max_characters: int
    max_media_attachments: int = MOST_ATTACHMENTS
    characters_reserved_per_url: int = URL_LENGTH


class MediaLimits(msgspec.Struct, frozen=True):
    """Only pictures are accepted; the keys about video stand there because decoders want them."""

    image_size_limit: int
    image_matrix_limit: int
    video_size_limit: int
    supported_mime_types: tuple[str, ...] = media.ACCEPTED_TYPES + media.FILM_TYPES
    description_limit: int = media.DESCRIPTION_CHARACTERS
    video_frame_rate_limit: int = 120
    video_matrix_limit: int = 8_294_400


class PollLimits(msgspec.Struct, frozen=True):
    max_options: int = 4
    max_characters_per_option: int = 50
    min_expiration: int = 300
    max_expiration: int = 2_629_746


class Translation(msgspec.Struct, frozen=True):
    enabled: bool


class Feed(msgspec.Struct, frozen=True):
    local: str = "public"
    remote: str = "disabled"


class TimelinesAccess(msgspec.Struct, frozen=True):
    live_feeds: Feed = Feed()
    hashtag_feeds: Feed = Feed()
    trending_link_feeds: Feed = Feed()


class V1Configuration(msgspec.Struct, frozen=True, kw_only=True):
    accounts: AccountLimits = AccountLimits()
    statuses: StatusLimits
    media_attachments: MediaLimits
    polls: PollLimits = PollLimits()


class Configuration(V1Configuration, frozen=True, kw_only=True):
    urls: Urls
    vapid: Vapid
    translation: Translation
    timelines_access: TimelinesAccess = TimelinesAccess()
    limited_federation: bool = False


class Users(msgspec.Struct, frozen=True):
    active_month: int


class Usage(msgspec.Struct, frozen=True):
    users: Users


class Thumbnail(msgspec.Struct, frozen=True):
    url: str
    description: str = ""


class InstanceIcon(msgspec.Struct, frozen=True):
    src: str
    size: str


class Registrations(msgspec.Struct, frozen=True):
    enabled: bool = True
    approval_required: bool = False
    reason_required: bool = False
    message: str | None = None
    min_age: int | None = None
    url: str | None = None


class Contact(msgspec.Struct, frozen=True):
    email: str
    account: Account | None


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    domain: str
    title: str
    version: str = VERSION
    source_url: str
    description: str
    wrapstodon: str | None = None
    usage: Usage
    thumbnail: Thumbnail
    icon: list[InstanceIcon]
    languages: list[str]
    configuration: Configuration
    registrations: Registrations = Registrations()
    api_versions: dict[str, int] = msgspec.field(default_factory=lambda: {"mastodon": API_VERSION})
    contact: Contact
    rules: list[Rule]


class Stats(msgspec.Struct, frozen=True):
    user_count: int
    status_count: int
    domain_count: int


class V1Instance(msgspec.Struct, frozen=True, kw_only=True):
    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str = VERSION
    urls: V1Urls
    stats: Stats
    thumbnail: str | None
    languages: list[str]
    registrations: bool = True
    approval_required: bool = False
    invites_enabled: bool = False
    configuration: V1Configuration
    contact_account: Account | None
    rules: list[Rule]
    max_toot_chars: int
    max_media_attachments: int = MOST_ATTACHMENTS
    upload_limit: int


class ExtendedDescription(msgspec.Struct, frozen=True):
    updated_at: str
    content: str


class Language(msgspec.Struct, frozen=True):
    code: str
    name: str


def streaming_address(to: Addresses) -> str:
    """The same host, by WebSocket."""
    return "ws" + to.origin.removeprefix("http")


def languages_of(settings: Settings) -> list[str]:
    """The languages of the settings."""
    return [one.strip() for one in settings.languages.split(",") if one.strip()]


def _limits(settings: Settings) -> tuple[StatusLimits, MediaLimits]:
    most = (1 << 31) - 1
    size = min(settings.image_bytes, most)
    media_limits = MediaLimits(
        image_size_limit=size,
        image_matrix_limit=min(settings.image_pixels, most),
        video_size_limit=min(settings.video_bytes, most),
    )
    return StatusLimits(settings.post_characters), media_limits


def _picture(to: Addresses) -> str:
    return to.picture(None, "headers")


def present_instance(
    settings: Settings,
    to: Addresses,
    totals: accounts.Totals,
    contact: Account | None,
    rules: list[Rule],
    vapid_key: str,
) -> Instance:
    """This place, as clients since Mastodon 4.0 read it."""
    statuses, attachments = _limits(settings)
    streaming = streaming_address(to)
    return Instance(
        domain=settings.domain,
        title=settings.name,
        source_url=f"{to.origin}/about",
        description=settings.description,
        usage=Usage(Users(totals.active_month)),
        thumbnail=Thumbnail(_picture(to)),
        icon=[InstanceIcon(to.origin + asset_path(f"images/icon-{n}.png"), f"{n}x{n}") for n in (192, 512)],
        languages=languages_of(settings),
        configuration=Configuration(
            urls=Urls(streaming=streaming, streaming_api=streaming, about=f"{to.origin}/about"),
            vapid=Vapid(vapid_key),
            statuses=statuses,
            media_attachments=attachments,
            translation=Translation(bool(settings.translation_url)),
        ),
        contact=Contact(settings.contact_email, contact),
        rules=rules,
    )


def present_v1_instance(
    settings: Settings, to: Addresses, totals: accounts.Totals, contact: Account | None, rules: list[Rule]
) -> V1Instance:
    """This place, as older clients read it; with the keys that Tusky falls back to."""
    statuses, attachments = _limits(settings)
    return V1Instance(
        uri=settings.domain,
        title=settings.name,
        short_description=settings.description,
        description=settings.description,
        email=settings.contact_email,
        urls=V1Urls(streaming_address(to)),
        stats=Stats(totals.accounts, totals.posts, 0),
        thumbnail=_picture(to),
        languages=languages_of(settings),
        configuration=V1Configuration(statuses=statuses, media_attachments=attachments),
        contact_account=contact,
        max_toot_chars=settings.post_characters,
        upload_limit=attachments.image_size_limit,
        rules=rules,
    )


def present_rule(one: HouseRule) -> Rule:
    """A rule of the place; there are no translations of it."""
    return Rule(str(one.id), one.text, one.hint)
