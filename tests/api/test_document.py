"""The running server is what its OpenAPI document says, whatever it is asked: schemathesis tries.

`FUZZ_S` seconds altogether (two minutes if not said), from `FUZZ_SEED`; both are printed.

    FUZZ_S=1200 make test-long T=tests/api/test_document.py
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.clients.conftest import picture
from tests.rig.server import Server

SECONDS = int(os.environ.get("FUZZ_S", "120"))
SEED = int(os.environ.get("FUZZ_SEED", random.randrange(2**31)))
# No failure of the server, no status, media type or form of an answer that the document does not name.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize(("who", "share"), [("member", 0.65), ("stranger", 0.35)])
def test_the_server_is_as_its_document_says(server: Server, tmp_path: Path, who: str, share: float) -> None:
    headers: list[str] = []
    if who == "member":
        server.account("fuzzy")
        token = server.token("fuzzy")
        _furnish(server, token)
        headers = ["--header", f"Authorization: Bearer {token}"]
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", f"{server.origin}/api/openapi.json", "--url", server.origin,
        "--checks", CHECKS, "--max-time", str(int(SECONDS * share)), "--seed", str(SEED), "--workers", "1",
        "--continue-on-failure", "--no-shrink", "--request-timeout", "60", "--suppress-health-check", "all",
        "--warnings", "off", "--no-color",
    ]  # fmt: skip
    print(" ".join(command).replace(server.origin, "$ORIGIN"), f"({who})")
    done = subprocess.run([*command, *headers], capture_output=True, text=True, cwd=tmp_path, timeout=SECONDS + 500)
    print(done.stdout[-30_000:])
    assert done.returncode == 0, done.stdout[-30_000:] + done.stderr[-2000:]
    assert "request.failed" not in server.log()


def _furnish(server: Server, token: str) -> None:
    """There is something to find: posts with a question and a picture, a list, a filter, a hashtag followed."""
    with httpx.Client(base_url=server.origin, headers={"Authorization": f"Bearer {token}"}, timeout=30) as app:
        media = app.post("/api/v2/media", files={"file": ("a.png", picture(), "image/png")}).json()["id"]
        for body in (
            {"status": "of #bread", "media_ids": [media]},
            {"status": "which?", "poll": {"options": ["one", "two"], "expires_in": 3600}},
            {"status": "later", "scheduled_at": "2030-01-01T00:00:00.000Z"},
        ):
            assert app.post("/api/v1/statuses", json=body).status_code == 200
        assert app.post("/api/v1/lists", json={"title": "theirs"}).status_code == 200
        assert app.post("/api/v2/filters", json={"title": "theirs", "context": ["home"]}).status_code == 200
        assert app.post("/api/v1/tags/bread/follow").status_code == 200
