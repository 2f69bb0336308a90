"""The command `parvis`: which commands there are. Each lives in its own module, imported only when it is called."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

from parvis import __version__
from parvis.base.settings import BadSetting, from_environment
from parvis.infra import logs
from parvis.infra.engines import AlreadyRunning, EngineFailed, EngineMissing
from parvis.infra.migrate import MigrationError


class Command(NamedTuple):
    """One command; `words` is what is typed.

    Its module has `run(arguments, settings) -> int`, and `add_arguments(parser)` when it takes any. `LIGHT = True` says
    that it stays in memory for long and must not load more than it needs.
    """

    words: str
    module: str
    help: str


HIDDEN = ""  # the help of commands that only other commands call

COMMANDS = (
    Command("serve", "parvis.commands.serve", "Run everything on this machine: engines, web and workers."),
    Command("web", "parvis.commands.web", "Answer HTTP; engines run elsewhere."),
    Command("work", "parvis.commands.work", "Do what can wait; engines run elsewhere."),
    Command("migrate", "parvis.commands.migrate", "Bring the database's schema up to date."),
    Command("upgrade", "parvis.commands.upgrade", "Go over to this release while people use the place, or back."),
    Command("account create", "parvis.commands.account_create", "Make an account."),
    Command("role", "parvis.commands.role", "Give somebody a role, or take it away."),
    Command("token create", "parvis.commands.token_create", "Print a token with which a program acts for an account."),
    Command("owner link", "parvis.commands.owner_link", "Print a link that makes its reader the owner."),
    Command("admission log", "parvis.commands.admission_log", "Print the public log of admissions."),
    Command(
        "admission aside", "parvis.commands.admission_aside", "Show receipts that could not be stored after an outage."
    ),
    Command("admission verify", "parvis.commands.admission_verify", "Check such a log, and a ticket, offline."),
    Command("invitation create", "parvis.commands.invitation_create", "Print the code of an invitation."),
    Command("demo", "parvis.commands.demo", "Add a small demo community to look around in."),
    Command("seed", "parvis.commands.seed", "Add bulk data, to measure with."),
    Command("simulate", "parvis.commands.simulate", "Send a crowd to a server and report what came of it."),
    Command("capacity", "parvis.commands.capacity", "Say how many people this machine can serve and admit in a day."),
    Command(
        "watch", "parvis.commands.watch", "Keep the watch and the status page, also while everything else is dead."
    ),
    Command("backup", "parvis.commands.backup", "Keep the place safe in a folder, once or from now on."),
    Command("restore", "parvis.commands.restore", "Bring the place back from such a folder."),
    Command("handover", "parvis.commands.handover", "Write down what somebody needs who takes the place over."),
    Command("doctor", "parvis.commands.doctor", "Say what is wrong and what to do, or that all is well."),
    Command("session end", "parvis.commands.session_end", "End a session of the database that others wait for."),
    Command("jobs retry", "parvis.commands.jobs_retry", "Try the jobs of a kind again that were given up."),
    Command("jobs drop", "parvis.commands.jobs_drop", "Drop the jobs of a kind that cannot be done."),
    Command("gate", "parvis.commands.gate", "Say how the door stands, or open, slow or pause it."),
    Command("rule", "parvis.commands.rule", "Say, add to or shorten the rules of the house."),
    Command("announcement", "parvis.commands.announcement", "Tell everybody something, or take it back."),
    Command("emoji", "parvis.commands.emoji", "Say, add or take out the emoji of this place."),
    Command("report", "parvis.commands.report", "Say what people have reported, or that one breaks no rule."),
    Command("audit verify", "parvis.commands.audit_verify", "Check the log of what staff did, and take it along."),
    Command("announce", "parvis.commands.announce", HIDDEN),
)

_EXPECTED = (AlreadyRunning, BadSetting, EngineFailed, EngineMissing, MigrationError)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 when it worked, 1 when it did not, 2 when the question was not understood."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):
        print(f"parvis {__version__}")
        return 0
    command = _called(words)
    if command is None:
        return _overview(words)
    module = importlib.import_module(command.module)
    arguments = _parser(command, module).parse_args(words[len(command.words.split()) :])
    return _run(module, arguments)


def _run(module: ModuleType, arguments: argparse.Namespace) -> int:
    try:
        settings = from_environment()
        configure = logs.configure if getattr(module, "LIGHT", False) else logs.configure_structlog
        configure(settings)
        return module.run(arguments, settings)
    except _EXPECTED as error:
        print(f"parvis: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `parvis … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _called(words: Sequence[str]) -> Command | None:
    for command in COMMANDS:
        own = command.words.split()
        if list(words[: len(own)]) == own:
            return command
    return None


def _parser(command: Command, module: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"parvis {command.words}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if hasattr(module, "add_arguments"):
        module.add_arguments(parser)
    return parser


def _overview(words: Sequence[str]) -> int:
    """The list of commands: asked for, or because nothing that was typed is one."""
    group = [word for word in words if not word.startswith("-")]
    listed = [command for command in COMMANDS if command.help]
    shown = [command for command in listed if command.words.split()[: len(group)] == group]
    asked = not words or "--help" in words or "-h" in words
    if not shown or not asked:
        print(f"parvis: there is no command {' '.join(words)!r}; `parvis --help` lists them.", file=sys.stderr)
        return 2
    print(f"usage: parvis {' '.join([*group, 'COMMAND'])} …\n")
    width = max(len(command.words) for command in shown)
    for command in shown:
        print(f"  {command.words:<{width}}  {command.help}")
    print("\nEach has its own --help. Settings come from PARVIS_… variables: docs/configuration.md lists them.")
    return 0
