"""Say, add or take out the emoji of this place: pictures that stand for words between colons.

parvis emoji list
parvis emoji add blobcat blobcat.png --category Cats
parvis emoji remove blobcat
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from parvis.base.clock import utc_now
from parvis.base.errors import NotFound, Problem
from parvis.base.settings import Settings
from parvis.commands import installation
from parvis.domain import media, moderation
from parvis.infra.opening import open_services
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
    words.add_parser("list", help="say which there are")
    add = words.add_parser("add", help="add one, or give one another picture")
    add.add_argument("shortcode", help="the word, without its colons")
    add.add_argument("file", type=Path, help="the picture: PNG, WebP, GIF, JPEG or AVIF; it will not move")
    add.add_argument("--category", help="under which heading pickers show it")
    add.add_argument("--unlisted", action="store_true", help="pickers do not show it")
    words.add_parser("remove", help="take one out").add_argument("shortcode", help="the word, without its colons")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        lines = asyncio.run(_do(arguments, settings))
    except NotFound:
        print(f"parvis: there is no emoji {arguments.shortcode!r}", file=sys.stderr)
        return 1
    except (Problem, OSError) as problem:
        print(f"parvis: {problem}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


async def _do(arguments: argparse.Namespace, settings: Settings) -> list[str]:
    async with (
        installation(settings, nats=False) as reached,
        open_services(reached, application="parvis") as services,
    ):
        if arguments.word == "add":
            await _add(services, arguments)
        elif arguments.word == "remove":
            await media.emoji.remove(services, arguments.shortcode, also=_noted("emoji.remove", arguments.shortcode))
        async with services.db.connection() as db:
            every = await media.emoji.current(db)
        return [f":{one.shortcode}:  {one.category or ''}".rstrip() for one in every] or ["There are no emoji."]


async def _add(services: Services, arguments: argparse.Namespace) -> None:
    await media.emoji.add(
        services,
        shortcode=arguments.shortcode.strip(":"),
        data=arguments.file.read_bytes(),
        category=arguments.category,
        listed=not arguments.unlisted,
        also=_noted("emoji.add", arguments.shortcode.strip(":")),
        now=utc_now(),
    )


def _noted(act: str, shortcode: str) -> media.emoji.Also:
    async def note(tx: Connection) -> None:
        await moderation.log.record(tx, actor_id=None, act=act, subject=f"emoji:{shortcode}", now=utc_now())

    return note
