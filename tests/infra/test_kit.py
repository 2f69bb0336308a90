"""What a kit keeps of files and of the journal: what is needed, and nothing that was taken away."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.infra.engines import backup


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
    backup._copy_new(kit / "media", to, without=backup._gone_by(kit, moment))
    return {one.name for one in to.rglob("*.webp")}


def test_a_picture_that_was_removed_is_not_brought_back_but_to_a_moment_before(
    media: Path, kit: Path, tmp_path: Path
) -> None:
    base(kit, 0, "000000010000000000000002")
    backup._copy_new(media, kit / "media")
    (media / "posts" / "gone.webp").unlink()
    backup._note_gone(media, kit, at(10))
    assert brought_back(kit, tmp_path / "latest", None) == {"kept.webp"}
    assert brought_back(kit, tmp_path / "earlier", at(5)) == {"kept.webp", "gone.webp"}
    backup._note_gone(media, kit, at(20))
    assert backup._gone(kit) == {"posts/gone.webp": at(10)}, "since it was first missed"


def test_what_no_copy_had_any_more_leaves_the_kit(media: Path, kit: Path) -> None:
    oldest = base(kit, 0, "000000010000000000000002")
    backup._copy_new(media, kit / "media")
    (media / "posts" / "gone.webp").unlink()
    backup._note_gone(media, kit, at(10))
    oldest.rename(kit / f"base-{at(30):%Y%m%dT%H%M%SZ}")
    backup._note_gone(media, kit, at(40))
    assert {one.name for one in (kit / "media").rglob("*.webp")} == {"kept.webp"}
    assert backup._gone(kit) == {}


def test_the_journal_is_kept_from_the_oldest_copy_on(kit: Path) -> None:
    older, newer = base(kit, 0, "000000010000000000000003"), base(kit, 9, "000000010000000000000005")
    wal = kit / "wal"
    wal.mkdir()
    for number in range(2, 7):
        (wal / f"00000001{number:016X}").touch()
    (wal / f"00000001{7:016X}.partial").touch()
    (wal / "00000002.history").touch()
    assert [one.name[-9:] for one in backup._needed(newer, wal)] == [
        "000000005", "000000006", "7.partial", "2.history",
    ]  # fmt: skip
    backup._prune_journal(kit)
    assert sorted(wal.iterdir()) == sorted(backup._needed(older, wal))
    assert not (wal / f"00000001{2:016X}").exists()
    assert (wal / f"00000001{3:016X}").exists()
