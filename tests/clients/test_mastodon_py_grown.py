"""Mastodon.py with everything beyond posting and reading: polls, plans, edits, quotes, groups, policy, search, push."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from mastodon import Mastodon, MastodonAPIError, MastodonNotFoundError

from parvis.base.clock import utc_now
from tests.clients.test_mastodon_py import eventually, logged_in
from tests.rig.phones import App, PushService
from tests.rig.server import Server


@pytest.fixture(scope="module")
def eve(server: Server) -> Mastodon:
    return logged_in(server, "eve_py")


@pytest.fixture(scope="module")
def fay(server: Server) -> Mastodon:
    return logged_in(server, "fay_py")


def test_a_poll_is_asked_and_answered_once(eve: Mastodon, fay: Mastodon) -> None:
    asked = eve.status_post("Tea or coffee?", poll=eve.make_poll(["Tea", "Coffee"], expires_in=3600))
    voted = fay.poll_vote(asked.poll, 1)
    assert (voted.voted, voted.own_votes, voted.votes_count) == (True, [1], 1)
    assert [one.votes_count for one in eve.poll(asked.poll).options] == [0, 1]
    with pytest.raises(MastodonAPIError):
        fay.poll_vote(asked.poll, 0)


def test_a_post_is_planned_moved_and_taken_back(eve: Mastodon, fay: Mastodon) -> None:
    tomorrow = utc_now() + timedelta(days=1)
    later = eve.status_post("for tomorrow", scheduled_at=tomorrow, visibility="unlisted")
    assert (later.params.text, later.params.visibility) == ("for tomorrow", "unlisted")
    assert [one.id for one in eve.scheduled_statuses()] == [later.id]
    moved = eve.scheduled_status_update(later, tomorrow + timedelta(days=1))
    assert abs(moved.scheduled_at - tomorrow - timedelta(days=1)) < timedelta(seconds=1)
    with pytest.raises(MastodonNotFoundError):
        fay.scheduled_status(later)
    eve.scheduled_status_delete(later)
    assert eve.scheduled_statuses() == []


def test_a_post_is_edited_and_remembers_what_it_was(eve: Mastodon, fay: Mastodon) -> None:
    post = eve.status_post("a frist draft", language="en")
    assert eve.status_source(post).text == "a frist draft"
    edited = eve.status_update(post, "a first draft", spoiler_text="about writing")
    assert (edited.id, edited.spoiler_text) == (post.id, "about writing")
    assert [one.content for one in fay.status_history(post)] == ["<p>a frist draft</p>", "<p>a first draft</p>"]


def test_a_quote_stands_until_consent_is_withdrawn(eve: Mastodon, fay: Mastodon) -> None:
    post = eve.status_post("worth quoting")
    quote = fay.status_post("well said", quoted_status_id=post)
    assert (quote.quote.state, quote.quote.quoted_status.id) == ("accepted", post.id)
    assert [one.id for one in eve.status_quotes(post)] == [quote.id]
    assert eve.status_quote_revoke(post, quote).quote.state == "revoked"
    assert eve.status_update_quote_approval_policy(post, "nobody").quote_approval.automatic == []
    with pytest.raises(MastodonAPIError):
        fay.status_post("once more", quoted_status_id=post)


def test_notifications_come_in_groups_and_by_policy(eve: Mastodon, fay: Mastodon) -> None:
    post = eve.status_post("liked")
    fay.status_favourite(post)

    def favourites() -> list:
        found = eve.grouped_notifications()
        return [one for one in found.notification_groups if one.type == "favourite" and one.status_id == post.id]

    (liked,) = eventually(favourites, 30)
    assert (liked.notifications_count, liked.sample_account_ids) == (1, [fay.me().id])
    assert [one.acct for one in eve.grouped_notification_accounts(liked.group_key)] == ["fay_py"]
    assert int(eve.unread_grouped_notifications_count()) >= 1
    eve.dismiss_grouped_notification(liked.group_key)
    assert favourites() == []
    changed = eve.update_notifications_policy(for_not_followers="filter")
    assert (changed.for_not_followers, changed.for_not_following) == ("filter", "accept")
    fay.status_post("@eve_py a word")
    (request,) = eventually(eve.notification_requests, 30)
    assert request.account.acct == "fay_py"
    eve.accept_notification_request(request)
    assert eve.notification_requests() == []
    assert eve.update_notifications_policy(for_not_followers="accept").for_not_followers == "accept"


def test_search_finds_words_people_and_hashtags(eve: Mastodon, fay: Mastodon) -> None:
    post = eve.status_post("an unheard-of zyzzyva sat on a #palmtree")
    found = eventually(lambda: fay.search_v2("from:eve_py zyzzyva", result_type="statuses").statuses, 30)
    assert [one.id for one in found] == [post.id]
    assert [one.acct for one in fay.search_v2("eve_py", result_type="accounts").accounts] == ["eve_py"]
    assert [one.name for one in fay.search_v2("#palmtree", result_type="hashtags").hashtags] == ["palmtree"]


@pytest.mark.parametrize("standard", [True, False])
def test_a_push_message_is_opened_with_the_keys_it_made(eve: Mastodon, fay: Mastodon, standard: bool) -> None:
    private, public = eve.push_subscription_generate_keys()
    phone = App(ec.derive_private_key(private["privkey"], ec.SECP256R1()), private["auth"], contact=None)
    with PushService().listening() as service:
        made = eve.push_subscription_set(f"{service.origin}/eve", public, mention_events=True, standard=standard)
        assert (made.alerts.mention, made.alerts.follow) == (True, False)
        fay.status_post("@eve_py a word for your pocket")
        message = phone.read(service.next())
    assert (message["notification_type"], message["title"]) == ("mention", "fay_py mentions you")
    eve.push_subscription_delete()
    with pytest.raises(MastodonNotFoundError):
        eve.push_subscription()
