"""Problems of the domain as pages and as sentences beside form fields, in the visitor's language."""

from __future__ import annotations

from typing import Any

from parvis.base import errors
from parvis.infra.catalogues import later
from parvis.infra.html.visit import Page, Visit

_PAGES: tuple[tuple[type[errors.Problem], int, str, str], ...] = (
    (
        errors.NotFound,
        404,
        later("There is nothing here"),
        later("Perhaps it never was, perhaps it was deleted, perhaps it is not for you to see."),
    ),
    (errors.Unauthenticated, 401, later("Sign in first"), later("This is for people who are signed in.")),
    (errors.Forbidden, 403, later("Not like this"), later("You may not do that.")),
    (errors.Conflict, 409, later("Somebody was faster"), later("This was changed in the meantime. Look again.")),
    (errors.BadRequest, 400, later("We do not understand"), later("Your browser sent something that we cannot read.")),
    (errors.TooLarge, 413, later("Too large"), later("What you sent is larger than this place takes.")),
    (
        errors.TooMany,
        429,
        later("A little slower"),
        later("That was very often in a short time. Wait a moment, then try again."),
    ),
    (
        errors.Unavailable,
        503,
        later("One moment"),
        later("This cannot be done right now. Try again in a few seconds."),
    ),
    (errors.Problem, 422, later("That does not work"), later("What you sent cannot be accepted.")),
)

# Refusals that say more than their kind does.
_FORBIDDEN: tuple[str, ...] = (
    later("This form is too old. Go back, reload the page and try again."),
    later("This form did not come from one of our pages."),
    later("You cannot follow yourself."),
    later("The only owner cannot leave: make somebody else an owner first."),
    later("The only owner cannot step down: make somebody else an owner first."),
    later("Only somebody who can sign in here can have a role."),
    later("You can change the roles of those below you alone."),
)

_FIELDS: dict[tuple[str, str], str] = {
    ("poll", "invalid"): later("A poll needs two to four different answers, and no pictures."),
    ("poll", "taken"): later("Two answers are the same."),
    ("poll", "too_long"): later("One of the answers is too long."),
    ("poll", "inclusion"): later("A poll lasts five minutes to one month."),
    ("in_reply_to_id", "closed"): later("Whoever began this conversation has chosen who may reply."),
    ("scheduled_at", "too_soon"): later("Choose a time at least five minutes from now."),
    ("scheduled_at", "invalid"): later("This is no time."),
    ("title", "blank"): later("Give it a name."),
    ("context", "blank"): later("Choose where it applies."),
    ("context", "invalid"): later("Choose where it applies."),
    ("member", "unknown"): later("You can add people whom you follow."),
    ("keyword", "blank"): later("Write a word or several."),
    ("domain", "invalid"): later("This is not the name of another server."),
    ("name", "invalid"): later("This is no hashtag."),
    ("id", "too_many"): later("Five pinned is the most."),
    ("comment", "too_long"): later("This is too long."),
    ("reason", "too_short"): later("Say why: at least ten characters."),
    ("answer", "too_short"): later("Say why: at least ten characters."),
    ("rule_id", "unknown_rule"): later("Choose a rule that holds."),
    ("username", "blank"): later("Choose a name."),
    ("username", "taken"): later("Somebody has that name already."),
    ("username", "reserved"): later("That name is kept for this place itself."),
    ("username", "invalid"): later("Only letters without accents, digits and underscores."),
    ("handle", "unknown"): later("Nobody of that name is known here."),
    ("starts_at", "no_time"): later("This is no time."),
    ("ends_at", "no_time"): later("This is no time."),
    ("ends_at", "invalid"): later("It must end after it starts."),
    ("text", "invalid"): later("This cannot be empty, and not very long."),
    ("hint", "too_long"): later("This is too long."),
    ("shortcode", "invalid"): later("Two to thirty letters without accents, digits, underscores."),
    ("shortcode", "too_many"): later("There are as many emoji as there can be."),
    ("value", "length"): later("This is empty or too long."),
    ("value", "number"): later("This is no number that it can be."),
    ("value", "address"): later("This is not an e-mail address."),
    ("value", "languages"): later("Codes of languages with commas between them, such as en,fr."),
    ("value", "colour"): later("A colour such as #2a6f97."),
    ("cap", "invalid"): later("A number of people a second: more than 0, at most 1000."),
    ("message", "invalid"): later("Say why: those who wait read it."),
    ("username", "too_long"): later("At most 30 characters."),
    ("email", "blank"): later("Give your address."),
    ("email", "taken"): later("This address is in use already."),
    ("email", "invalid"): later("This is not an e-mail address."),
    ("password", "blank"): later("Choose a password."),
    ("password", "too_short"): later("At least 8 characters."),
    ("password", "too_long"): later("At most 256 characters."),
    ("current_password", "wrong"): later("This is not your present password."),
    ("code", "wrong_code"): later("This code is not right, or was used already."),
    ("passkey", "wrong_passkey"): later("This passkey does not work here."),
    ("passkey", "too_many"): later("There are too many passkeys: take one out first."),
    ("login", "wrong_login"): later("Name, address or password is not right."),
    ("token", "expired"): later("This link no longer works."),
    ("text", "blank"): later("Write something, or add a picture."),
    ("text", "too_long"): later("This is too long."),
    ("name", "unknown"): later("Nobody here has that name."),
    ("name", "too_many"): later("That is as many as can be chosen."),
    ("proof", "wanted"): later("Your browser must do the small calculation first; it takes a moment."),
    ("proof", "expired"): later("The calculation was not good any more. Your browser does a new one."),
    ("invitation", "expired"): later("This invitation is no longer valid."),
    ("fields", "blank"): later("Every line needs a label."),
    ("fields", "too_long"): later("One of the lines is too long."),
    ("display_name", "too_long"): later("This name is too long."),
    ("note", "too_long"): later("This is too long."),
    ("file", "blank"): later("Choose a file."),
    ("file", "invalid"): later("This file is not a table of that kind."),
    ("file", "too_many"): later("Too much at once: wait until what came before is taken in, or send fewer rows."),
    ("handle", "other"): later("This is not your name."),
    ("file", "damaged"): later("This picture is damaged or incomplete."),
    ("file", "not_a_picture"): later(
        "This is no picture that can be read here: send JPEG, PNG, GIF, WebP, AVIF or HEIC."
    ),
    ("file", "too_many_pixels"): later("This picture has too many pixels."),
    ("file", "too_many_frames"): later("This animation is too long."),
    ("file", "unreadable"): later("This picture cannot be read safely."),
    ("file", "not_a_film"): later("This is no video and no sound that can be played here."),
    ("file", "film_damaged"): later("This file is damaged, or of a kind that cannot be taken."),
    ("file", "film_unreadable"): later("This file cannot be read safely."),
    ("file", "film_empty"): later("This file holds neither pictures nor sound."),
    ("file", "film_endless"): later("This file has no duration."),
    ("file", "film_too_long"): later("This is longer than videos may be here."),
    ("file", "film_too_large"): later("The pictures of this video are too large."),
    ("file", "film_too_fast"): later("This video has too many pictures a second."),
    ("file", "film_tracks"): later("This file has too many tracks."),
    ("file", "refused"): later("This file could not be taken."),
    ("media_ids", "not_ready"): later("It is still being made playable. Publish it in a moment."),
    ("captions", "unreadable"): later("These captions cannot be read: send WebVTT or SRT, in UTF-8."),
    ("captions", "blank"): later("Choose a file, or write the captions."),
    ("avatar", "damaged"): later("This picture is damaged or incomplete."),
    ("avatar", "not_a_picture"): later(
        "This is no picture that can be read here: send JPEG, PNG, GIF, WebP, AVIF or HEIC."
    ),
    ("header", "damaged"): later("This picture is damaged or incomplete."),
    ("header", "not_a_picture"): later(
        "This is no picture that can be read here: send JPEG, PNG, GIF, WebP, AVIF or HEIC."
    ),
    ("description", "too_long"): later("The description is too long."),
    ("media_ids", "too_many"): later("At most four pictures."),
}
TOO_LONG_TO_KEEP = later(
    "Your password is wanted again, and this is too long to be kept meanwhile: send a few words, then put it back."
)
_CODES: dict[str, str] = {
    "unproved": TOO_LONG_TO_KEEP,
    "blank": later("This cannot be empty."),
    "taken": later("This is in use already."),
    "too_long": later("This is too long."),
    "too_short": later("This is too short."),
    "too_large": later("This file is too large."),
    "invalid": later("This cannot be accepted."),
}


