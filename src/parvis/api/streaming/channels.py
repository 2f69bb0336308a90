"""The streams of the client API and what they mean here."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from parvis.api.authorising import holds
from parvis.base.errors import BadRequest, Forbidden, NotFound
from parvis.base.ids import MAX_ID
from parvis.domain.timelines import CONVERSATIONS, HOME, NOTIFICATIONS, Stream
from parvis.infra.text import fold_tag

LONGEST_TAG = 200
LONGEST_ID = 19


class Channel(msgspec.Struct, frozen=True):
    """A subscription: `label` is what clients compare (name and parameter), `streams` what is listened to."""

    label: tuple[str, ...]
    streams: frozenset[Stream]


# Nobody elsewhere is known here yet, so the remote streams are silent, and the local ones are all there is.
_PUBLIC: dict[str, frozenset[Stream]] = {
    "public": frozenset({Stream("public")}),
    "public:media": frozenset({Stream("public", only_media=True)}),
    "public:local": frozenset({Stream("public")}),
    "public:local:media": frozenset({Stream("public", only_media=True)}),
    "public:remote": frozenset(),
    "public:remote:media": frozenset(),
}
BY_PATH = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
    "direct": "direct",
}


def name_of_path(path: str, parameters: Mapping[str, str]) -> str:
    """The stream of a server-sent events path. Raises: NotFound."""
    name = BY_PATH.get(path)
    if name is None:
        raise NotFound
    narrowed = name.startswith("public") and parameters.get("only_media", "").lower() in ("1", "true", "on", "yes")
    return f"{name}:media" if narrowed else name


def channel(name: str, parameters: Mapping[str, str], scopes: frozenset[str]) -> Channel:
    """What that stream is for a holder of these scopes.

    Raises: BadRequest for a stream we do not know or that lacks its parameter; NotFound for a list that can be none;
    Forbidden without the scope.
    """
    wanted = "read:notifications" if name == "user:notification" else "read:statuses"
    if not holds(scopes, wanted):
        raise Forbidden("Access token does not have the required scopes")
    if name == "user":
        heard = {HOME, NOTIFICATIONS} if holds(scopes, "read:notifications") else {HOME}
        return Channel((name,), frozenset(heard))
    if name == "user:notification":
        return Channel((name,), frozenset({NOTIFICATIONS}))
    if name in _PUBLIC:
        return Channel((name,), _PUBLIC[name])
    if name in ("hashtag", "hashtag:local"):
        tag = parameters.get("tag", "").strip().removeprefix("#")
        if not tag or len(tag) > LONGEST_TAG:
            raise BadRequest("Missing tag name parameter")
        return Channel((name, parameters["tag"]), frozenset({Stream("tag", fold_tag(tag))}))
    if name == "direct":
        return Channel((name,), frozenset({CONVERSATIONS}))
    if name == "list":
        list_id = parameters.get("list", "")
        if not list_id.isascii() or not list_id.isdigit() or len(list_id) > LONGEST_ID or int(list_id) > MAX_ID:
            raise NotFound("List not found")
        return Channel((name, list_id), frozenset({Stream("list", list_id=int(list_id))}))
    raise BadRequest("Unknown stream type")
