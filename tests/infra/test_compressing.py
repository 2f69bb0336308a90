"""Answers are packed for those who can read it, and are the same words."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from parvis.infra.compressing import SMALL_BYTES, compressing, encoding_for
from tests.rig.world import World

WORDS = b"<p>words</p>" * 500
HTML = (b"content-type", b"text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (b"gzip, deflate, br, zstd", b"zstd"),
        (b"gzip, deflate, br", b"gzip"),
        (b"GZIP;q=0.5", b"gzip"),
        (b"zstd;q=0, gzip", b"gzip"),
        (b"br", b""),
        (b"identity", b""),
        (b"gzip;q=0", b""),
        (b"", b""),
    ],
)
def test_the_best_that_is_accepted_is_chosen(offered: bytes, chosen: bytes) -> None:
    assert encoding_for([(b"accept-encoding", offered)]) == chosen


async def sent(headers: list[tuple[bytes, bytes]], *parts: bytes) -> tuple[dict[bytes, bytes], bytes]:
    messages: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        messages.append(message)

    packing = compressing(send, b"gzip")
    await packing({"type": "http.response.start", "status": 200, "headers": headers})
    for number, part in enumerate(parts):
        await packing({"type": "http.response.body", "body": part, "more_body": number < len(parts) - 1})
    return dict(messages[0]["headers"]), b"".join(one["body"] for one in messages[1:])  # type: ignore[arg-type, misc]


async def test_words_are_packed_and_say_so() -> None:
    headers, body = await sent([HTML, (b"content-length", b"%d" % len(WORDS))], WORDS)
    assert headers[b"content-encoding"] == b"gzip"
    assert headers[b"content-length"] == b"%d" % len(body)
    assert headers[b"vary"] == b"Accept-Encoding"
    assert len(body) < len(WORDS) / 5
    assert gzip.decompress(body) == WORDS


@pytest.mark.parametrize(
    ("headers", "parts"),
    [
        ([(b"content-type", b"image/webp")], [WORDS]),
        ([(b"content-type", b"text/event-stream")], [WORDS]),
        ([HTML, (b"content-encoding", b"br")], [WORDS]),
        ([HTML, (b"content-range", b"bytes 0-9/90")], [WORDS]),
        ([HTML, (b"etag", b'"strong"')], [WORDS]),
        ([HTML], [WORDS[: SMALL_BYTES - 1]]),
        ([HTML], [WORDS, WORDS]),
    ],
)
async def test_the_rest_stays_as_it_is(headers: list[tuple[bytes, bytes]], parts: list[bytes]) -> None:
    got, body = await sent(headers, *parts)
    assert list(got.items()) == headers
    assert body == b"".join(parts)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
async def test_a_page_and_a_remembered_answer_come_packed(world: World, encoding: str) -> None:
    alice = await world.person("alice")
    for number in range(10):
        await alice.says(f"the {number}. of several posts, all of them alike")
    for path, headers in (("/about", {}), (f"/api/v1/accounts/{alice.id}/statuses", alice.headers)):
        plain = await world.client.get(path, headers=headers | {"accept-encoding": "identity"})
        for _ in range(2):
            async with world.client.stream("GET", path, headers=headers | {"accept-encoding": encoding}) as answer:
                raw = b"".join([part async for part in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == encoding
            assert "Accept-Encoding" in answer.headers["vary"]
            assert int(answer.headers["content-length"]) == len(raw) < len(plain.content)
            unpacked = gzip.decompress(raw) if encoding == "gzip" else zstandard.ZstdDecompressor().decompress(raw)
            assert len(unpacked) == len(plain.content)
            if headers:
                assert unpacked == plain.content
