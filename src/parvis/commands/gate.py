"""Say how the door stands, or tell it what to do.

parvis gate status            what it does, why, and since when
parvis gate auto              as many come in as the server can bear
parvis gate open              nobody is held back, whatever is measured
parvis gate cap 2.5           at most so many a second
parvis gate pause --reason "We move to a larger machine and are back at noon."
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

import msgspec

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid
from parvis.base.settings import Settings
from parvis.commands import database, print_json
from parvis.domain import admission, moderation
from parvis.domain.admission import Standing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
    status = words.add_parser("status", help="say how the door stands")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    words.add_parser("auto", help="let as many in as the server can bear")
    words.add_parser("open", help="hold nobody back")
    words.add_parser("cap", help="let in at most so many").add_argument("rate", type=float, help="people a second")
    pause = words.add_parser("pause", help="let nobody in")
    pause.add_argument("--reason", required=True, help="for everybody who waits to read")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        state = asyncio.run(_do(arguments, settings))
    except Invalid as problem:
        print(f"parvis: {problem.message}", file=sys.stderr)
        return 1
    if getattr(arguments, "json", False):
        print_json(_as_json(state))
    else:
        _print(state)
    return 0


async def _do(arguments: argparse.Namespace, settings: Settings) -> Standing:
    async with database(settings, application="parvis gate") as db:
        if arguments.word != "status":
            async with db.transaction() as tx:
                rate, reason, now = getattr(arguments, "rate", None), getattr(arguments, "reason", None), utc_now()
                await admission.command_gate(tx, arguments.word, cap_per_s=rate, message=reason, now=now)
                said = {"mode": arguments.word, "cap": rate, "message": reason}
                await moderation.log.record(
                    tx, actor_id=None, act="gate.command", subject="gate", details=said, now=now
                )
        async with db.connection() as connection:
            return await admission.gate_standing(connection)


def _as_json(state: Standing) -> dict[str, Any]:
    return {
        "mode": state.mode,
        "rate_per_s": state.rate_per_s,
        "target_per_s": state.target_per_s,
        "reason": state.binding,
        "cap_per_s": state.cap_per_s,
        "message": state.message,
        "decided_at": state.decided_at,
        "waiting": state.waiting,
        "ranges": msgspec.to_builtins(state.published.ranges),
        "within_range": state.published.within_range,
        "measured": state.remembered.measured,
    }


def _print(state: Standing) -> None:
    print(f"mode      {state.mode}" + (f" at {state.cap_per_s:g}/s" if state.cap_per_s is not None else ""))
    if state.message:
        print(f"message   {state.message}")
    if state.decided_at is None or state.rate_per_s is None:
        print("rate      not decided yet; `parvis serve` or `parvis work` decides")
        return
    age_s = (utc_now() - state.decided_at).total_seconds()
    print(f"rate      {state.rate_per_s:.2f} a second, decided {age_s:.0f} s ago")
    print(f"reason    {state.binding}")
    print(f"waiting   {state.waiting}")
    for one in state.published.ranges:
        print(f"          {one.ahead:>9,} ahead: {one.low_s:,.0f} to {one.high_s:,.0f} s")
    if state.published.within_range is not None:
        print(f"kept      {state.published.within_range:.0%} of what people were told in the last day")
    for name, values in state.remembered.measured.items():
        allows = f", allows {values['allows_per_s']:.2f}/s" if "allows_per_s" in values else ""
        print(f"          {name}: {values['use']:.0%} used{allows}")
