"""Problems the domain can name. A door turns them into a status and a page or JSON; the worker into retry or drop.

What a stranger must not know of is NotFound. Messages are plain English; doors may translate them by `code`.
"""

from __future__ import annotations


class Problem(Exception):
    """Something the caller asked for cannot be done, and why."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        self.message = str(self)


class NotFound(Problem):
    """Record not found"""


class Unauthenticated(Problem):
    """The access token is invalid"""


class Forbidden(Problem):
    """This action is not allowed"""


class Conflict(Problem):
    """This was changed by somebody else in the meantime"""


class Invalid(Problem):
    """One field cannot be accepted. `code` is a short constant such as `blank`, `taken`, `too_long`, `invalid`."""

    def __init__(self, field: str, reason: str, code: str = "invalid") -> None:
        super().__init__(reason)
        self.field = field
        self.code = code


class InvalidFields(Problem):
    """Several fields cannot be accepted; each of `problems` says which and why."""

    def __init__(self, problems: list[Invalid]) -> None:
        super().__init__("Validation failed: " + ", ".join(problem.message for problem in problems))
        self.problems = problems

    @property
    def details(self) -> dict[str, list[dict[str, str]]]:
        """The problems by field, in the words of the client API: `{email: [{error: ERR_BLANK, description: …}]}`."""
        found: dict[str, list[dict[str, str]]] = {}
        for one in self.problems:
            found.setdefault(one.field, []).append({"error": f"ERR_{one.code.upper()}", "description": one.message})
        return found


class BadRequest(Problem):
    """The request cannot be read"""


class TooLarge(Problem):
    """This is too large"""


class TooMany(Problem):
    """Too many requests"""

    def __init__(self, retry_after_s: int, message: str = "") -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(Problem):
    """This cannot be done right now"""

    def __init__(self, message: str = "", retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
