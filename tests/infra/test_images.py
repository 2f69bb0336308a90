"""Pictures of strangers: what comes out, what is refused, and that the one who decodes can do no harm."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pyvips

from parvis.base.errors import Invalid, Unavailable
from parvis.base.settings import Settings
from parvis.infra.confinement import UNPRIVILEGED_ID
from parvis.infra.images import ImageFile, ImageWorkers, ProcessedImage
from tests.rig import pictures

SECRETS = (b"SecretCamera", b"SN-424242", b"SecretPlace", b"Exif", b"GPS", b"xmp")


@pytest.fixture
async def workers() -> AsyncIterator[ImageWorkers]:
    workers = ImageWorkers(Settings())
    yield workers
    await workers.close()


def named(result: ProcessedImage, name: str) -> ImageFile:
    return next(file for file in result.files if file.name == name)


def decoded(file: ImageFile) -> Any:
    image: Any = pyvips.Image.new_from_buffer(file.data, "")
    assert (image.width, image.height) == (file.width, file.height)
    return image


def nearly(pixel: list[float], wanted: list[float]) -> bool:
    return all(abs(a - b) < 25 for a, b in zip(pixel, wanted, strict=True))


# ── what comes out ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_attachment_becomes_three_files_and_a_blurhash(workers: ImageWorkers) -> None:
    result = await workers.process(pictures.jpeg(5000, 2500))
    sizes = {file.name: (file.content_type, file.width, file.height) for file in result.files}
    assert sizes == {
        "original.webp": ("image/webp", 3840, 1920),
        "small.webp": ("image/webp", 640, 320),
        "preview.jpg": ("image/jpeg", 640, 320),
    }
    for file in result.files:
        assert nearly(decoded(file)(3, 3), [220, 30, 30])
    assert result.blurhash is not None
    assert len(result.blurhash) == 28


async def test_small_pictures_are_not_enlarged(workers: ImageWorkers) -> None:
    result = await workers.process(pictures.png(10, 300))
    assert {(file.width, file.height) for file in result.files} == {(10, 300)}


async def test_avatars_and_headers_cover_their_frame(workers: ImageWorkers) -> None:
    avatar = await workers.process(pictures.png(100, 700), "avatar")
    assert [(file.name, file.width, file.height) for file in avatar.files] == [
        ("original.webp", 400, 400),
        ("small.webp", 96, 96),
    ]
    header = await workers.process(pictures.png(700, 100), "header")
    assert [(file.width, file.height) for file in header.files] == [(1500, 500), (750, 250)]
    assert nearly(decoded(header.files[0])(5, 250), [220, 30, 30])
    assert nearly(decoded(header.files[0])(1495, 250), [30, 30, 220])


async def test_a_photograph_is_turned_upright_and_tells_nothing_of_its_owner(workers: ImageWorkers) -> None:
    data = pictures.photograph_with_secrets()
    assert all(secret in data for secret in (b"SecretCamera", b"SN-424242", b"SecretPlace", b"Exif"))
    for kind in ("attachment", "avatar", "header"):
        for file in (await workers.process(data, kind)).files:
            image = decoded(file)
            kept = {field for field in image.get_fields() if field.startswith(("exif", "xmp", "iptc", "icc"))}
            assert not kept
            assert not any(secret.lower() in file.data.lower() for secret in SECRETS)
            if kind == "attachment":  # orientation 6: the left side of what is stored is the top
                assert (file.width, file.height) == (80, 120)
                assert nearly(image(40, 5), [220, 30, 30])
                assert nearly(image(40, 114), [30, 30, 220])


async def test_what_is_hidden_behind_a_picture_does_not_survive(workers: ImageWorkers) -> None:
    result = await workers.process(pictures.jpeg() + b"<script>alert(1)</script><?php system('id') ?>")
    assert not any(b"script" in file.data or b"php" in file.data for file in result.files)


@pytest.mark.parametrize("form", ["webp", "gif", "avif", "png16", "grey", "cmyk", "wide"])
async def test_every_welcome_form_keeps_its_colours(workers: ImageWorkers, form: str) -> None:
    image = pictures.picture()
    data = {
        "webp": lambda: image.webpsave_buffer(lossless=True),
        "gif": lambda: image.gifsave_buffer(),
        "avif": lambda: image.heifsave_buffer(compression="av1", effort=0, Q=90),
        "png16": lambda: image.colourspace("rgb16").pngsave_buffer(),
        "grey": lambda: image.colourspace("b-w").pngsave_buffer(),
        "cmyk": lambda: image.icc_transform("cmyk", input_profile="srgb").jpegsave_buffer(Q=95),
        "wide": lambda: image.icc_transform("p3", input_profile="srgb").pngsave_buffer(),
    }[form]()
    result = await workers.process(data)
    original = decoded(named(result, "original.webp"))
    assert original.bands == 3
    if form == "grey":
        red, green, blue = original(5, 40)
        assert red == green == blue
    elif form == "cmyk":
        red, green, blue = original(5, 40)
        assert red > 150 > 100 > green
    else:
        assert nearly(original(5, 40), [220, 30, 30])


async def test_transparency_is_kept_and_white_in_the_preview(workers: ImageWorkers) -> None:
    clear = pictures.picture().bandjoin(pyvips.Image.black(120, 80))
    result = await workers.process(clear.pngsave_buffer())
    assert decoded(named(result, "original.webp"))(5, 5)[3] == 0
    assert nearly(decoded(named(result, "preview.jpg"))(5, 5), [255, 255, 255])


async def test_an_animation_becomes_its_first_frame(workers: ImageWorkers) -> None:
    frames = pictures.picture().join(pictures.picture().invert(), "vertical").copy()
    frames.set_type(pyvips.GValue.gint_type, "page-height", 80)
    result = await workers.process(frames.gifsave_buffer())
    original = named(result, "original.webp")
    assert (original.width, original.height) == (120, 80)
    assert nearly(decoded(original)(5, 5), [220, 30, 30])


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
async def test_photographs_of_phones_are_read_upright_and_bare(workers: ImageWorkers, brand: bytes) -> None:
    data = pictures.heic(120, 80)
    assert data[4:12] == b"ftypheic"
    result = await workers.process(data[:8] + brand + data[12:])
    original = named(result, "original.webp")
    assert (original.width, original.height) == (120, 80)
    assert nearly(decoded(original)(5, 5), [220, 30, 30])
    assert nearly(decoded(original)(115, 75), [30, 30, 220])
    for file in result.files:
        assert not any(secret in file.data for secret in SECRETS)
    turned = named(await workers.process(pictures.heic(120, 80, turned=True)), "original.webp")
    assert (turned.width, turned.height) == (80, 120)
    assert workers.started == 1


async def test_too_large_and_damaged_photographs_of_phones_are_refused(workers: ImageWorkers) -> None:
    data = pictures.heic(640, 480)
    with pytest.raises(Invalid) as refusal:
        await workers.process(data[: len(data) // 2])
    assert refusal.value.code == "damaged"
    small = ImageWorkers(msgspec.structs.replace(Settings(), image_pixels=100_000))
    try:
        with pytest.raises(Invalid) as refusal:
            await small.process(data)
    finally:
        await small.close()
    assert refusal.value.code == "too_many_pixels"


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_picture"),
        (b"\xff\xd8\xff", "damaged"),
        (b"just text that somebody named holiday.png", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>", "not_a_picture"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (b"%PDF-1.7\n", "not_a_picture"),
        (b"II*\x00\x08\x00\x00\x00", "not_a_picture"),
        (b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/x.jpg)'\n", "not_a_picture"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "damaged"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif", "damaged"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8 ", "damaged"),
    ],
)
async def test_what_is_no_picture_is_refused_with_a_reason(workers: ImageWorkers, data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await workers.process(data)
    assert (refusal.value.field, refusal.value.code) == ("file", code)
    assert refusal.value.message.endswith(".")


async def test_half_a_picture_is_refused(workers: ImageWorkers) -> None:
    image = pyvips.Image.gaussnoise(300, 300).cast("uchar")
    for data in (image.jpegsave_buffer(), image.pngsave_buffer(), image.webpsave_buffer(), image.gifsave_buffer()):
        with pytest.raises(Invalid) as refusal:
            await workers.process(data[: len(data) // 2])
        assert refusal.value.code == "damaged"
    assert workers.started == 1


@pytest.mark.parametrize(
    "data",
    [
        pictures.png_header(65535, 65535),
        pictures.jpeg_claiming(65500, 65500),
        pictures.gif_claiming(65535, 65535),
        pictures.png_header(33_177_601, 1),
        pictures.png_header(7681, 4320),
    ],
    ids=["png", "jpeg", "gif", "line", "just_too_large"],
)
async def test_too_many_pixels_are_refused_before_they_are_decoded(workers: ImageWorkers, data: bytes) -> None:
    await workers.confinement()  # the process is there, so that its start is not measured
    began = time.monotonic()
    with pytest.raises(Invalid) as refusal:
        await workers.process(data)
    assert time.monotonic() - began < 1
    assert refusal.value.code == "too_many_pixels"
    assert "33 million" in refusal.value.message


async def test_an_animation_without_end_is_refused(workers: ImageWorkers) -> None:
    with pytest.raises(Invalid) as refusal:
        await workers.process(pictures.gif_of_frames(50_000))
    assert refusal.value.code == "too_many_frames"


async def test_the_largest_picture_allowed_passes_within_the_memory_limit(workers: ImageWorkers) -> None:
    data = pyvips.Image.black(7680, 4320, bands=4).cast("ushort").copy(interpretation="rgb16").pngsave_buffer()
    result = await workers.process(data)
    assert named(result, "original.webp").width == 3840


# ── what goes wrong stays small ──────────────────────────────────────────────────────────────────────────────────


def children() -> list[int]:
    """The image processes of this test process."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if int(parent) == os.getpid() and b"image_process" in command:
                found.append(int(folder.name))
    return found


