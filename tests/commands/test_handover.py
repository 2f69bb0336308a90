"""The kit of `parvis handover`: it says what there is, gives nothing away, and by it alone a destroyed place comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from parvis.handover.masking import masked, scrubbed
from parvis.infra.engines.places import SECRETS, Places
from tests.faults.applicants import Applicants
from tests.faults.crowd import Crowd
from tests.faults.processes import kill_all
from tests.rig.server import COMMAND, Server, free_port

NOTHING = {"PATH": "/usr/bin:/bin", "HOME": "/"}  # of the settings of the place
KEPT_WITHIN_S = 60.0
SECRET = {
    "PARVIS_SMTP_URL": "smtp://me:hunter2@127.0.0.1:1?starttls=off",
    "PARVIS_TRANSLATION_KEY": "a-key-of-the-translator",
    "PARVIS_ALERT_WEBHOOK": "http://127.0.0.1:1/hook/T0K3N",
    "AWS_SECRET_ACCESS_KEY": "the-secret-of-the-bucket",
}


# ── nothing is given away ──


@pytest.mark.parametrize(
    ("name", "raw", "shown"),
    [
        ("smtp_url", "smtps://me@mail.example:p%40ss@mail.example:465", "smtps://me@mail.example:…@mail.example:465"),
        ("smtp_url", "smtp://127.0.0.1:25?starttls=off", "smtp://127.0.0.1:25?starttls=off"),
        (
            "database_url",
            "postgresql://p:word@/x?host=%2Frun&password=word",
            "postgresql://p:…@/x?host=/run&password=…",
        ),
        ("nats_url", "nats://token@broker.example:4222", "nats://…@broker.example:4222"),
        ("alert_webhook", "https://hooks.example/services/T/B/x?y=z", "https://hooks.example/…"),
        ("translation_key", "key", "…"),
        ("backup", "s3://bucket/prefix", "s3://bucket/prefix"),
        ("backup", "/backup/parvis", "/backup/parvis"),
        ("name", "A place: with @ and key=value", "A place: with @ and key=value"),
    ],
)
def test_a_setting_is_shown_without_what_opens_something(name: str, raw: str, shown: str) -> None:
    assert masked(name, raw) == shown


def test_words_of_others_are_shown_without_passwords() -> None:
    said = scrubbed("cannot reach postgresql://me:word@db.example/x: AWS_SECRET_ACCESS_KEY=abc, token: xyz and more")
    assert said == "cannot reach postgresql://me:…@db.example/x: AWS_SECRET_ACCESS_KEY=…, token: … and more"


# ── what there is ──


def test_the_kit_tells_what_there_is_and_is_closed_to_others(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    folder.mkdir(mode=0o755)
    assert "HANDOVER.md" in server.run("handover", "--to", str(folder))
    assert {path.name for path in folder.iterdir()} == {"HANDOVER.md", "handover.json"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    kit = json.loads((folder / "handover.json").read_text())
    assert kit["running"]
    assert {"serve", "postgres", "nats", "web"} <= {one["name"] for one in kit["machine"]["processes"]}
    assert [one["name"] for one in kit["engines"] if re.match(r"\d+\.", one["version"])] == ["PostgreSQL", "NATS"]
    assert {"account", "post", "home_entry"} <= {one["name"] for one in kit["held"]["tables"]}
    assert kit["held"]["schedules"]
    assert {one["variable"] for one in kit["settings"]} >= {"PARVIS_HOME", "PARVIS_PORT"}
    words = (folder / "HANDOVER.md").read_text()
    assert "**No backup is known" in words
    assert "There is nothing that could be brought back" in words
    assert "`parvis owner link`" in words
    assert "{{" not in words
    assert "\n\n\n\n" not in words


def test_the_kit_is_written_also_when_the_database_is_dead(tmp_path: Path) -> None:
    """When it is needed most, not everything answers."""
    dead = {
        "PARVIS_DATABASE_URL": f"postgresql://me:hunter2@127.0.0.1:{free_port()}/parvis",
        "PARVIS_NATS_URL": f"nats://T0K3N@127.0.0.1:{free_port()}",
        "PARVIS_MEDIA_URL": f"file://{tmp_path}/media",
    }
    server = Server(tmp_path / "home", settings=dead)
    server.home.mkdir()
    server.run("handover", "--to", str(tmp_path / "kit"))
    words = (tmp_path / "kit" / "HANDOVER.md").read_text()
    assert "The database does not answer" in words
    assert "How it is cannot be told" in words
    assert "postgresql://me:…@127.0.0.1" in words
    kit = json.loads((tmp_path / "kit" / "handover.json").read_text())
    assert kit["held"] is None
    assert (kit["media"], kit["media_elsewhere"]) == (f"{tmp_path}/media", False), "a folder, and so in each backup"
    for path in (tmp_path / "kit").iterdir():
        assert not re.search("hunter2|T0K3N", path.read_text())


# ── taking over for real ──


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("synchronous", [True, False], ids=["synchronous", "as usual"])
async def test_a_destroyed_place_comes_back_by_the_kit_alone(tmp_path: Path, synchronous: bool) -> None:
    kit, copies = tmp_path / "kit", tmp_path / "copies"
    server = Server(tmp_path / "home", settings={"PARVIS_BACKUP": str(copies), **SECRET})
    await asyncio.to_thread(server.start)
    try:
        crowd, applicants = Crowd(server), Applicants(server)
        await asyncio.to_thread(crowd.gather, 2)
        await crowd.publish(5)
        async with followed(server):
            if synchronous:
                await commits_wait_for_the_copy(server)
                await asyncio.to_thread(server.run, "backup")  # which holds that setting, and must not wait for anybody
            assert (copies / "handover" / "HANDOVER.md").exists(), (
                "whoever finds the copies finds how to bring them back"
            )
            await asyncio.to_thread(server.run, "handover", "--to", str(kit))
            acknowledged = await acknowledged_until_it_dies(server, crowd, applicants)
        gives_nothing_away(kit, server)
        shutil.rmtree(server.home)

        began = time.monotonic()
        await asyncio.to_thread(brought_back, kit / "HANDOVER.md", server)
        print(f"destroyed, and answering again by the kit alone after {time.monotonic() - began:.1f} s")
        lost = set(acknowledged) - await there(server)
        newest = max(acknowledged.values())
        longest = max((newest - acknowledged[one] for one in lost), default=0.0)
        receipts = sum(one.startswith("u") for one in acknowledged)
        print(
            f"{len(acknowledged) - receipts} posts and {receipts} receipts were acknowledged; "
            f"{len(lost)} are missing, the last {longest:.1f} s"
        )
        assert receipts > 20
        assert longest <= KEPT_WITHIN_S
        assert not synchronous or not lost
        after_it(kit / "HANDOVER.md", server)
    finally:
        await asyncio.to_thread(server.stop)


@contextlib.asynccontextmanager
async def followed(server: Server) -> AsyncIterator[None]:
    """`parvis backup --follow` runs beside, as the operator's service does."""
    process = subprocess.Popen(  # noqa: ASYNC220
        [*COMMAND, "backup", "--follow"], env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        print(await asyncio.to_thread(until_following, process))
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 60)


