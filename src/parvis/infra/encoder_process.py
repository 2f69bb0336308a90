"""The child that becomes the encoder: `python -m parvis.infra.encoder_process idle|nice PROGRAM ARGUMENT…`, by infra/video.py.

The program works on the files of this folder, without network, last in line. Nothing is imported here that need not
be: this runs several times for each size of each video, and somebody waits for the first one.
"""

from __future__ import annotations

import os
import sys

from parvis.infra.confinement import confine_program

MEMORY_BYTES = 6 * 1024**3
CPU_S = 3 * 3600
FILE_BYTES = 4 * 1024**3


def main() -> None:
    """This process has become the program."""
    rank, program, *arguments = sys.argv[1:]
    handle = os.open(program, os.O_RDONLY)  # before the account changes: it may not reach the program's folder then
    confine_program(memory_bytes=MEMORY_BYTES, file_bytes=FILE_BYTES, cpu_s=CPU_S, idle=rank == "idle")
    os.execve(handle, ["ffmpeg", *arguments], {"LANG": "C.UTF-8"})  # noqa: S606


if __name__ == "__main__":
    main()
