"""What machines read of a public page: structured data (schema.org as JSON-LD)."""

from __future__ import annotations

from typing import Any

import minijinja
import msgspec

from parvis.base.clock import iso_ms
from parvis.domain.accounts.types import Account
from parvis.domain.posts import PostView, Visibility
from parvis.infra.text import plain


def _block(content: dict[str, Any]) -> minijinja.Markup:
    """The data for a script element of a type that no browser runs; nothing in it can end the element."""
    encoded = msgspec.json.encode({"@context": "https://schema.org", **content}).decode()
    return minijinja.Markup(encoded.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _person(account: Account, origin: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "Person",
        "name": account.name,
        "alternateName": f"@{account.acct}",
        "url": f"{origin}/@{account.acct}",
    }
    if account.avatar_key:
        found["image"] = f"{origin}/media/{account.avatar_key}"
    return found


def of_profile(account: Account, origin: str) -> minijinja.Markup | None:
    """Who a profile is about; nothing for those who do not want to be found by machines."""
    if not account.indexable or account.domain is not None:
        return None
    about = _person(account, origin)
    about["description"] = plain(account.note_html)
    about["interactionStatistic"] = [
        _count("FollowAction", account.followers_count),
        _count("WriteAction", account.posts_count),
    ]
    return _block({"@type": "ProfilePage", "dateCreated": iso_ms(account.created_at), "mainEntity": about})


def of_post(post: PostView, origin: str) -> minijinja.Markup | None:
    """What a post says and how it is met; nothing unless it is for everybody and its author lets machines find it."""
    if post.visibility != Visibility.PUBLIC or post.warning or not post.author.indexable or post.author.domain:
        return None
    address = f"{origin}/@{post.author.acct}/{post.id}"
    content: dict[str, Any] = {
        "@type": "SocialMediaPosting",
        "@id": address,
        "url": address,
        "headline": " ".join(plain(post.html).split())[:110],
        "articleBody": plain(post.html),
        "datePublished": iso_ms(post.created_at),
        "author": _person(post.author, origin),
        "commentCount": post.replies_count,
        "interactionStatistic": [
            _count("LikeAction", post.favourites_count),
            _count("ShareAction", post.reposts_count),
        ],
    }
    if post.edited_at:
        content["dateModified"] = iso_ms(post.edited_at)
    if post.language:
        content["inLanguage"] = post.language
    if post.attachments and not post.sensitive and "small" in post.attachments[0].files:
        first = post.attachments[0]
        content["image"] = f"{origin}/media/{first.key}/{first.files['small'].name}"
    return _block(content)


def _count(action: str, number: int) -> dict[str, Any]:
    return {
        "@type": "InteractionCounter",
        "interactionType": f"https://schema.org/{action}",
        "userInteractionCount": number,
    }
