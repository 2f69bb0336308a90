"""Where things are found: every address an entity carries is made here, from the configured origin only."""

from __future__ import annotations

import msgspec

from parvis.infra.services import Services


class Addresses(msgspec.Struct, frozen=True):
    """`origin` is this server, `media` the place of the media store; neither ends in a slash."""

    origin: str
    media: str

    def profile(self, acct: str) -> str:
        return f"{self.origin}/@{acct}"

    def post(self, acct: str, post_id: int) -> str:
        return f"{self.origin}/@{acct}/{post_id}"

    def tag(self, folded: str) -> str:
        return f"{self.origin}/tags/{folded}"

    def picture(self, key: str | None, missing: str) -> str:
        """A stored picture, or the neutral one: clients look for `/original/missing.png`."""
        return f"{self.media}/{key}" if key else f"{self.origin}/{missing}/original/missing.png"


def addresses(services: Services) -> Addresses:
    """The addresses of this server."""
    return Addresses(services.settings.public_origin, services.settings.public_origin + "/media")
