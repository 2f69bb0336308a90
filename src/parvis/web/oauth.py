"""Consent: an app asks to act for somebody, who says yes or no (RFC 6749, authorization code)."""

from __future__ import annotations

import msgspec

from parvis.domain import accounts
from parvis.domain.accounts import Authorization, OAuthProblem
from parvis.infra.catalogues import later
from parvis.infra.doors import ENTRANCE
from parvis.infra.html.headers import source_of
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Elsewhere, Page, Redirect
from parvis.web.routing import Call, page

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Asked(msgspec.Struct, frozen=True):
    """What the app's link says."""

    response_type: str = ""
    client_id: str = ""
    redirect_uri: str = ""
    scope: str | None = None
    state: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    force_login: str | None = None


class Answered(Asked, frozen=True):
    answer: str = ""


class Permission(msgspec.Struct, frozen=True):
    """One line of the consent page."""

    icon: str
    title: str
    text: str


class Code(msgspec.Struct, frozen=True):
    code: str = ""


@page("GET", "/oauth/authorize", urgency=ENTRANCE, params=Asked)
async def ask(call: Call[Asked]) -> Answer:
    """The consent page; strangers sign in first."""
    try:
        wanted = await _checked(call)
    except OAuthProblem as problem:
        return _problem(call, problem)
    if call.viewer is None:
        return Redirect(with_query("/sign-in", {"return_to": call.here}))
    if wanted.redirect_uri != OUT_OF_BAND:
        destination = source_of(wanted.redirect_uri)
    else:
        destination = call.text(later("a page here that shows a code"))
    asked = msgspec.structs.asdict(call.params)
    return Page(
        "web/entrance/consent.html",
        {
            "app": wanted.app,
            "permissions": permissions(call, wanted.scopes),
            "destination": destination,
            "request_fields": [(name, value) for name, value in asked.items() if value],
        },
        # Chromium applies form-action to the redirect that follows the form, too.
        form_action="" if wanted.redirect_uri == OUT_OF_BAND else source_of(wanted.redirect_uri),
    )


@page("POST", "/oauth/authorize", urgency=ENTRANCE, audience="session", params=Answered, waiting=True)
async def answer(call: Call[Answered]) -> Answer:
    """The app has a code, or a no."""
    try:
        wanted = await _checked(call)
    except OAuthProblem as problem:
        return _problem(call, problem)
    state = call.params.state
    if call.params.answer != "allow":
        if wanted.redirect_uri == OUT_OF_BAND:
            return Redirect("/")
        told = {"error": "access_denied", "error_description": "The resource owner denied the request."}
        return Elsewhere(accounts.redirect_target(wanted.redirect_uri, **told, state=state))
    code = await accounts.grant_code(call.db, call.me, authorization=wanted, now=call.now)
    if wanted.redirect_uri == OUT_OF_BAND:
        return Redirect(with_query("/oauth/authorize/native", {"code": code}))
    return Elsewhere(accounts.redirect_target(wanted.redirect_uri, code=code, state=state))


@page("GET", "/oauth/authorize/native", audience="session", params=Code)
async def native(call: Call[Code]) -> Answer:
    """The code, to be copied into an app that cannot be called back."""
    return Page("web/entrance/native.html", {"code": call.params.code[:200]})


async def _checked(call: Call[Asked] | Call[Answered]) -> Authorization:
    asked = call.params
    return await accounts.check_authorization(
        call.db,
        client_id=asked.client_id,
        redirect_uri=asked.redirect_uri,
        response_type=asked.response_type,
        scope=asked.scope,
        code_challenge=asked.code_challenge,
        code_challenge_method=asked.code_challenge_method,
    )


def _problem(call: Call[Asked] | Call[Answered], problem: OAuthProblem) -> Answer:
    """The app is told where it may be; otherwise the person is, and is sent nowhere (case B1)."""
    if problem.redirect_uri and problem.redirect_uri != OUT_OF_BAND:
        target = accounts.redirect_target(
            problem.redirect_uri, error=problem.code, error_description=problem.message, state=call.params.state
        )
        return Elsewhere(target)
    context = {"code": problem.code, "message": problem.message}
    return Page("web/entrance/oauth_problem.html", context, status=400)


_PERMISSIONS = (
    ("read", "square", later("Read"), later("Your timelines, notifications, lists and settings.")),
    ("write", "write", later("Write"), later("Publish, answer, repost, favourite and delete in your name.")),
    ("follow", "person-add", later("Choose people"), later("Follow, mute and block for you.")),
    ("push", "bell", later("Send you news"), later("Tell you about notifications on your device.")),
    ("profile", "person", later("Know you"), later("Your name, handle and picture.")),
    ("admin", "key", later("Administer"), later("Act with your rights as a moderator or owner.")),
)


def permissions(call: Call[Asked], scopes: tuple[str, ...]) -> list[Permission]:
    """What the scopes mean, one line for each kind; single ones are named."""
    lines: list[Permission] = []
    for kind, icon, title, text in _PERMISSIONS:
        held = [scope for scope in scopes if scope.partition(":")[0] == kind]
        if held:
            single = "" if kind in held else f" ({', '.join(scope.partition(':')[2] for scope in held)})"
            lines.append(Permission(icon, call.text(title), call.text(text) + single))
    return lines
