"""Video and sound made by the encoder itself, small and of many kinds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import msgspec


def made(path: Path, *words: str) -> Path:
    """A file that ffmpeg made by these words."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-v", "error", "-y", *words, str(path)], check=True, timeout=300)
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


# A white flash and a beep at the same moment, every five seconds: what is heard can be compared with what is seen.
FLASHES = 5


def flashing(path: Path, *words: str, size: str = "1920x1080", seconds: int = 60, rate: int = 30) -> Path:
    """A moving test picture that flashes and beeps together."""
    flash = f"drawbox=w=iw:h=ih:color=white:t=fill:enable='lt(mod(t,{FLASHES}),0.2)'"
    beep = f"aevalsrc='if(lt(mod(t,{FLASHES}),0.2),0.4*sin(2*PI*1000*t),0)':s=48000:d={seconds}"
    return made(
        path, "-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds},{flash}", "-f", "lavfi", "-i", beep, *words,
    )  # fmt: skip


class Watched(msgspec.Struct):
    """What somebody saw and heard who watched to the end, in seconds."""

    height: int
    pictures: int
    video_s: float
    audio_s: float
    flashes: list[float]
    beeps: list[float]

    @property
    def apart_s(self) -> float:
        """The furthest that a beep was from its flash."""
        assert len(self.flashes) == len(self.beeps), (self.flashes, self.beeps)
        return max(abs(seen - heard) for seen, heard in zip(self.flashes, self.beeps, strict=True))


def watched(path: Path) -> Watched:
    """Every picture and every sound of it, decoded."""
    flashes: list[float] = []
    beeps: list[float] = []
    count, height, white = 0, 0, False
    shown: list[float] = []
    with av.open(path) as container:
        for frame in container.decode(video=0):
            count, height = count + 1, frame.height
            shown.append(float(frame.time or 0))
            luma = frame.reformat(16, 16, "gray").to_ndarray()
            was, white = white, bool(luma.min() > 200)
            if white and not was:
                flashes.append(float(frame.time or 0))
    audio_s, first, quiet_since = 0.0, 1e9, -9.0
    with av.open(path) as container:
        for frame in container.decode(audio=0):
            loud = abs(frame.to_ndarray()[0]).reshape(-1) > 0.02
            start = float(frame.time or 0)
            first = min(first, start)
            audio_s = start + frame.samples / frame.sample_rate - first
            for place in loud.nonzero()[0]:
                moment = start + int(place) / frame.sample_rate
                if moment - quiet_since > 1:
                    beeps.append(moment)
                quiet_since = moment
    video_s = (max(shown) - min(shown)) * count / (count - 1)
    return Watched(height, count, video_s, audio_s, flashes, beeps)
