"""Files that come in parts from the form for writing."""

from __future__ import annotations

from pathlib import Path

from tests.rig import films
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser

TUS = {"Tus-Resumable": "1.0.0", "Origin": ORIGIN}


async def test_a_video_comes_in_parts_and_its_line_says_how_far_it_is(
    alices: Browser, world: World, tmp_path: Path
) -> None:
    data = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=1).read_bytes()
    own = TUS | {"X-Form-Token": await alices.token()}
    begun = await alices.client.post("/compose/uploads", headers=own | {"Upload-Length": str(len(data))})
    assert begun.status_code == 201, begun.text
    path, half = begun.headers["location"], len(data) // 2
    part = own | {"Content-Type": "application/offset+octet-stream"}
    first = await alices.client.patch(path, content=data[:half], headers=part | {"Upload-Offset": "0"})
    assert first.headers["upload-offset"] == str(half)
    assert (await alices.client.head(path, headers=own)).headers["upload-offset"] == str(half)
    forged = await alices.client.patch(
        path, content=b"x", headers=part | {"Upload-Offset": str(half), "X-Form-Token": "x"}
    )
    assert forged.status_code == 403
    last = await alices.client.patch(path, content=data[half:], headers=part | {"Upload-Offset": str(half)})
    line = f"/compose/media/{last.headers['parvis-media-id']}"
    waiting = await alices.get(line)
    assert waiting.status_code == 200, waiting.text
    assert "data-waiting" in waiting.text
    await world.settle()
    ready = await alices.get(line)
    assert "data-waiting" not in ready.text
    assert 'name="media_ids"' in ready.text
    captions = f"/captions/{last.headers['parvis-media-id']}"
    srt = "1\n00:00:00,000 --> 00:00:01,000\nBonjour\n"
    saved = await alices.post(captions, {"language": "fr", "text": srt})
    assert saved.status_code == 303, saved.text
    assert "Bonjour" in (await alices.get(captions)).text
    refused = await alices.post(captions, {"language": "fr", "text": "nonsense"})
    assert refused.status_code == 422
    assert ">nonsense</textarea>" in refused.text  # to be mended, not typed again
    for_new = await alices.post(captions, {"language": "de", "text": "Unsinn"})
    assert for_new.status_code == 422
    assert ">Unsinn</textarea>" in for_new.text
    assert '<option value="de" selected>' in for_new.text
    await alices.post(captions, {"language": "fr", "remove": "1"})
    assert "Bonjour" not in (await alices.get(captions)).text
