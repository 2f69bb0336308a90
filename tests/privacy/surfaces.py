"""Every surface that could show a post, and what it must and may show to whom.

A route that is not named here fails `test_every_route_is_classified`. Where it belongs:
READS: it takes one post (`:id`) and shows something of it. LISTINGS: it yields posts. ACTS: it does something to one post.
OTHER_READS: it yields no posts; it is fetched all the same and searched for traces. OTHER_WRITES: it takes no post.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.privacy.model import MENTIONED, QUIET, WITHHELD, Post, Viewer
from tests.privacy.stage import LINK, TAGS, Stage

JSON = "/api/v1"


# ── one post ──


@dataclass(frozen=True)
class Read:
    """`path` of the post; `signed`: not for strangers. Answered to those who see the post, if it also `fits`."""

    path: Callable[[Stage, Post, int], str]
    fits: Callable[[Viewer, Post], bool] = lambda viewer, post: True
    signed: bool = False
    worded: bool = False  # the answer contains the post's words


def _id(suffix: str = "", root: str = "/api/v1/statuses") -> Callable[[Stage, Post, int], str]:
    return lambda stage, post, at: f"{root}/{at}{suffix}"


def _page(suffix: str = "") -> Callable[[Stage, Post, int], str]:
    return lambda stage, post, at: f"/@{post.author}/{at}{suffix}"


def _own(viewer: Viewer, post: Post) -> bool:
    return viewer == post.author


def _own_words(viewer: Viewer, post: Post) -> bool:
    return viewer == post.author and post.original is None


def _for_everybody(viewer: Viewer, post: Post) -> bool:
    return post.visibility <= QUIET and post.original is None


READS: dict[str, Read] = {
    "GET /api/v1/statuses/:id": Read(_id(), worded=True),
    "GET /api/v1/statuses/:id/context": Read(_id("/context")),
    "GET /api/v1/statuses/:id/history": Read(_id("/history"), worded=True),
    "GET /api/v1/statuses/:id/source": Read(_id("/source"), _own, signed=True, worded=True),
    "GET /api/v1/statuses/:id/favourited_by": Read(_id("/favourited_by")),
    "GET /api/v1/statuses/:id/reblogged_by": Read(_id("/reblogged_by")),
    "GET /api/v1/statuses/:id/card": Read(_id("/card")),
    "GET /api/v1/statuses/:id/quotes": Read(_id("/quotes"), signed=True),
    "GET /api/v1/polls/:id": Read(_id(root="/api/v1/polls"), lambda viewer, post: post.with_poll),
    "GET /{at:str}/{post_id:str}": Read(_page(), worded=True),
    "GET /posts/{post_id:str}": Read(_id(root="/posts")),
    "GET /{at:str}/{post_id:str}/embed": Read(_page("/embed"), _for_everybody, worded=True),
    "GET /{at:str}/{post_id:str}/favourites": Read(_page("/favourites")),
    "GET /{at:str}/{post_id:str}/reposts": Read(_page("/reposts")),
    "GET /posts/{post_id:str}/delete": Read(_id("/delete", root="/posts"), _own, signed=True, worded=True),
    "GET /posts/{post_id:str}/edit": Read(_id("/edit", root="/posts"), _own_words, signed=True, worded=True),
    "GET /{at:str}/{post_id:str}/history": Read(_page("/history"), worded=True),
    "GET /{at:str}/{post_id:str}/quotes": Read(_page("/quotes"), signed=True),
    "GET /compose": Read(lambda stage, post, at: f"/compose?in_reply_to={at}", signed=True),
}


# ── acts upon a post ──

Act = Callable[[Stage, str, int], tuple[str, str, dict[str, Any]]]  # method, path, body


def _act(name: str, method: str = "POST", root: str = "/api/v1/statuses", **body: Any) -> Act:
    return lambda stage, viewer, at: (method, f"{root}/{at}{name}", body)


def _filtered(stage: Stage, viewer: str, at: int) -> tuple[str, str, dict[str, Any]]:
    return "POST", f"/api/v2/filters/{stage.filters[viewer]}/statuses", {"status_id": str(at)}


def _answer(stage: Stage, viewer: str, at: int) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/api/v1/statuses", {"status": "An answer", "in_reply_to_id": str(at)}


def _composed(stage: Stage, viewer: str, at: int) -> tuple[str, str, dict[str, Any]]:
    return "POST", "/compose", {"text": "An answer", "in_reply_to_id": str(at)}


ACTS: dict[str, Act] = {
    "POST /api/v1/statuses": _answer,
    "PUT /api/v1/statuses/:id/interaction_policy": _act("/interaction_policy", "PUT", quote_approval_policy="nobody"),
    "PATCH /api/v1/statuses/:id/interaction_policy": _act("/interaction_policy", "PATCH", quote_approval_policy="nobody"),
    "POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke": _act("/quotes/1/revoke"),
    "POST /api/v1/polls/:id/votes": _act("/votes", root="/api/v1/polls", choices=[0]),
    "POST /api/v2/filters/:filter_id/statuses": _filtered,
    "POST /api/v1/statuses/:id/translate": _act("/translate", lang="xx"),
    "DELETE /api/v1/statuses/:id": _act("", "DELETE"),
    "PUT /api/v1/statuses/:id": _act("", "PUT", status="Other words"),
    "PATCH /api/v1/statuses/:id": _act("", "PATCH", status="Other words"),
    **{
        f"POST /api/v1/statuses/:id/{name}": _act(f"/{name}")
        for name in (
            "bookmark", "favourite", "mute", "pin", "reblog", "unbookmark", "unfavourite", "unmute", "unpin", "unreblog",
        )
    },
    **{
        f"POST /posts/{{post_id:str}}/{name}": _act(f"/{name}", root="/posts")
        for name in (
            "favourite", "unfavourite", "bookmark", "unbookmark", "repost", "unrepost", "delete", "pin", "unpin", "mute",
            "unmute",
        )
    },
    "POST /posts/{post_id:str}/edit": _act("/edit", root="/posts", text="Other words"),
    "POST /posts/{post_id:str}/vote": _act("/vote", root="/posts", choices="0"),
    "POST /posts/{post_id:str}/quotes/{quoting_id:str}/revoke": _act("/quotes/1/revoke", root="/posts"),
    "POST /compose": _composed,
}  # fmt: skip


# ── lists of posts ──


@dataclass(frozen=True)
class Ask:
    """A list as one viewer asks for it: it shows at least `must` and at most `may`."""

    path: str
    must: set[int]
    may: set[int]
    nested: bool = False  # posts stand deeper inside


def exactly(path: str, ids: set[int]) -> Ask:
    return Ask(path, ids, ids)


Listing = Callable[[Stage, Viewer], Iterator[Ask]]


def _home(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    if viewer:
        yield exactly("/api/v1/timelines/home?limit=40", stage.model.home(viewer))
        yield exactly("/api/v1/timelines/home?limit=7", stage.model.home(viewer))


def _home_page(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    if viewer:
        yield exactly("/home", stage.model.home(viewer))


def _public(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    yield exactly("/api/v1/timelines/public?limit=40", stage.model.public(viewer))
    yield exactly("/api/v1/timelines/public?only_media=true", stage.model.public(viewer, with_picture=True))


def _public_page(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    yield exactly("/public", stage.model.public(viewer))


def _start(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    if viewer is None:
        yield exactly("/", stage.model.public(None))


def _tag(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    for tag in TAGS:
        yield exactly(f"/api/v1/timelines/tag/{tag}?limit=40", stage.model.tagged(viewer, tag))
    either = stage.model.tagged(viewer, TAGS[0]) | stage.model.tagged(viewer, TAGS[1])
    yield exactly(f"/api/v1/timelines/tag/{TAGS[0]}?any[]={TAGS[1]}", either)


def _tag_page(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    yield exactly(f"/tags/{TAGS[0]}", stage.model.tagged(viewer, TAGS[0]))


def _list(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    if viewer:
        yield exactly(f"/api/v1/timelines/list/{stage.lists[viewer]}?limit=40", stage.model.in_list(viewer))


def _trends(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    for path in ("/api/v1/trends/statuses?limit=40", "/explore"):
        yield Ask(path, set(), stage.model.seen(viewer))


def _link(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    yield Ask(
        f"/api/v1/timelines/link?url={LINK}&limit=40", set(), stage.model.public(viewer) | stage.model.seen(viewer)
    )


def _of_account(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    for author, person in stage.people.items():

        def of(query: str, stage: Stage = stage, at: int = person.id, author: str = author, **kinds: Any) -> Ask:
            return exactly(f"/api/v1/accounts/{at}/statuses?{query}", stage.model.profile(viewer, author, **kinds))

        yield of("limit=40")
        yield of("exclude_replies=true", replies=False)
        yield of("exclude_reblogs=true", reposts=False)
        yield of("exclude_direct=true", direct=False)
        yield of("only_media=true", pictures=True)
        yield of(f"tagged={TAGS[0]}", tag=TAGS[0])
        yield of("pinned=true", pinned=True)


def _profile(suffix: str, **kinds: Any) -> Listing:
    def asks(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
        for author in stage.people:
            yield exactly(f"/@{author}{suffix}", stage.model.profile(viewer, author, **kinds))

    return asks


def _profile_page(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    for author in stage.people:
        shown = stage.model.profile(viewer, author, replies=False)
        yield Ask(f"/@{author}", shown, shown | stage.model.profile(viewer, author, pinned=True))


def _tagged_page(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    for author in stage.people:
        yield exactly(f"/@{author}/tagged/{TAGS[0]}", stage.model.profile(viewer, author, tag=TAGS[0]))


def _list_page(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    if viewer:
        yield exactly(f"/lists/{stage.lists[viewer]}", stage.model.in_list(viewer))


def _bookmarks(path: str) -> Listing:
    def asks(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
        if viewer:
            yield exactly(path, stage.model.marked(viewer, stage.model.bookmarks))

    return asks


def _favourites(path: str) -> Listing:
    def asks(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
        if viewer:
            yield exactly(path, stage.model.marked(viewer, stage.model.favourites))

    return asks


def _several(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    ids = sorted(stage.model.posts)
    for start in range(0, len(ids), 20):
        part = ids[start : start + 20]
        query = "&".join(f"id[]={one}" for one in part)
        yield exactly(f"/api/v1/statuses?{query}", stage.model.seen(viewer).intersection(part))


def _notifications(path: str) -> Listing:
    def asks(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
        if viewer:
            yield Ask(path, stage.model.mentioned_surely(viewer), stage.model.seen(viewer), nested=True)

    return asks


def _conversations(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    if viewer:
        posts = stage.model.posts  # what is withheld its author still sees, here until the worker has heard of it
        talks = {MENTIONED, WITHHELD}
        seen = {one for one in stage.model.seen(viewer) if posts[one].visibility in talks}
        for path in ("/api/v1/conversations?limit=40", "/conversations"):
            yield Ask(path, stage.model.talks_surely(viewer), seen, nested=True)


def _requests(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
    if viewer:
        for path in ("/api/v1/notifications/requests", "/notifications/requests"):
            yield Ask(path, set(), stage.model.seen(viewer), nested=True)


def _search(path: str) -> Listing:
    def asks(stage: Stage, viewer: Viewer) -> Iterator[Ask]:
        words = [post.word for post in stage.model.posts.values() if post.word]
        for word in stage.random.sample(words, min(3, len(words))):
            yield Ask(f"{path}?q={word}", set(), _with(stage, viewer, word), nested=True)
        yield Ask(f"{path}?q=someone", set(), stage.model.seen(viewer), nested=True)
        yield Ask(f"{path}?q={TAGS[0]}", set(), stage.model.seen(viewer), nested=True)

    return asks


def _with(stage: Stage, viewer: Viewer, word: str) -> set[int]:
    return {one for one in stage.model.seen(viewer) if word in stage.model.posts[one].traces}


LISTINGS: dict[str, Listing] = {
    "GET /api/v1/statuses": _several,
    "GET /api/v1/timelines/home": _home,
    "GET /api/v1/timelines/public": _public,
    "GET /api/v1/timelines/tag/:hashtag": _tag,
    "GET /api/v1/timelines/list/:list_id": _list,
    "GET /api/v1/timelines/link": _link,
    "GET /api/v1/trends/statuses": _trends,
    "GET /api/v1/accounts/:id/statuses": _of_account,
    "GET /api/v1/bookmarks": _bookmarks("/api/v1/bookmarks?limit=40"),
    "GET /api/v1/favourites": _favourites("/api/v1/favourites?limit=40"),
    "GET /api/v1/notifications": _notifications("/api/v1/notifications?limit=80"),
    "GET /api/v2_alpha/notifications": _notifications("/api/v2_alpha/notifications?limit=80"),
    "GET /api/v2/notifications": _notifications("/api/v2/notifications?limit=80"),
    "GET /api/v1/notifications/requests": _requests,
    "GET /api/v1/conversations": _conversations,
    "GET /api/v1/search": _search("/api/v1/search"),
    "GET /api/v2/search": _search("/api/v2/search"),
    "GET /": _start,
    "GET /home": _home_page,
    "GET /public": _public_page,
    "GET /tags/{name:str}": _tag_page,
    "GET /{at:str}": _profile_page,
    "GET /{at:str}/tagged/{name:str}": _tagged_page,
    "GET /lists/{list_id:str}": _list_page,
    "GET /conversations": _conversations,
    "GET /notifications/requests": _requests,
    "GET /explore": _trends,
    "GET /{at:str}/replies": _profile("/replies"),
    "GET /{at:str}/media": _profile("/media", pictures=True, reposts=False),
    "GET /bookmarks": _bookmarks("/bookmarks"),
    "GET /favourites": _favourites("/favourites"),
    "GET /notifications": _notifications("/notifications"),
    "GET /search": _search("/search"),
}

# ── the rest ──

# They have ids of their own, of things that belong to one person: fetched with what the lists above yield.
OWNED_READS = frozenset(
    {
        "GET /api/v1/notifications/:id",
        "GET /api/v1/notifications/requests/:id",
        "GET /api/v2/notifications/:group_key",
        "GET /api/v2_alpha/notifications/:group_key",
        "GET /api/v2/notifications/:group_key/accounts",
    }
)
OWNED_ACTS = frozenset({"POST /api/v1/conversations/:id/read", "POST /api/v1/conversations/:id/unread"})

OTHER_READS = frozenset(
    f"GET {path}"
    for path in """
    /.well-known/change-password /.well-known/host-meta /.well-known/host-meta.json /.well-known/nodeinfo
    /.well-known/oauth-authorization-server /.well-known/webfinger /nodeinfo/2.0 /api/openapi.json
    /api/v1/accounts /api/v1/accounts/:id /api/v1/accounts/:id/endorsements /api/v1/accounts/:id/featured_tags
    /api/v1/accounts/:id/followers /api/v1/accounts/:id/following /api/v1/accounts/:id/identity_proofs
    /api/v1/accounts/:id/lists /api/v1/accounts/familiar_followers /api/v1/accounts/lookup
    /api/v1/accounts/relationships /api/v1/accounts/search /api/v1/accounts/verify_credentials /api/v1/announcements
    /api/v1/apps/verify_credentials /api/v1/blocks /api/v1/custom_emojis /api/v1/domain_blocks
    /api/v1/emails/check_confirmation /api/v1/endorsements /api/v1/featured_tags /api/v1/featured_tags/suggestions
    /api/v1/filters /api/v1/filters/:id /api/v1/follow_requests /api/v1/followed_tags /api/v1/instance
    /api/v1/instance/domain_blocks /api/v1/instance/extended_description /api/v1/instance/languages
    /api/v1/instance/peers /api/v1/instance/rules /api/v1/instance/translation_languages /api/v1/lists
    /api/v1/lists/:id /api/v1/lists/:id/accounts /api/v1/markers /api/v1/media/:id /api/v1/mutes
    /api/v1/notifications/policy /api/v1/notifications/requests/merged /api/v1/notifications/unread_count
    /api/v1/peers/search /api/v1/preferences /api/v1/profile /api/v1/push/subscription /api/v1/scheduled_statuses
    /api/v1/suggestions /api/v1/tags/:name /api/v1/trends /api/v1/trends/links /api/v1/directory
    /api/parvis/v1/trends /api/v1/trends/tags
    /api/v2/filters /api/v2/filters/:filter_id/keywords /api/v2/filters/:filter_id/statuses
    /api/v2/filters/:id /api/v2/filters/keywords/:id /api/v2/filters/statuses/:id /api/v2/instance
    /api/v2/notifications/policy /api/v2/notifications/unread_count /api/v2/suggestions
    /oauth/token/info /oauth/userinfo /health /health/live /health/ready
    /static/{path:path} /media/{path:path} /favicon.ico /avatars/original/missing.png /headers/original/missing.png
    /brand/colours.css /brand/logo
    /manifest.webmanifest /robots.txt /about /sign-up /sign-in /confirm /confirm/{token:str} /forgot /reset-password
    /reset/{token:str} /oauth/authorize /oauth/authorize/native /{at:str}/followers /{at:str}/following
    /{at:str}/mute /{at:str}/block /follow-requests /settings /settings/profile /settings/account
    /api/parvis/v1/admission/puzzle /api/parvis/v1/media/:id/captions /api/parvis/v1/uploads/:id
    /captions/{media_id:str} /compose/film /compose/media/{media_id:str} /compose/uploads/{upload_id:str}
    /settings/appearance /settings/access /setup/{token:str} /console/mail /suggest /compose/emoji /keys
    /settings/standing /console/people /console/people/{at:str} /console/posts /console/posts/{post_id:str}
    /console/reports /console/reports/{report_id:str} /console/appeals /console/restrictions/{restriction_id:str}/lift
    /api/parvis/v1/admission/log/consistency /api/parvis/v1/admission/log/head
    /api/parvis/v1/admission/log/inclusion /api/parvis/v1/admission/log/leaves /api/parvis/v1/admission/now
    /api/parvis/v1/admission/place /api/parvis/v1/admission/proof /ticket/{ticket:str}
    /settings/data /settings/data/export/{kind:str} /settings/data/archive/{archive_id:str} /settings/leave
    /prove /sign-in/code /settings/security /settings/security/app /settings/security/passkeys
    /api/oembed /api/v1/annual_reports
    /api/v1/annual_reports/:year /api/v1/annual_reports/:year/state /api/v1/domain_blocks/preview
    /api/v1/donation_campaigns /api/v1/instance/privacy_policy /api/v1/instance/terms_of_service
    /api/v1/instance/terms_of_service/:date /api/v1/scheduled_statuses/:id /api/v2_alpha/notifications/unread_count
    /invite/{code:str} /manifest /manifest.json /share /console /console/gate /console/invitations /settings/invitations
    /ticket/{ticket:str}/address
    /lists /lists/{list_id:str}/edit /{at:str}/lists /{at:str}/options /{at:str}/report /followed-tags /filters
    /filters/{filter_id:str} /mutes /blocks /blocked-servers /scheduled /explore/tags /explore/links /explore/people
    /announcements /settings/notifications /sw.js /offline /sitemap.xml /console/insights /console/insights.csv
    /console/insights.json /console/log /console/runbooks /console/runbooks/{name:str}
    /console/announcements /console/emoji /console/rules /console/staff /console/settings
    /ticket/{ticket:str}/follow /ticket/{ticket:str}/proof /ticket/{ticket:str}/withdraw
    """.split()
)

OTHER_WRITES = frozenset(
    """
    POST /api/v1/accounts
    POST /api/v1/accounts/:id/block
    POST /api/v1/accounts/:id/follow
    POST /api/v1/accounts/:id/mute
    POST /api/v1/accounts/:id/note
    POST /api/v1/accounts/:id/remove_from_followers
    POST /api/v1/accounts/:id/unblock
    POST /api/v1/accounts/:id/unfollow
    POST /api/v1/accounts/:id/unmute
    PATCH /api/v1/accounts/update_credentials
    PUT /api/v1/accounts/update_credentials
    POST /api/v1/apps
    DELETE /api/v1/conversations/:id
    POST /api/v1/emails/confirmations
    POST /api/v1/filters
    DELETE /api/v1/filters/:id
    PATCH /api/v1/filters/:id
    PUT /api/v1/filters/:id
    POST /api/v1/follow_requests/:id/authorize
    POST /api/v1/follow_requests/:id/reject
    POST /api/v1/lists
    DELETE /api/v1/lists/:id
    PATCH /api/v1/lists/:id
    PUT /api/v1/lists/:id
    DELETE /api/v1/lists/:id/accounts
    POST /api/v1/lists/:id/accounts
    POST /api/v1/markers
    POST /api/v1/media
    DELETE /api/v1/media/:id
    PUT /api/v1/media/:id
    PATCH /api/v1/media/:id
    POST /api/v1/notifications/:id/dismiss
    POST /api/v1/notifications/clear
    PATCH /api/v1/notifications/policy
    PUT /api/v1/notifications/policy
    POST /api/v1/notifications/requests/:id/accept
    POST /api/v1/notifications/requests/:id/dismiss
    POST /api/v1/notifications/requests/accept
    POST /api/v1/notifications/requests/dismiss
    PATCH /api/v1/profile
    PUT /api/v1/profile
    DELETE /api/v1/profile/avatar
    DELETE /api/v1/profile/header
    DELETE /api/v1/push/subscription
    PATCH /api/v1/push/subscription
    POST /api/v1/push/subscription
    PUT /api/v1/push/subscription
    POST /api/v1/tags/:name/follow
    DELETE /api/v1/suggestions/:id
    POST /api/v1/tags/:name/unfollow
    POST /api/v2/filters
    DELETE /api/v2/filters/:id
    PATCH /api/v2/filters/:id
    PUT /api/v2/filters/:id
    POST /api/v2/filters/:filter_id/keywords
    DELETE /api/v2/filters/keywords/:id
    PATCH /api/v2/filters/keywords/:id
    PUT /api/v2/filters/keywords/:id
    DELETE /api/v2/filters/statuses/:id
    POST /api/v2/media
    POST /api/v2/notifications/:group_key/dismiss
    POST /api/v2/notifications/clear
    PATCH /api/v2/notifications/policy
    PUT /api/v2/notifications/policy
    DELETE /api/web/push_subscriptions/:id
    POST /oauth/revoke
    POST /settings/data/import
    POST /settings/data/archive
    POST /settings/leave
    POST /console/people/{at:str}/restrict
    POST /console/people/{at:str}/confirm
    POST /console/people/{at:str}/reset
    POST /console/posts/{post_id:str}/restrict
    POST /console/reports/{report_id:str}/restrict
    POST /console/reports/{report_id:str}/dismiss
    POST /console/appeals/{restriction_id:str}/decide
    POST /console/restrictions/{restriction_id:str}/lift
    POST /settings/standing/{restriction_id:str}/appeal
    POST /oauth/token
    POST /oauth/userinfo
    POST /lists
    POST /lists/{list_id:str}/edit
    POST /lists/{list_id:str}/delete
    POST /lists/{list_id:str}/members
    POST /lists/{list_id:str}/drop
    POST /{at:str}/lists
    POST /{at:str}/options
    POST /{at:str}/report
    POST /followed-tags
    POST /tags/{name:str}/follow
    POST /tags/{name:str}/unfollow
    POST /tags/{name:str}/feature
    POST /tags/{name:str}/unfeature
    POST /filters
    POST /filters/{filter_id:str}
    POST /filters/{filter_id:str}/delete
    POST /blocked-servers
    POST /blocked-servers/{domain:str}/remove
    POST /conversations/{conversation_id:str}/open
    POST /conversations/{conversation_id:str}/unread
    POST /conversations/{conversation_id:str}/remove
    POST /scheduled/{scheduled_id:str}/move
    POST /scheduled/{scheduled_id:str}/cancel
    POST /explore/people/{account_id:str}/dismiss
    POST /announcements/{announcement_id:str}/dismiss
    POST /announcements/{announcement_id:str}/react
    POST /settings/notifications
    POST /push
    POST /push/end
    POST /notifications/requests/{request_id:str}/accept
    POST /notifications/requests/{request_id:str}/dismiss
    POST /compose/film
    POST /compose/media
    POST /compose/media/{media_id:str}/discard
    POST /sign-up
    POST /sign-in
    POST /sign-out
    POST /confirm
    POST /forgot
    POST /reset-password
    POST /notifications/clear
    POST /notifications/read
    POST /oauth/authorize
    POST /{at:str}/follow
    POST /{at:str}/unfollow
    POST /{at:str}/remove-follower
    POST /{at:str}/unmute
    POST /{at:str}/unblock
    POST /{at:str}/mute
    POST /{at:str}/block
    POST /follow-requests/{account_id:str}/accept
    POST /follow-requests/{account_id:str}/reject
    POST /settings/profile
    POST /settings/account/password
    POST /settings/account/writing
    POST /settings/account/confirmation
    POST /settings/appearance
    POST /settings/access/sessions/{session_id:str}/end
    POST /settings/access/apps/{token_id:str}/end
    POST /setup/{token:str}
    DELETE /api/parvis/v1/admission/place
    POST /api/parvis/v1/admission/receipts
    POST /ticket/{ticket:str}
    POST /prove
    POST /api/parvis/v1/uploads
    PATCH /api/parvis/v1/uploads/:id
    DELETE /api/parvis/v1/uploads/:id
    POST /compose/uploads
    PATCH /compose/uploads/{upload_id:str}
    DELETE /compose/uploads/{upload_id:str}
    PUT /api/parvis/v1/media/:id/captions/:language
    DELETE /api/parvis/v1/media/:id/captions/:language
    POST /captions/{media_id:str}
    POST /sign-in/code
    POST /sign-in/passkey
    POST /settings/security/app
    POST /settings/security/app/confirm
    POST /settings/security/app/remove
    POST /settings/security/codes
    POST /settings/security/passkeys
    POST /settings/security/passkeys/remove
    DELETE /api/v1/announcements/:id/reactions/:name
    DELETE /api/v1/domain_blocks
    DELETE /api/v1/featured_tags/:id
    DELETE /api/v1/scheduled_statuses/:id
    PATCH /api/v1/announcements/:id/reactions/:name
    PATCH /api/v1/scheduled_statuses/:id
    POST /api/v1/accounts/:id/endorse
    POST /api/v1/accounts/:id/pin
    POST /api/v1/accounts/:id/unendorse
    POST /api/v1/accounts/:id/unpin
    POST /api/v1/announcements/:id/dismiss
    POST /api/v1/annual_reports/:year/generate
    POST /api/v1/annual_reports/:year/read
    POST /api/v1/domain_blocks
    POST /api/v1/featured_tags
    POST /api/v1/notifications/dismiss
    POST /api/v1/reports
    POST /api/v1/tags/:name/feature
    POST /api/v1/tags/:name/unfeature
    POST /api/v2_alpha/notifications/:group_key/dismiss
    POST /console/announcements
    POST /console/announcements/change
    POST /console/announcements/delete
    POST /console/announcements/end
    POST /console/emoji
    POST /console/emoji/act
    POST /console/gate
    POST /console/jobs/retry
    POST /console/rules
    POST /console/rules/remove
    POST /console/settings
    POST /console/settings/back
    POST /console/settings/default
    POST /console/staff
    POST /installed
    POST /settings/invitations
    POST /ticket/{ticket:str}/address
    POST /ticket/{ticket:str}/back
    POST /ticket/{ticket:str}/follow
    POST /ticket/{ticket:str}/letter
    POST /ticket/{ticket:str}/password
    POST /ticket/{ticket:str}/push
    POST /ticket/{ticket:str}/push/end
    POST /ticket/{ticket:str}/unfollow
    POST /ticket/{ticket:str}/withdraw
    PUT /api/v1/announcements/:id/reactions/:name
    PUT /api/v1/scheduled_statuses/:id
    """.strip().split("\n    ")
)

CLASSES = (READS, ACTS, LISTINGS, OWNED_READS, OWNED_ACTS, OTHER_READS, OTHER_WRITES)
YIELDING = (READS, ACTS, LISTINGS, OWNED_READS, OWNED_ACTS)

# Raw ASGI: the pages' stream. And every name of a stream of the client API (see test_streams.py).
LIVE = frozenset({"/live"})
STREAMS = frozenset(
    {
        "user", "user:notification", "public", "public:media", "public:local", "public:local:media", "public:remote",
        "public:remote:media", "hashtag", "hashtag:local", "list", "direct",
    }
)  # fmt: skip
# Jobs that carry words out of the house: letters are about accounts; push asks for sight again when it sends (see
# test_moments.py). `end_push` only forgets a subscription.
SENDING_JOBS = frozenset(
    {
        "notifications.push",
        "consume.end_push",
        "accounts.send_confirmation",
        "accounts.send_reset",
        "moderation.send_statement",  # to whoever is restricted: rule and reason, nothing of the post
        "moderation.send_outcome",  # to whoever reported: what became of it
        "admission.send_call",  # that it is one's turn, and where the ticket is: no post has a part in it
        "admission.push_call",  # the same, to a browser
    }
)
