"""Every route × everybody × every scope: each is answered as `matrix.txt` and the route's own declaration say."""

from __future__ import annotations

import pytest

from parvis import api
from parvis.api.authorising import check
from parvis.api.routing import ENDPOINTS, Endpoint
from parvis.base.errors import Forbidden
from parvis.base.ids import AccountId
from parvis.domain.accounts import scopes
from parvis.domain.accounts.types import State, Viewer
from tests.api import matrix
from tests.api.matrix import POSTS, ROLES, Stage
from tests.rig.people import token_of

api.handlers()
ROUTES = sorted(ENDPOINTS, key=lambda one: (one.path, one.method))
FOLLOW = {f"{verb}:{thing}" for verb in ("read", "write") for thing in ("blocks", "follows", "mutes")}
OUTSIDE = "This action is outside the authorized scopes"
# What these answer depends on the token that asks, not only on whose it is.
OF_TOKENS = ("/api/v1/push/subscription",)


def name_of(one: Endpoint) -> str:
    return f"{one.method} {one.path}"


def opens(scope: str, one: Endpoint) -> bool:
    """Whether a token of that scope alone may call the route: a parent covers its children, `follow` what concerns people."""
    covered = {scope} | {name for name in scopes.KNOWN if name.startswith(f"{scope}:")}
    if scope == "follow":
        covered |= FOLLOW
    return not one.policy.scopes or bool(covered & set(one.policy.scopes))


def test_every_route_is_declared() -> None:
    found = matrix.declared()
    assert set(found) == {name_of(one) for one in ROUTES}
    for one in ROUTES:
        kinds = found[name_of(one)]
        assert set(kinds) == set(POSTS if matrix.about_posts(one.path) else POSTS[:1]), one.path
        for answers in kinds.values():
            said = dict(zip(ROLES, answers, strict=True))
            looks = one.path.startswith("/api/") or one.policy.audience != "public"
            assert (said["anonymous"] == 401) == (one.policy.audience != "public" or one.path in matrix.TICKETED), (
                one.path
            )
            assert (said["app"] == 422) == (one.policy.audience == "user"), one.path
            assert (said["suspended"] == 403) == looks, (one.path, "who is suspended comes in nowhere")


def test_who_may_not_see_a_post_learns_nothing_of_it_by_any_route() -> None:
    """What is for followers or for those it mentions is not there for anybody else, and never forbidden to them."""
    for name, kinds in matrix.declared().items():
        for post, blind in (("followers", ("stranger", "blocked")), ("whispered", ("stranger", "follower", "blocked"))):
            for role in blind:
                assert post not in kinds or kinds[post][ROLES.index(role)] == 404, (name, post, role)


def test_every_scope_opens_what_it_should_and_nothing_else() -> None:
    asked = 0
    for one in ROUTES:
        for scope in [*scopes.KNOWN, "", "nonsense", "read:", "write:nonsense"]:
            viewer = Viewer(account_id=AccountId(1), handle="alice", scopes=frozenset({scope} - {""}))
            assert _allows(one, viewer) == opens(scope, one), (one.method, one.path, scope)
            asked += 1
    print(f"\n{asked} pairs of {len(ROUTES)} routes and a scope, by their policies")


def _allows(one: Endpoint, viewer: Viewer) -> bool:
    try:
        check(one.policy, viewer)
    except Forbidden as problem:
        return problem.message != OUTSIDE
    return True


def test_who_is_suspended_is_refused_whatever_they_hold() -> None:
    viewer = Viewer(account_id=AccountId(1), handle="x", scopes=frozenset(scopes.KNOWN), state=State.SUSPENDED)
    for one in ROUTES:
        with pytest.raises(Forbidden):
            check(one.policy, viewer)


@pytest.mark.timeout(300)
async def test_every_route_answers_everybody_as_declared(stage: Stage) -> None:
    found, asked, wrong = matrix.declared(), 0, []
    for one in ROUTES:
        for post, answers in found[name_of(one)].items():
            for role, expected in zip(ROLES, answers, strict=True):
                answer = await stage.ask(one, stage.headers(role), post)
                asked += 1
                if answer.status_code != expected:
                    wrong.append((name_of(one), post, role, answer.status_code, expected, answer.text[:200]))
    assert wrong == []
    print(f"\n{asked} requests: {len(ROUTES)} routes × {len(ROLES)} roles, some for {len(POSTS)} kinds of posts")
    assert asked > len(ROLES) * len(ROUTES)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_every_route_answers_every_scope_as_declared(staged: Stage) -> None:
    found, asked, wrong = matrix.declared(), 0, []
    services, owner = staged.world.services, staged.people["owner"].id
    headers = {
        scope: {"Authorization": f"Bearer {await token_of(services, owner, scopes=(scope,))}"} for scope in scopes.KNOWN
    }
    with matrix.nothing_stays(services.db):
        for one in ROUTES:
            allowed = found[name_of(one)]["open"][ROLES.index("owner")]
            for scope in scopes.KNOWN:
                answer = await staged.ask(one, headers[scope])
                asked += 1
                if not opens(scope, one):
                    good = answer.status_code == 403 and answer.json()["error"] == OUTSIDE
                else:
                    good = answer.status_code == allowed or one.path in OF_TOKENS
                if not good:
                    wrong.append((name_of(one), scope, answer.status_code, answer.text[:200]))
    assert wrong == []
    print(f"\n{asked} requests: {len(ROUTES)} routes × {len(scopes.KNOWN)} scopes")
