"""SeaweedFS, the S3 of tests: one process with everything, on ports of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.rig.server import free_port

KEY, SECRET = "test", "not-so-secret"


@contextlib.contextmanager
def running(folder: Path) -> Iterator[dict[str, str]]:
    """It answers, and holds a bucket `parvis`; yields the variables that S3 clients read."""
    access = {"credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [{"name": "tests", **access}]}))
    (folder / "data").mkdir()
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    words = [f"-{name}.port={port}" for name, port in ports.items()]
    words += [f"-{name}.port.grpc={free_port()}" for name in ports]
    words += [f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
    words += [f"-s3.config={folder / 's3.json'}", "-master.volumeSizeLimitMB=64", "-volume.max=100"]
    words += ["-volume.preStopSeconds=1", "-s3.port.iceberg=0", "-s3.port.lance=0"]  # those have fixed ports otherwise
    environment = os.environ | {"GOMEMLIMIT": "300MiB", "GOGC": "50"}  # it takes 1.3 GB without
    program = Path(sys.executable).parent / "weed"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "server", *words], stdout=log, stderr=log, env=environment, cwd=folder, stdin=subprocess.DEVNULL
        )
        try:
            _wait(f"http://127.0.0.1:{ports['s3']}/", process, folder)
            httpx.post(f"http://127.0.0.1:{ports['filer']}/buckets/parvis/").raise_for_status()
            yield {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3']}",
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_REGION": "us-east-1",
            }
        finally:
            process.kill()
            process.wait()


def _wait(address: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(address).status_code in (200, 403):
                return
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        assert time.monotonic() < until, (folder / "log").read_text()[-2000:]
        time.sleep(0.2)