async def test_a_killed_idle_process_is_replaced_unnoticed(workers: ImageWorkers) -> None:
    await workers.process(pictures.jpeg())
    os.kill(workers.process_ids[0], signal.SIGKILL)
    await workers.process(pictures.jpeg())
    assert workers.started == 2


async def test_a_poisonous_picture_costs_its_processes_and_nothing_else(workers: ImageWorkers) -> None:
    poison = asyncio.create_task(workers.process(pictures.noise_png(4000, 3000)))
    while not poison.done():  # what a decoder bug would do, done from outside
        for process_id in children():
            os.kill(process_id, signal.SIGSEGV)
        await asyncio.sleep(0.02)
    with pytest.raises((Invalid, Unavailable)):
        await poison
    assert (await workers.process(pictures.jpeg())).blurhash is not None


async def test_a_picture_that_takes_too_long_is_given_up_and_its_process_ended() -> None:
    workers = ImageWorkers(Settings(), time_limit_s=0.05)
    try:
        await workers.confinement()
        with pytest.raises(Unavailable):
            await workers.process(pictures.noise_png(4000, 3000))
        assert children() == []
    finally:
        await workers.close()


async def test_a_caller_who_goes_away_leaves_no_process_in_the_middle_of_something(workers: ImageWorkers) -> None:
    await workers.confinement()
    task = asyncio.create_task(workers.process(pictures.noise_png(4000, 3000)))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []
    assert (await workers.process(pictures.jpeg())).files


