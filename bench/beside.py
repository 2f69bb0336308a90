"""Whether twenty videos that are being made playable slow the site: home, with the encoder at work and halted in turns.

python -m bench.beside --accounts 2000 --posts 20000 --seconds 4
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import psutil

from bench import rows
from bench.__main__ import _free_port
from bench.client import Outcome, flood
from bench.machine import Meter, family
from bench.stage import Stage, staged
from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.domain import media

VIDEOS = 20
ROUNDS = 6


@dataclass
class Side:
    """What was measured on one side."""

    latencies_ms: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, outcome: Outcome, cpu: dict[str, float]) -> None:
        assert set(outcome.statuses) == {200}, outcome.statuses
        self.latencies_ms += outcome.latencies_ms
        self.cpu_s += cpu["web"] + cpu["database"]

    def percentile(self, share: float) -> float:
        return sorted(self.latencies_ms)[int(share * len(self.latencies_ms))]

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_s / len(self.latencies_ms)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.beside", description=__doc__)
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each turn is")
    parser.add_argument("--home", type=Path, default=Path("/tmp/parvis-bench"), help="where the seeded data are kept")
    asyncio.run(run(parser.parse_args()))


async def run(arguments: argparse.Namespace) -> None:
    port = _free_port()
    home = arguments.home / f"{arguments.accounts}-{arguments.posts}"
    async with staged(home, people=arguments.accounts, posts=arguments.posts, port=port) as stage:
        row = await rows.home_hot(stage)
        await flood(port, row.requests, connections=1, seconds=2)
        owner = await _send_videos(stage)
        sides = {"halted": Side(), "at work": Side()}
        encoded_s = 0.0
        for _ in range(ROUNDS):
            for name, side in sides.items():
                await _until_encoding(stage)
                async with _halted(stage) if name == "halted" else contextlib.nullcontext():
                    before = _encoder_cpu_s(stage)
                    meter = Meter({one: stage.processes[one] for one in ("web", "database")})
                    meter.start()
                    outcome = await flood(port, row.requests, connections=1, seconds=arguments.seconds)
                    side.add(outcome, meter.stop())
                    encoded_s += max(0.0, _encoder_cpu_s(stage) - before) if name == "at work" else 0.0
        await _forget_videos(stage, owner)
    for name, side in sides.items():
        print(
            f"encoder {name:8} {len(side.latencies_ms):6} requests of home: p50 {side.percentile(0.5):6.2f} ms, "
            f"p95 {side.percentile(0.95):6.2f} ms, {side.cpu_ms:.3f} ms of CPU each"
        )
    print(f"The encoder had {encoded_s:.1f} core-seconds of {ROUNDS * arguments.seconds:.0f} s meanwhile.")
    idle, busy = sides["halted"], sides["at work"]
    print(f"p95 {busy.percentile(0.95) / idle.percentile(0.95):.2f} times, CPU {busy.cpu_ms / idle.cpu_ms:.2f} times.")


async def _send_videos(stage: Stage) -> AccountId:
    (owner,) = await rows._readers(stage, 1, skip=5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.webm"
        words = ["-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30:d=10", "-c:v", "libvpx-vp9", "-deadline", "realtime"]
        program = imageio_ffmpeg.get_ffmpeg_exe()
        process = await asyncio.create_subprocess_exec(
            program, "-v", "error", *words, "-cpu-used", "8", "-b:v", "4M", str(path)
        )
        assert await process.wait() == 0
        data = path.read_bytes()

    async def once() -> AsyncIterator[bytes]:
        yield data

    for _ in range(VIDEOS):
        await media.upload_film(stage.services, owner, sort="video", chunks=once(), size_bytes=len(data), now=utc_now())
    return owner


async def _forget_videos(stage: Stage, owner: AccountId) -> None:
    async with stage.services.db.transaction() as tx:
        await tx.execute("DELETE FROM job WHERE kind = $1", media.TRANSCODE_JOB)
        await tx.execute("DELETE FROM media WHERE account_id = $1 AND post_id IS NULL", owner)


def _encoders(stage: Stage) -> list[psutil.Process]:
    return [one for one in family(stage.processes["worker"])[1:] if "ffmpeg" in one.name()]


def _encoder_cpu_s(stage: Stage) -> float:
    """CPU time of the worker and of all encoders it has had."""
    total = 0.0
    for one in family(stage.processes["worker"]):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


async def _until_encoding(stage: Stage) -> None:
    for _ in range(300):
        if _encoders(stage):
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("No video is being worked on.")


@contextlib.asynccontextmanager
async def _halted(stage: Stage) -> AsyncIterator[None]:
    """The encoder stands still; the worker's leases go on."""
    these = _encoders(stage)
    for one in these:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.suspend()
    try:
        yield
    finally:
        for one in these:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.resume()


if __name__ == "__main__":
    main()
