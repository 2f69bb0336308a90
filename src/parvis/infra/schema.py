"""The sum of all migrations as one readable file, and as the database sees it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from parvis.infra.engines import binaries
from parvis.infra.migrate import FOLDER

FILE = FOLDER / "schema.sql"

_HEADING = "-- The sum of all migrations, made by `make schema`. Do not edit.\n\n"
# Settings of the session, comments that repeat the statement, and the random tokens of \\restrict.
_NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n", re.MULTILINE)


async def dumped(url: str) -> str:
    """The schema of that database, in an order and form that depend on nothing else."""
    return normalised(await asyncio.to_thread(_dump, url))


def normalised(dump: str) -> str:
    """pg_dump's text without what changes from run to run."""
    bare = _NOISE.sub("", dump)
    return _HEADING + re.sub(r"\n{3,}", "\n\n", bare).strip() + "\n"


def write(text: str, path: Path = FILE) -> None:
    path.write_text(text)


def _dump(url: str) -> str:
    """Raises: CalledProcessError, whose stderr says why."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "PGHOST": host,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),  # in the environment: a command line is seen by everybody
        "PGDATABASE": parts.path.removeprefix("/"),
    }
    options = ["--schema-only", "--no-owner", "--no-privileges", "--no-comments"]
    program = str(binaries.postgres_program("pg_dump"))
    return subprocess.run([program, *options], env=environment, capture_output=True, text=True, check=True).stdout
