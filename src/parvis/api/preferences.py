"""Preferences, as clients read them."""

from __future__ import annotations

from typing import Literal

import msgspec

from parvis.api.entities.status import POLICY_NAMES, VISIBILITIES
from parvis.api.routing import Call, endpoint
from parvis.domain import accounts
from parvis.domain.posts.types import QuotePolicy, Visibility


class Preferences(msgspec.Struct, frozen=True):
    visibility: str = msgspec.field(name="posting:default:visibility")
    sensitive: bool = msgspec.field(name="posting:default:sensitive")
    language: str | None = msgspec.field(name="posting:default:language")
    quote_policy: Literal["public", "followers", "nobody"] = msgspec.field(name="posting:default:quote_policy")
    expand_media: Literal["default", "show_all", "hide_all"] = msgspec.field(
        name="reading:expand:media", default="default"
    )
    expand_warnings: bool = msgspec.field(name="reading:expand:spoilers", default=False)
    autoplay: bool = msgspec.field(name="reading:autoplay:gifs", default=False)


@endpoint("GET", "/api/v1/preferences", user=True, scopes=("read:accounts",), returns=Preferences)
async def preferences(call: Call) -> Preferences:
    """How the caller usually posts and reads."""
    login = await accounts.login_of(call.db, call.me)  # the viewer may be remembered from before a change
    return Preferences(
        VISIBILITIES[Visibility(login.default_visibility)],
        login.default_sensitive,
        login.default_language,
        POLICY_NAMES[QuotePolicy(login.default_quote_policy)],  # type: ignore[arg-type]
    )
