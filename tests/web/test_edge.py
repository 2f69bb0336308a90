"""The nginx of deploy/ in front of a server: files come from its cache, and are gone from it when they are gone."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.rig import films
from tests.rig.server import Server, free_port

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
VIEWERS = 1000

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        shutil.which("nginx") is None, reason="There is no nginx here; as root: apt install nginx-light"
    ),
]


@contextlib.contextmanager
def edge(server: Server, folder: Path) -> Iterator[str]:
    """The configuration as it stands, but for names, ports and certificates; yields its origin."""
    port = free_port()
    text = CONFIGURATION.read_text().replace("/var/cache/nginx/parvis", str(folder / "cache"))
    text = text.replace("/var/lib/parvis/status", str(folder / "status"))
    text = text.replace("/var/log/nginx/parvis.log", str(folder / "log"))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}").replace(
        "listen 443 ssl", f"listen 127.0.0.1:{port}"
    )
    text = re.sub(r"\n\s*ssl_\w+.*;", "", text).replace("$http_host", f"127.0.0.1:{server.port}")
    text = text.replace("proxy_cache_use_stale updating;", "proxy_cache_use_stale updating;\n access_log log asked;")
    log = "log_format asked '$status $upstream_cache_status $uri';\n"
    (folder / "nginx.conf").write_text(
        f"daemon off;\nuser root;\npid {folder}/pid;\nerror_log {folder}/errors;\nevents {{}}\nhttp {{\n{log}"
        f"access_log off;\nclient_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f;\nuwsgi_temp_path {folder}/u;\nscgi_temp_path {folder}/s;\n{text}\n}}\n"
        .replace("access_log log asked", f"access_log {folder}/asked asked")
    )  # fmt: skip
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"http://127.0.0.1:{port}/health/live")
                break
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def test_a_thousand_viewers_cost_one_read_and_a_deleted_post_is_gone_from_the_cache(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    server.start()
    try:
        server.account("alice")
        film = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=2)
        headers = {"Authorization": f"Bearer {server.token('alice')}"}
        with edge(server, tmp_path) as origin, httpx.Client(base_url=origin, headers=headers, timeout=30) as app:
            sent = app.post("/api/v2/media", files={"file": ("a.mp4", film.read_bytes())}).json()
            until = time.monotonic() + 60
            while not (item := app.get(f"/api/v1/media/{sent['id']}").json()).get("url") or "processing" in item:
                assert time.monotonic() < until, item
                time.sleep(0.2)
            post = app.post("/api/v1/statuses", json={"status": "x", "media_ids": [sent["id"]]}).json()
            path = item["url"].removeprefix(server.origin)
            whole = app.get(path).content

            def view(number: int) -> bytes:
                with httpx.Client(base_url=origin, timeout=30) as viewer:
                    answer = viewer.get(path, headers={"Range": f"bytes={number % 50}-"})
                    assert answer.status_code == 206
                    return answer.content

            with ThreadPoolExecutor(16) as pool:
                parts = list(pool.map(view, range(VIEWERS)))
            assert all(part == whole[number % 50 :] for number, part in enumerate(parts))
            asked = Counter(line.split()[1] for line in (tmp_path / "asked").read_text().splitlines() if path in line)
            print(f"\n{VIEWERS} viewers: {dict(asked)}")
            assert asked["MISS"] <= -(-len(whole) // 1_048_576)

            assert app.delete(f"/api/v1/statuses/{post['id']}?delete_media=true").status_code == 200
            before = time.monotonic()
            while (status := httpx.get(origin + path).status_code) != 404:
                assert time.monotonic() - before < 90, status
                time.sleep(1)
            print(f"gone from the cache {time.monotonic() - before:.0f} s after the post")
    finally:
        server.stop()
