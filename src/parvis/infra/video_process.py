"""The child that looks into video of strangers: `python -m parvis.infra.video_process`, started by infra/video.py.

The file on standard input is looked into, in the tightest cage; JSON comes out.

Which format a file may have is a list of ours, so nothing that names other files (playlists, concatenations) is read.
"""

from __future__ import annotations

import io
import os
import resource
from typing import Any, BinaryIO

import av
import av.logging
import msgspec
from av.error import FFmpegError

from parvis.infra.confinement import confine
from parvis.infra.video_facts import Found

PROBE_MEMORY_BYTES = 2 * 1024**3
PROBE_CPU_S = 20
FORMATS = ("mov", "matroska", "mp3", "ogg", "flac", "wav")
_MOST_STREAMS = 32


def main() -> None:
    """One file was looked into."""
    os.nice(5)
    av.logging.set_level(None)
    _prepare()
    confine(memory_bytes=PROBE_MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_CPU, (PROBE_CPU_S, PROBE_CPU_S))
    os.write(1, msgspec.json.encode(_probed(os.fdopen(0, "rb", buffering=0, closefd=False))))


def _prepare() -> None:
    """Everything that is loaded at first use has been used: later, nothing can be loaded any more."""
    sample = io.BytesIO()
    with av.open(sample, "w", format="matroska") as container:
        pictures: Any = container.add_stream("mpeg4", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 32, 32, "yuv420p"
        container.add_stream("pcm_s16le", rate=8000)
        for packet in [*pictures.encode(av.VideoFrame(32, 32, "yuv420p")), *pictures.encode()]:
            container.mux(packet)
    for content in (sample.getvalue(), b"", b"RIFF"):
        _probed(io.BytesIO(content))
    msgspec.json.encode(Found())


def _probed(file: BinaryIO | io.RawIOBase) -> Found:
    try:
        with av.open(
            file,
            container_options={"format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,ogg,flac,wav"},
        ) as container:
            return _found(container)
    except (FFmpegError, ValueError, StopIteration):
        return Found(refused="This file is damaged, or of a kind that cannot be taken.")


def _found(container: Any) -> Found:
    if len(container.streams) > _MOST_STREAMS:
        return Found(refused=f"This file has more than {_MOST_STREAMS} tracks.", code="film_tracks")
    found = Found(
        format=container.format.name.split(",")[0],
        duration_ms=None if container.duration is None else container.duration // 1000,
        bit_rate=container.bit_rate or 0,
    )
    if container.streams.audio:
        found.audio_codec = container.streams.audio[0].codec_context.name
    pictures = [stream for stream in container.streams.video if not _is_cover(stream)]
    if pictures:
        stream = pictures[0]
        found.video_codec = stream.codec_context.name
        found.width, found.height = stream.codec_context.width, stream.codec_context.height
        found.pixel_format = stream.codec_context.pix_fmt or ""
        found.frame_rate = float(stream.average_rate or stream.guessed_rate or 0)
        if 0 < found.width * found.height <= 40_000_000:
            found.rotation = int(next(container.decode(stream)).rotation) % 360
    return found


def _is_cover(stream: Any) -> bool:
    return bool(int(stream.disposition) & 0x400)  # the picture of a song


if __name__ == "__main__":
    main()