def status_of(problem: errors.Problem) -> int:
    """The HTTP status that says it."""
    return next(status for kind, status, _, _ in _PAGES if isinstance(problem, kind))


def problem_page(visit: Visit[Any, Any], problem: errors.Problem) -> Page:
    """A page that says what is the matter and leads on."""
    _, status, heading, text = next(one for one in _PAGES if isinstance(problem, one[0]))
    if isinstance(problem, errors.Forbidden):
        text = _said(problem.message) or text
    headers: dict[str, str] = {}
    if isinstance(problem, errors.TooMany | errors.Unavailable):
        headers["Retry-After"] = str(problem.retry_after_s)
    if isinstance(problem, errors.Invalid | errors.InvalidFields):
        first = problem.problems[0] if isinstance(problem, errors.InvalidFields) else problem
        text = message_of(visit, first)
    return Page(
        "shared/problem.html",
        {
            "heading": visit.text(heading),
            "text": visit.text(text),
            "offer_sign_in": visit.viewer is None and status in (401, 403, 404),
            "barred": getattr(visit.viewer, "barred", False),
            "is_ours": status >= 500,
            "request_id": "",
        },
        status=status,
        headers=headers,
    )


def _said(message: str) -> str | None:
    """Our own sentence for this refusal, if it is one that people should read."""
    if message.startswith("This form is too old"):
        return _FORBIDDEN[0]
    if message.startswith("This form did not"):
        return _FORBIDDEN[1]
    if message == "You cannot follow yourself":
        return _FORBIDDEN[2]
    if message.startswith("The only owner"):
        return _FORBIDDEN[4 if "step down" in message else 3]
    return message if message.endswith(".") else None


def message_of(visit: Visit[Any, Any], problem: errors.Invalid) -> str:
    """What stands beside the field: our own sentence where we have one, else the domain's in plain English."""
    known = _FIELDS.get((problem.field, problem.code))
    if known is None and visit.locale != "en":
        known = _CODES.get(problem.code)
    return visit.text(known) if known else problem.message.removeprefix("Validation failed: ")
