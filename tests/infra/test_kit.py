"""What a kit keeps of files and of the journal: what is needed, and nothing that was taken away."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.infra.engines import kit as kits
from parvis.infra.engines import kit_media, restoring


def at(minute: int) -> datetime:
    return datetime(2026, 5, 1, 12, minute, tzinfo=UTC)


def base(kit: Path, minute: int, first: str) -> Path:
    made = kit / f"base-{at(minute):%Y%m%dT%H%M%SZ}"
    made.mkdir(parents=True)
    (made / "backup_label").write_text(
        f"START WAL LOCATION: 0/2000028 (file {first})\nCHECKPOINT LOCATION: 0/2000080\n"
    )
    return made


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "posts").mkdir(parents=True)
    for name in ("kept.webp", "gone.webp"):
        (folder / "posts" / name).write_bytes(b"picture")
    return folder


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return tmp_path / "kit"


def brought_back(kit: Path, to: Path, moment: datetime | None) -> set[str]:
    kits.copy_new(kit / "media", to, without=kit_media.gone_by(kit, moment))
    return {one.name for one in to.rglob("*.webp")}


async def nothing(_missing: frozenset[str], _here: frozenset[str]) -> frozenset[str]:
    """The place shows none of what is missing."""
    return frozenset()


async def everything(missing: frozenset[str], _here: frozenset[str]) -> frozenset[str]:
    """The place shows all of what is missing."""
    return missing


async def test_a_picture_that_was_removed_is_not_brought_back_but_to_a_moment_before(
    media: Path, kit: Path, tmp_path: Path
) -> None:
    base(kit, 0, "000000010000000000000002")
    assert await kit_media.copy(media, kit, at(1), nothing) == 2
    (media / "posts" / "gone.webp").unlink()
    assert await kit_media.copy(media, kit, at(10), nothing) == 0
    assert brought_back(kit, tmp_path / "latest", None) == {"kept.webp"}
    assert brought_back(kit, tmp_path / "earlier", at(5)) == {"kept.webp", "gone.webp"}
    await kit_media.copy(media, kit, at(20), nothing)
    assert kit_media.gone(kit) == {"posts/gone.webp": at(10)}, "since it was first missed"


async def test_what_no_copy_had_any_more_leaves_the_kit(media: Path, kit: Path) -> None:
    oldest = base(kit, 0, "000000010000000000000002")
    await kit_media.copy(media, kit, at(1), nothing)
    (media / "posts" / "gone.webp").unlink()
    await kit_media.copy(media, kit, at(10), nothing)
    oldest.rename(kit / f"base-{at(30):%Y%m%dT%H%M%SZ}")
    await kit_media.copy(media, kit, at(40), nothing)
    assert {one.name for one in (kit / "media").rglob("*.webp")} == {"kept.webp"}
    assert kit_media.gone(kit) == {}


async def test_what_the_disk_lost_stays_in_the_kit(media: Path, kit: Path, tmp_path: Path) -> None:
    oldest = base(kit, 0, "000000010000000000000002")
    await kit_media.copy(media, kit, at(1), nothing)
    (media / "posts" / "gone.webp").unlink()
    await kit_media.copy(media, kit, at(10), nothing)  # as a release did that did not ask
    await kit_media.copy(media, kit, at(20), everything)
    oldest.rename(kit / f"base-{at(30):%Y%m%dT%H%M%SZ}")
    await kit_media.copy(media, kit, at(40), everything)
    assert brought_back(kit, tmp_path / "latest", None) == {"kept.webp", "gone.webp"}


async def test_a_file_that_the_disk_cut_short_stays_whole_in_the_kit(media: Path, kit: Path) -> None:
    base(kit, 0, "000000010000000000000002")
    await kit_media.copy(media, kit, at(1), nothing)
    (media / "posts" / "kept.webp").write_bytes(b"pic")
    (kit / "media" / "posts" / "gone.webp").write_bytes(b"pic")  # a backup that was ended amid it
    assert await kit_media.copy(media, kit, at(10), nothing) == 1
    assert {one.read_bytes() for one in (kit / "media").rglob("*.webp")} == {b"picture"}


async def test_nothing_new_is_known_to_be_gone_where_nobody_can_tell(media: Path, kit: Path) -> None:
    base(kit, 0, "000000010000000000000002")
    await kit_media.copy(media, kit, at(1), None)
    (media / "posts" / "gone.webp").unlink()
    await kit_media.copy(media, kit, at(10), None)
    assert kit_media.gone(kit) == {}
    await kit_media.copy(media, kit, at(20), nothing)
    await kit_media.copy(media, kit, at(30), None)
    assert kit_media.gone(kit) == {"posts/gone.webp": at(20)}


async def test_media_that_are_away_all_at_once_make_the_backup_fail(media: Path, kit: Path) -> None:
    base(kit, 0, "000000010000000000000002")
    await kit_media.copy(media, kit, at(1), nothing)
    media.rename(media.with_name("unmounted"))
    with pytest.raises(kits.BackupFailed, match="is its disk mounted"):
        await kit_media.check(media, kit, everything)
    await kit_media.check(media, kit, nothing)  # people removed them all


async def test_many_lost_files_make_the_backup_fail_and_few_do_not(media: Path, kit: Path) -> None:
    base(kit, 0, "000000010000000000000002")
    for number in range(400):
        (media / "posts" / f"{number:03}.webp").write_bytes(b"picture")
    await kit_media.copy(media, kit, at(1), nothing)
    for number in range(100):
        (media / "posts" / f"{number:03}.webp").unlink()
    await kit_media.check(media, kit, everything)
    (media / "posts" / "100.webp").unlink()
    with pytest.raises(kits.BackupFailed, match="101 media files"):
        await kit_media.check(media, kit, everything)


async def test_a_list_of_what_is_gone_that_cannot_be_read_is_named(media: Path, kit: Path) -> None:
    base(kit, 0, "000000010000000000000002")
    (kit / "gone.json").write_text("{")
    with pytest.raises(kits.BackupFailed, match=r"gone\.json cannot be read"):
        await kit_media.copy(media, kit, at(1), nothing)


async def test_media_are_copied_only_where_there_is_room(
    media: Path, kit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base(kit, 0, "000000010000000000000002")
    with (media / "posts" / "large.webp").open("wb") as file:
        file.truncate(4 << 30)
    monkeypatch.setattr(kits, "SPARE", shutil.disk_usage(kit).free - (2 << 30))
    for attempt in (kit_media.check(media, kit, nothing), kit_media.copy(media, kit, at(1), nothing)):
        with pytest.raises(kits.BackupFailed, match="too little for new media, which wants 4096 MiB"):
            await attempt
    assert not (kit / "media").exists()


def test_only_folders_of_copies_count_as_copies(kit: Path) -> None:
    known = base(kit, 0, "000000010000000000000002")
    (kit / "base-old").mkdir()
    assert kits.bases(kit) == [known]
    assert kits.newest(kit) == known


def test_a_beginning_of_a_segment_never_replaces_the_whole(kit: Path) -> None:
    made, wal = base(kit, 0, "000000010000000000000002"), kit / "wal"
    wal.mkdir()
    for name in ("000000010000000000000002", "000000010000000000000002.partial", "000000010000000000000003.partial"):
        (wal / name).touch()
    assert [one.name for one in restoring.whole_journal(kits.needed(made, wal))] == [
        "000000010000000000000002", "000000010000000000000003.partial",
    ]  # fmt: skip


def test_the_journal_is_kept_from_the_oldest_copy_on(kit: Path) -> None:
    older, newer = base(kit, 0, "000000010000000000000003"), base(kit, 9, "000000010000000000000005")
    wal = kit / "wal"
    wal.mkdir()
    for number in range(2, 7):
        (wal / f"00000001{number:016X}").touch()
    (wal / f"00000001{7:016X}.partial").touch()
    (wal / "00000002.history").touch()
    assert [one.name[-9:] for one in kits.needed(newer, wal)] == [
        "000000005", "000000006", "7.partial", "2.history",
    ]  # fmt: skip
    kits.prune(kit)
    assert sorted(wal.iterdir()) == sorted(kits.needed(older, wal))
    assert not (wal / f"00000001{2:016X}").exists()
    assert (wal / f"00000001{3:016X}").exists()
