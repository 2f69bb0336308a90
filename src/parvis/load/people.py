"""Who takes part: members with tokens, from a file that `parvis simulate --prepare` writes."""

from __future__ import annotations

from pathlib import Path

import msgspec

FILE = "load-members.json"  # in PARVIS_HOME


class Member(msgspec.Struct, frozen=True):
    """An account that requests are sent for."""

    id: str
    handle: str
    token: str


class People(msgspec.Struct, frozen=True):
    """Everybody, the app whose tokens they use, and the password that all of them have (empty: unknown)."""

    client_id: str
    client_secret: str
    members: list[Member]
    password: str = ""


class NoPeople(Exception):
    """The message says what to do about it."""


def read(path: Path) -> People:
    """The people of that file. Raises: NoPeople."""
    try:
        people = msgspec.json.decode(path.read_bytes(), type=People)
    except FileNotFoundError:
        raise NoPeople(
            f"There is no {path}. `parvis simulate --prepare`, run with the settings of the target, writes it."
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise NoPeople(f"{path} cannot be read: {error}.") from None
    if not people.members:
        raise NoPeople(f"{path} names nobody.")
    return people
