"""What four apps insist on when they decode an answer: strict structs, one group an app.

Only what makes the app drop the answer stands here; whatever an app tolerates is left out. Unknown keys are passed over, as
the apps do.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Url = Annotated[str, Meta(pattern=r"^https?://[^\s/]+\S*$")]
Digits = Annotated[str, Meta(pattern=r"^\d{1,19}$")]
Fractions = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Int32 = Annotated[int, Meta(ge=0, lt=2**31)]
Four = Literal["public", "unlisted", "private", "direct"]


# ── Tusky ──


class TuskyEmoji(Struct):
    shortcode: str
    url: Url
    static_url: Url


class TuskyAccount(Struct):
    id: Digits
    username: str
    acct: str
    note: str
    url: Url
    avatar: Url
    header: Url
    created_at: Fractions
    emojis: list[TuskyEmoji]


class TuskyAttachment(Struct):
    id: Digits
    url: Url
    type: str


class TuskyMention(Struct):
    id: Digits
    url: Url
    username: str
    acct: str


class TuskyStatus(Struct):
    id: Digits
    account: TuskyAccount
    content: str
    created_at: Fractions
    emojis: list[TuskyEmoji]
    reblogs_count: int
    favourites_count: int
    replies_count: int
    sensitive: bool
    spoiler_text: str
    visibility: str
    media_attachments: list[TuskyAttachment]
    mentions: list[TuskyMention]
    reblog: TuskyStatus | None = None


class TuskyNotification(Struct):
    id: Digits
    type: str
    account: TuskyAccount
    status: TuskyStatus | None = None


class TuskyHistory(Struct):
    day: Digits
    accounts: Digits
    uses: Digits


class TuskyTag(Struct):
    name: str
    url: Url
    history: Annotated[list[TuskyHistory], Meta(min_length=1)]


class TuskySubscription(Struct):
    id: int
    endpoint: Url
    server_key: str


class TuskyRule(Struct):
    id: str
    text: str


class TuskyInstance(Struct):
    domain: str
    version: str
    rules: list[TuskyRule]


# ── the official app for Android ──


class AndroidEmoji(Struct):
    shortcode: str
    url: Url
    static_url: Url
    visible_in_picker: bool


class AndroidAccount(Struct):
    id: Digits
    username: str
    acct: str
    url: Url
    display_name: str
    note: str
    avatar: Url
    header: Url
    created_at: Fractions


class AndroidMention(Struct):
    id: Digits
    username: str
    acct: str
    url: Url


class AndroidCard(Struct):
    url: Url
    title: str
    description: str
    type: Literal["link", "photo", "video", "rich"]


class AndroidPoll(Struct):
    id: Digits
    own_votes: list[int]
    options: list[Any]
    emojis: list[AndroidEmoji]


class AndroidAttachment(Struct):
    id: Digits
    type: Literal["unknown", "image", "gifv", "video", "audio"]
    url: Url

    def __post_init__(self) -> None:
        assert self.type not in ("video", "gifv") or self.preview_url is not None

    preview_url: Url | None = None


class AndroidStatus(Struct):
    id: Digits
    uri: Url
    created_at: Fractions
    account: AndroidAccount
    visibility: Four
    spoiler_text: str
    media_attachments: list[AndroidAttachment]
    mentions: list[AndroidMention]
    tags: list[Any]
    emojis: list[AndroidEmoji]
    poll: AndroidPoll | None = None
    card: AndroidCard | None = None
    reblog: AndroidStatus | None = None


class AndroidNotification(Struct):
    id: Digits
    type: str
    account: AndroidAccount
    status: AndroidStatus | None = None


class AndroidGroup(Struct):
    group_key: str
    type: str
    most_recent_notification_id: int
    sample_account_ids: Annotated[list[Digits], Meta(min_length=1)]


class AndroidGroups(Struct):
    accounts: list[AndroidAccount]
    statuses: list[AndroidStatus]
    notification_groups: list[AndroidGroup]


class AndroidRegistrations(Struct):
    enabled: bool
    min_age: int | None = None


class AndroidInstance(Struct):
    title: str
    description: str
    version: str
    domain: str
    registrations: AndroidRegistrations


class AndroidAlerts(Struct):
    follow: bool
    favourite: bool
    reblog: bool
    mention: bool
    poll: bool
    status: bool


class AndroidSubscription(Struct):
    id: int
    endpoint: Url
    server_key: str
    alerts: AndroidAlerts


# ── the official app for iOS ──


class AppleAccount(Struct):
    id: Digits
    username: str
    acct: str
    url: Url
    display_name: str
    note: str
    avatar: Url
    header: Url
    locked: bool
    emojis: list[Any]
    created_at: Fractions
    statuses_count: int
    following_count: int
    followers_count: int


class AppleRelationship(Struct):
    id: Digits
    following: bool
    requested: bool
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    domain_blocking: bool
    showing_reblogs: bool
    notifying: bool
    endorsed: bool
    note: str


class AppleSize(Struct):
    width: int | None = None
    height: int | None = None
    size: str | None = None
    aspect: float | None = None
    frame_rate: str | None = None
    duration: float | None = None
    bitrate: int | None = None


class AppleMeta(Struct):
    original: AppleSize | None = None
    small: AppleSize | None = None
    length: str | None = None
    fps: int | None = None


class AppleAttachment(Struct):
    id: Digits
    type: str
    meta: AppleMeta | None = None


class AppleStatus(Struct):
    id: Digits
    uri: Url
    created_at: Fractions
    account: AppleAccount
    mentions: list[Any]
    tags: list[Any]
    emojis: list[Any]
    media_attachments: list[AppleAttachment]
    reblogs_count: int
    favourites_count: int
    reblog: AppleStatus | None = None


class AppleStatuses(Struct):
    max_characters: Int32
    max_media_attachments: Int32
    characters_reserved_per_url: Int32


class AppleMedia(Struct):
    supported_mime_types: list[str]
    image_size_limit: Int32
    image_matrix_limit: Int32
    video_size_limit: Int32
    video_frame_rate_limit: Int32
    video_matrix_limit: Int32


class ApplePolls(Struct):
    max_options: Int32
    max_characters_per_option: Int32
    min_expiration: Int32
    max_expiration: Int32


class AppleTranslation(Struct):
    enabled: bool


class AppleFeed(Struct):
    local: Literal["public", "authenticated", "disabled"]
    remote: Literal["public", "authenticated", "disabled"]


class AppleAccess(Struct):
    live_feeds: AppleFeed
    hashtag_feeds: AppleFeed


class AppleUrls(Struct):
    streaming_api: str


class AppleConfiguration(Struct):
    statuses: AppleStatuses
    media_attachments: AppleMedia
    polls: ApplePolls
    translation: AppleTranslation
    urls: AppleUrls
    timelines_access: AppleAccess


class AppleContact(Struct):
    email: str
    account: AppleAccount | None = None


class AppleRegistrations(Struct):
    enabled: bool


class AppleInstance(Struct):
    title: str
    description: str
    configuration: AppleConfiguration
    registrations: AppleRegistrations
    contact: AppleContact


class AppleStats(Struct):
    user_count: int
    status_count: int
    domain_count: int


class AppleOldInstance(Struct):
    uri: str
    title: str
    description: str
    email: str
    stats: AppleStats
    urls: AppleUrls


class ApplePartialAccount(Struct):
    id: Digits
    acct: str
    avatar_static: Url
    locked: bool
    bot: bool
    url: Url


class AppleGroups(Struct):
    accounts: list[AppleAccount]
    partial_accounts: list[ApplePartialAccount]
    statuses: list[AppleStatus]
    notification_groups: list[AndroidGroup]


# ── Ice Cubes ──


class CubesField(Struct):
    name: str
    value: str
    verified_at: str | None = None


class CubesEmoji(Struct):
    shortcode: str
    url: Url
    static_url: Url
    visible_in_picker: bool


class CubesAccount(Struct):
    id: Digits
    username: str
    acct: str
    avatar: Url
    header: Url
    note: str
    created_at: Fractions
    fields: list[CubesField]
    locked: bool
    emojis: list[CubesEmoji]
    bot: bool


class CubesSource(Struct):
    sensitive: bool
    note: str
    fields: list[CubesField]


class CubesMe(CubesAccount, kw_only=True):
    source: CubesSource


class CubesMention(Struct):
    id: Digits
    username: str
    url: Url
    acct: str


class CubesMatch(Struct):
    title: str
    id: Digits
    filter_action: Literal["warn", "hide"]


class CubesFiltered(Struct):
    filter: CubesMatch


class CubesStatus(Struct):
    id: Digits
    content: str
    account: CubesAccount
    created_at: Fractions
    media_attachments: list[Any]
    mentions: list[CubesMention]
    emojis: list[CubesEmoji]
    visibility: Four
    replies_count: int
    reblogs_count: int
    favourites_count: int
    spoiler_text: str
    sensitive: bool
    tags: list[Any]
    filtered: list[CubesFiltered] | None = None
    reblog: CubesStatus | None = None


class CubesGroup(Struct):
    group_key: str
    type: str
    notifications_count: int
    most_recent_notification_id: int
    latest_page_notification_at: Fractions
    page_min_id: Digits
    page_max_id: Digits
    sample_account_ids: list[Digits]


class CubesGroups(Struct):
    accounts: list[CubesAccount]
    statuses: list[CubesStatus]
    notification_groups: list[CubesGroup]


class CubesThumbnail(Struct):
    url: Url


class CubesContact(Struct):
    email: str


class CubesStatuses(Struct):
    max_characters: int
    max_media_attachments: int


class CubesConfiguration(Struct):
    statuses: CubesStatuses
    polls: ApplePolls


class CubesInstance(Struct):
    title: str
    domain: str
    version: Annotated[str, Meta(pattern=r"^4\.\d\.")]
    registrations: AppleRegistrations
    thumbnail: CubesThumbnail
    contact: CubesContact
    configuration: CubesConfiguration


class CubesApp(Struct):
    id: str
    name: str
    redirect_uri: str
    client_id: str
    client_secret: str
    website: Url | None = None


class CubesMarker(Struct):
    last_read_id: Digits
    version: int
    updated_at: Fractions


class CubesRequest(Struct):
    id: Digits
    notifications_count: Digits
    account: CubesAccount
    last_status: CubesStatus | None = None


# ── which app decodes which answer as what ──

STATUSES = (
    "/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/tag/:hashtag", "/api/v1/accounts/:id/statuses",
    "/api/v1/bookmarks", "/api/v1/favourites", "/api/v1/trends/statuses", "/api/v1/statuses/:id/quotes",
)  # fmt: skip
PEOPLE = (
    "/api/v1/accounts/:id/followers", "/api/v1/accounts/:id/following", "/api/v1/follow_requests", "/api/v1/blocks",
    "/api/v1/directory", "/api/v1/suggestions", "/api/v1/statuses/:id/favourited_by",
)  # fmt: skip


def _everywhere(status: Any, account: Any) -> dict[str, Any]:
    """What every app shows: posts and people."""
    return (
        dict.fromkeys(STATUSES, list[status])
        | dict.fromkeys(PEOPLE, list[account])
        | {"/api/v1/statuses/:id": status, "/api/v1/accounts/:id": account}
    )


APPS: dict[str, dict[str, Any]] = {
    "Tusky": _everywhere(TuskyStatus, TuskyAccount) | {
        "/api/v1/notifications": list[TuskyNotification],
        "/api/v1/trends/tags": list[TuskyTag],
        "/api/v1/push/subscription": TuskySubscription,
        "/api/v2/instance": TuskyInstance,
    },
    "Android": _everywhere(AndroidStatus, AndroidAccount) | {
        "/api/v1/notifications": list[AndroidNotification],
        "/api/v2/notifications": AndroidGroups,
        "/api/v2/instance": AndroidInstance,
        "/api/v1/push/subscription": AndroidSubscription,
        "/api/v1/custom_emojis": list[AndroidEmoji],
    },
    "iOS": _everywhere(AppleStatus, AppleAccount) | {
        "/api/v1/accounts/relationships": list[AppleRelationship],
        "/api/v2/instance": AppleInstance,
        "/api/v1/instance": AppleOldInstance,
        "/api/v2/notifications?expand_accounts=partial_avatars": AppleGroups,
    },
    "Ice Cubes": _everywhere(CubesStatus, CubesAccount) | {
        "/api/v1/accounts/verify_credentials": CubesMe,
        "/api/v2/notifications": CubesGroups,
        "/api/v2/instance": CubesInstance,
        "/api/v1/markers": dict[str, CubesMarker],
        "/api/v1/notifications/requests": list[CubesRequest],
    },
}  # fmt: skip


def decode(content: bytes, kind: Any) -> Any:
    """The answer as the app has it. Raises: msgspec.ValidationError where the app would drop it."""
    return msgspec.json.decode(content, type=kind, strict=True)
