"""Mastodon.py arranges things for its user: lists, filters, hashtags, conversations, muted threads."""

from __future__ import annotations

import pytest
from mastodon import Mastodon

from tests.clients.test_mastodon_py import eventually, logged_in
from tests.rig.server import Server


@pytest.fixture(scope="module")
def cat(server: Server) -> Mastodon:
    return logged_in(server, "cat_py")


@pytest.fixture(scope="module")
def dan(server: Server) -> Mastodon:
    return logged_in(server, "dan_py")


def test_a_list_is_filled_and_read(cat: Mastodon, dan: Mastodon) -> None:
    cat.account_follow(dan.me())
    made = cat.list_create("Friends", replies_policy="followed", exclusive=True)
    cat.list_accounts_add(made, [dan.me()])
    assert [one.acct for one in cat.list_accounts(made, limit=0)] == ["dan_py"]
    assert [one.id for one in cat.account_lists(dan.me())] == [made.id]
    post = dan.status_post("for the list")
    assert [one.id for one in cat.timeline_list(made)] == [post.id]
    assert post.id not in [one.id for one in cat.timeline_home()]
    assert cat.list_update(made, "Close friends", exclusive=False).title == "Close friends"
    assert post.id in [one.id for one in cat.timeline_home()]
    cat.list_accounts_delete(made, [dan.me()])
    cat.list_delete(made)
    assert cat.lists() == []


def test_filters_of_both_versions_are_made_and_found(cat: Mastodon, dan: Mastodon) -> None:
    made = cat.create_filter_v2(
        "Sweets",
        ["home", "public"],
        "warn",
        expires_in=3600,
        keywords_attributes=[{"keyword": "cake", "whole_word": True}],
    )
    assert [one.keyword for one in cat.filter_v2(made).keywords] == ["cake"]
    cat.add_filter_keyword_v2(made, "biscuit", whole_word=False)
    post = dan.status_post("Biscuits and CAKE")
    (result,) = cat.status(post).filtered
    assert (result.filter.title, sorted(result.keyword_matches)) == ("Sweets", ["biscuit", "cake"])
    assert [one.phrase for one in cat.filters()] == ["cake", "biscuit"]
    assert cat.update_filter_v2(made, title="No sweets").title == "No sweets"
    old = cat.filter_create("toffee", ["home"], irreversible=True)
    assert [one.title for one in cat.filters_v2()] == ["No sweets", "toffee"]
    cat.filter_delete(old)
    cat.delete_filter_v2(made)
    assert cat.status(post).filtered == []


def test_a_hashtag_is_followed(cat: Mastodon, dan: Mastodon) -> None:
    assert cat.tag_follow("Harbour").following
    assert [one.name for one in cat.followed_tags()] == ["harbour"]
    post = dan.status_post("boats in the #harbour")
    cat.account_unfollow(dan.me())
    assert post.id in [one.id for one in cat.timeline_home()]
    assert not cat.tag_unfollow("harbour").following


def test_a_conversation_is_read_and_a_thread_muted(cat: Mastodon, dan: Mastodon) -> None:
    post = dan.status_post("@cat_py psst", visibility="direct")
    (talk,) = eventually(cat.conversations)
    assert (talk.unread, talk.last_status.id, [one.acct for one in talk.accounts]) == (True, post.id, ["dan_py"])
    assert not cat.conversations_read(talk).unread
    assert cat.status_mute(post).muted
    assert not cat.status_unmute(post).muted
