"""Video and sound made by the encoder itself, small and of many kinds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import imageio_ffmpeg


def made(path: Path, *words: str) -> Path:
    """A file that ffmpeg made by these words."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-v", "error", "-y", *words, str(path)], check=True, timeout=100)
    return path


def pattern(path: Path, *words: str, size: str = "640x360", seconds: float = 2, rate: int = 25) -> Path:
    """A moving test picture with a tone."""
    return made(
        path, "-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}", "-f", "lavfi", "-i", f"sine=d={seconds}",
        *words, "-shortest",
    )  # fmt: skip


H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus")


def decoded(path: Path) -> tuple[int, float]:
    """How many pictures really come out of it, and the time of the last one."""
    with av.open(path) as container:
        times = [frame.time or 0.0 for frame in container.decode(video=0)]
    return len(times), max(times)