async def test_processes_are_shared_replaced_and_ended_when_idle() -> None:
    workers = ImageWorkers(Settings(), size=2, images_each=3, idle_s=0.2)
    try:
        await asyncio.gather(*(workers.process(pictures.jpeg()) for _ in range(6)))
        assert 2 <= workers.started <= 3
        await asyncio.sleep(0.6)
        assert (workers.process_ids, children()) == ([], [])
        assert (await workers.process(pictures.jpeg())).files
    finally:
        await workers.close()


async def test_too_many_pictures_at_a_time_are_turned_away() -> None:
    workers = ImageWorkers(Settings(), size=1, queue=1)
    try:
        outcomes = await asyncio.gather(*(workers.process(pictures.jpeg()) for _ in range(4)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ProcessedImage, ProcessedImage, Unavailable, Unavailable]
    finally:
        await workers.close()


async def test_closing_leaves_no_process() -> None:
    workers = ImageWorkers(Settings())
    await asyncio.gather(workers.process(pictures.jpeg()), workers.process(pictures.jpeg()))
    assert children() != []
    await workers.close()
    assert children() == []


# ── the cage ─────────────────────────────────────────────────────────────────────────────────────────────────────

ESCAPES = """
import os, socket, threading
from parvis.infra.confinement import confine
print(confine(memory_bytes=1 << 30).calls_filtered)
attempts = {
    "read a file": lambda: open("/etc/passwd"),
    "list a folder": lambda: os.listdir("/"),
    "write a file": lambda: open("/tmp/escaped", "w"),
    "make a folder": lambda: os.mkdir("/tmp/escaped"),
    "delete a file": lambda: os.unlink("/tmp/none"),
    "rename a file": lambda: os.rename("/tmp/none", "/tmp/other"),
    "open a socket": lambda: socket.socket(socket.AF_INET),
    "open a local socket": lambda: socket.socket(socket.AF_UNIX),
    "open a pipe": os.pipe,
    "start a program": lambda: os.execv("/bin/true", ["true"]),
    "split": os.fork,
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "become root": lambda: os.setuid(0) if os.getuid() else 1 / 0,
}
for name, attempt in attempts.items():
    try:
        attempt()
    except OSError:
        continue
    print("could", name)
thread = threading.Thread(target=lambda: print("threads work"))
thread.start()
thread.join()
"""


def test_a_confined_process_can_open_start_and_reach_nothing() -> None:
    child = subprocess.run(
        [sys.executable, "-c", ESCAPES],
        capture_output=True, text=True, timeout=30, check=False, env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (child.stdout.splitlines(), child.stderr) == (["True", "threads work"], "")


async def test_the_real_process_is_confined(workers: ImageWorkers) -> None:
    await workers.process(pictures.jpeg())
    folder = Path("/proc") / str(workers.process_ids[0])
    status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    limits = (folder / "limits").read_text()
    for limit in ("Max open files", "Max file size", "Max core file size"):
        assert next(line for line in limits.splitlines() if line.startswith(limit)).split()[-3:-1] == ["0", "0"]
    confinement = await workers.confinement()
    assert confinement.calls_filtered
    if os.geteuid() == 0:
        assert confinement.account_changed
        assert status["Uid"].split() == [str(UNPRIVILEGED_ID)] * 4
        assert status["Groups"].strip() == ""
        assert int(status["CapEff"], 16) == 0


async def test_the_process_knows_no_settings_of_ours(workers: ImageWorkers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARVIS_DATABASE_URL", "postgresql://secret")
    await workers.process(pictures.jpeg())
    environment = (Path("/proc") / str(workers.process_ids[0]) / "environ").read_bytes()
    assert b"secret" not in environment
    assert b"PARVIS" not in environment
