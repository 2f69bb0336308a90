"""Say how many people this machine can serve and admit in a day, to compare machines.

A scratch server of its own is started in a temporary folder, seeded, and met by a crowd that grows until it is too much;
then everything is gone again. It takes a few minutes, uses the whole machine, and touches no other installation.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from parvis.base.settings import Settings, variable_of
from parvis.commands import print_json
from parvis.commands.simulate import prepare
from parvis.infra.engines.processes import Launch, start
from parvis.load import people, ramp, target
from parvis.load.parameters import LOADS, PEAK_MINUTE
from parvis.load.world import Nothing

_MEMBERS = 500
_KEPT = ("web_workers", "job_workers", "database_pool")  # what an operator may want to compare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--load", choices=list(LOADS), default="launch-day", help="whose mix of requests (launch-day)")
    parser.add_argument("--seconds", type=float, default=12, metavar="S", help="length of each step (12)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    with tempfile.TemporaryDirectory(prefix="parvis-capacity-") as folder:
        scratch = msgspec.structs.replace(
            Settings(**{name: getattr(settings, name) for name in _KEPT}), home=Path(folder) / "home", port=_free_port()
        )
        try:
            with _serving(scratch):
                path = scratch.home / people.FILE
                asyncio.run(prepare(scratch, path, _MEMBERS))
                origin = target.target_of(scratch.public_origin, owned=False)
                steps = asyncio.run(
                    ramp.climb(
                        origin, people.read(path), load=arguments.load, step_s=max(arguments.seconds, 1), tell=_tell
                    )
                )
        except Nothing as nothing:
            print(f"parvis: {nothing}", file=sys.stderr)
            return 1
    found = ramp.capacity_of(arguments.load, steps, cores=os.cpu_count() or 1)
    if arguments.json:
        print_json(msgspec.to_builtins(found))
    else:
        print(said(found))
    return 0


def said(found: ramp.Capacity) -> str:
    """The figures in sentences."""
    if not found.speed:
        return f"Not even the slowest step was carried: {'; '.join(found.because)}. Scarcest: {found.limit}."
    return "\n".join(
        (
            f"This machine serves {found.requests_per_s:,.0f} requests a second of the mix of {found.load}.",
            f"If that is the busiest minute of a day, {PEAK_MINUTE:g} times its mean, the day has:",
            f"  {found.visits_a_day:>11,} visits, {found.signed_in_visits_a_day:,} of them signed in",
            f"  {found.sign_ups_a_day:>11,} sign-ups that are admitted",
            f"The crowd itself took {found.crowd_share:.0%} of the machine meanwhile.",
            f"More was too much: {'; '.join(found.because) or 'nothing, the ramp ended'}.",
            f"Scarcest then: {found.limit}.",
        )
    )


def _tell(step: ramp.Step) -> None:
    p95 = step.report.everything.latency.p95
    print(
        f"{step.report.load} at speed {step.speed:6.3f}: offered {step.report.offered_per_s:8,.1f}/s, served "
        f"{step.served_per_s:8,.1f}/s, p95 {p95 if p95 is not None else float('nan'):8,.1f} ms, "
        f"{'carried' if step.carried else 'too much'}",
        file=sys.stderr,
        flush=True,
    )


@contextmanager
def _serving(scratch: Settings) -> Iterator[None]:
    """A whole server runs with these settings. Raises: Nothing when it does not come up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PARVIS_")}
    environment |= {variable_of(name): str(getattr(scratch, name)) for name in ("home", "port", *_KEPT)}
    environment |= {"PARVIS_TRUSTED_PROXIES": "127.0.0.1", "PARVIS_RATE_LIMITS": "off", "PARVIS_LOG_LEVEL": "error"}
    log = scratch.home.parent / "serve.log"
    process = start(Launch((sys.executable, "-P", "-m", "parvis", "serve"), environment, log=log))
    try:
        _until_ready(scratch, process, log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(scratch: Settings, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{scratch.public_origin}/health/ready", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise Nothing(f"The scratch server does not come up: {log.read_text(errors='replace')[-1000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