async def commits_wait_for_the_copy(server: Server) -> None:
    db = await asyncpg.connect(Places(server.home).database_url(user="postgres", database="postgres"))
    try:
        await db.execute("ALTER SYSTEM SET synchronous_standby_names = 'pg_receivewal'")
        await db.execute("SELECT pg_reload_conf()")
        async with asyncio.timeout(30):
            waits = "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')"
            while not await db.fetchval(waits):  # noqa: ASYNC110 - another process sees to it
                await asyncio.sleep(0.2)
    finally:
        db.terminate()


async def acknowledged_until_it_dies(server: Server, crowd: Crowd, applicants: Applicants) -> dict[str, float]:
    """People publish and sign up, and in the middle of it everything is killed. What was acknowledged, and when."""
    known: dict[str, float] = {}

    async def note() -> None:
        while True:
            for one in (*crowd.acknowledged, *applicants.tickets):
                known.setdefault(one, time.monotonic())
            await asyncio.sleep(0.05)

    working = [
        asyncio.create_task(work) for work in (crowd.publish(4000), applicants.come(4000, side_by_side=4), note())
    ]
    async with asyncio.timeout(120):
        while len(crowd.acknowledged) < 200 or len(applicants.tickets) < 50:  # noqa: ASYNC110 - others come
            await asyncio.sleep(0.1)
    await asyncio.to_thread(kill_all, server)
    for one in (*crowd.acknowledged, *applicants.tickets):
        known.setdefault(one, time.monotonic())
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    return known


async def there(server: Server) -> set[str]:
    """The words of all posts, and the handles of all receipts."""
    db = await asyncpg.connect(Places(server.home).database_url())
    try:
        posts = {row["text"] for row in await db.fetch("SELECT text FROM post")}
        return posts | {row["handle"] for row in await db.fetch("SELECT handle FROM receipt")}
    finally:
        await db.close()


def gives_nothing_away(kit: Path, server: Server) -> None:
    """None of the passwords, keys and secret addresses of the place is in the kit; where they are kept is."""
    opens = [*SECRET.values(), "hunter2", "T0K3N", *(Places(server.home).secret(name) for name in SECRETS)]
    for path in kit.iterdir():
        text = path.read_text()
        assert not [one for one in opens if one in text]
    text = (kit / "HANDOVER.md").read_text()
    for name in SECRET:
        assert f"| {name} (" in text
        assert f"# {name} was" in text
    assert f"{server.home}/secrets" in text


def blocks(page: Path) -> list[str]:
    """What the kit says is to be typed: settings, restore, serve, afterwards."""
    found = re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    assert len(found) == 4, found
    return found


def brought_back(page: Path, server: Server) -> None:
    """The kit was followed to the letter, in a shell that knows nothing else, up to a server that answers."""
    settings, restore, serve, _ = blocks(page)
    print(typed(settings + restore))
    with (page.parent / "serve.log").open("wb") as log:
        server.process = subprocess.Popen(
            ["bash", "-c", f"{settings}exec {serve}"], env=NOTHING, stdout=log, stderr=log
        )
    end = time.monotonic() + 90
    while not server.answers():
        assert server.process.poll() is None, (page.parent / "serve.log").read_text()
        assert time.monotonic() < end
        time.sleep(0.05)


def after_it(page: Path, server: Server) -> None:
    settings, _, _, afterwards = blocks(page)
    said = typed(settings + afterwards)
    print(said)
    assert "drill: account" in said


def typed(lines: str) -> str:
    done = subprocess.run(["bash", "-e", "-c", lines], env=NOTHING, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, (lines, done.stdout, done.stderr)
    return done.stdout


def until_following(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line.decode()
        if "from now on" in said:
            return said
    raise AssertionError(said)
