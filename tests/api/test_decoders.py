"""Apps are the judges: what the server answers on a full stage is decoded by each of them as strictly as it does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import msgspec
import pytest
from mastodon import return_types
from mastodon.types_base import try_cast_recurse
from toot import entities as toot

from parvis import api
from parvis.api.routing import ENDPOINTS
from tests.api.matrix import Stage
from tests.rig import decoders
from tests.rig.people import decoded

api.handlers()
ROUTES = {one.path: one for one in ENDPOINTS if one.method == "GET"}


async def recorded(stage: Stage) -> dict[str, bytes]:
    """What the owner is answered on every route that an app of `decoders` or of the libraries decodes."""
    owner = stage.people["owner"]
    decoded(await owner.post("/api/v1/markers", {"home": {"last_read_id": "1"}}))
    for act in ("favourite", "bookmark"):
        decoded(await owner.post(f"/api/v1/statuses/{stage.posts['open']}/{act}"))
    wanted = {path for app in decoders.APPS.values() for path in app} | set(TOOT) | set(MASTODON_PY)
    found = {}
    for path in sorted(wanted):
        plain, _, query = path.partition("?")
        answer = await stage.ask(ROUTES[plain], owner.headers | {"Accept": "application/json"}, query=query)
        assert answer.status_code == 200, (path, answer.text)
        found[path] = answer.content
    return found


FULL = (
    "/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/accounts/:id/statuses", "/api/v1/notifications",
    "/api/v2/notifications", "/api/v1/notifications/requests", "/api/v1/accounts/:id/followers", "/api/v1/follow_requests",
    "/api/v1/statuses/:id/quotes",
)  # fmt: skip


async def test_what_is_recorded_is_decoded_by_every_client(staged: Stage) -> None:
    answers, count = await recorded(staged), 0
    for path in FULL:
        assert json.loads(answers[path]), f"nothing to decode in {path}"
    for app, kinds in decoders.APPS.items():
        for path, kind in kinds.items():
            try:
                decoders.decode(answers[path], kind)
            except msgspec.ValidationError as problem:
                raise AssertionError(f"{app} drops {path}: {problem}") from None
            count += 1
    print(f"{count} answers, decoded by {', '.join(decoders.APPS)}")


async def test_strict_decoders_refuse_what_the_apps_would(staged: Stage) -> None:
    (post, *_) = json.loads((await recorded(staged))["/api/v1/timelines/home"])
    broken = {
        "Tusky": [{"media_attachments": None}, {"mentions": [{"id": "1"}]}, {"created_at": "2026-01-01T00:00:00Z"}],
        "Android": [{"visibility": "local"}, {"poll": {"id": "1", "options": [], "emojis": []}}, {"spoiler_text": None}],
        "iOS": [
            {"media_attachments": [{"id": "1", "type": "video", "meta": {"original": {"frame_rate": 25}}}]},
            {"uri": None}, {"favourites_count": "1"},
        ],
        "Ice Cubes": [{"visibility": "limited"}, {"sensitive": None}, {"account": post["account"] | {"avatar": ""}}],
    }  # fmt: skip
    for app, changes in broken.items():
        kind = decoders.APPS[app]["/api/v1/statuses/:id"]
        decoders.decode(json.dumps(post).encode(), kind)
        for change in changes:
            with pytest.raises(msgspec.ValidationError):
                decoders.decode(json.dumps(post | change).encode(), kind)


TOOT: dict[str, Any] = {
    "/api/v1/timelines/home": toot.Status,
    "/api/v1/notifications": toot.Notification,
    "/api/v1/accounts/:id": toot.Account,
    "/api/v1/accounts/relationships": toot.Relationship,
    "/api/v1/instance": toot.Instance,
    "/api/v1/lists": toot.List,
    "/api/v1/trends/tags": toot.Tag,
    "/api/v1/featured_tags": toot.FeaturedTag,
    "/api/v1/custom_emojis": toot.CustomEmoji,
}


async def test_toot_decodes_what_it_shows(staged: Stage) -> None:
    answers = await recorded(staged)
    for path, kind in TOOT.items():
        body = json.loads(answers[path])
        for one in body if isinstance(body, list) else [body]:
            made = toot.from_dict(kind, one)
            assert isinstance(getattr(made, "created_at", datetime.now()), datetime), path  # noqa: DTZ005


MASTODON_PY: dict[str, Any] = {
    "/api/v1/timelines/home": return_types.Status,
    "/api/v1/accounts/:id/statuses": return_types.Status,
    "/api/v1/notifications": return_types.Notification,
    "/api/v2/notifications": return_types.GroupedNotificationsResults,
    "/api/v1/notifications/requests": return_types.NotificationRequest,
    "/api/v2/notifications/policy": return_types.NotificationPolicy,
    "/api/v1/accounts/verify_credentials": return_types.Account,
    "/api/v1/accounts/relationships": return_types.Relationship,
    "/api/v1/conversations": return_types.Conversation,
    "/api/v1/scheduled_statuses": return_types.ScheduledStatus,
    "/api/v2/filters": return_types.FilterV2,
    "/api/v2/instance": return_types.InstanceV2,
    "/api/v1/instance": return_types.Instance,
    "/api/v1/push/subscription": return_types.WebPushSubscription,
    "/api/v1/preferences": return_types.Preferences,
    "/api/v1/announcements": return_types.Announcement,
    "/api/v2/search": return_types.SearchV2,
    "/api/v1/statuses/:id/context": return_types.Context,
    "/api/v1/polls/:id": return_types.Poll,
}


async def test_mastodon_py_has_every_answer_as_its_own_type(staged: Stage) -> None:
    answers = await recorded(staged)
    for path, kind in MASTODON_PY.items():
        body = json.loads(answers[path])
        for one in body if isinstance(body, list) else [body]:
            made = try_cast_recurse(kind, one)
            assert isinstance(made, kind), (path, one)
            for inner, of in (("account", return_types.Account), ("status", return_types.Status)):
                if isinstance(one.get(inner), dict):
                    assert isinstance(made[inner], of), (path, inner)
            if "created_at" in one:
                assert isinstance(made["created_at"], datetime), (path, one["created_at"])
