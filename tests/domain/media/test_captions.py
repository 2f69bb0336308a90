"""Captions: WebVTT and SRT in, nothing but times and words out."""

from __future__ import annotations

import pytest

from parvis.base.errors import Invalid
from parvis.domain.media.captions import CAPTION_BYTES, cleaned

SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\nHello <i>there</i>\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nTwo\r\nlines\r\n"


def test_srt_becomes_webvtt() -> None:
    made = cleaned(SRT.encode("utf-8-sig"))
    assert made.startswith("WEBVTT\n")
    assert "00:00:01.000 --> 00:00:02.500\nHello <i>there</i>" in made
    assert "00:00:03.000 --> 00:00:04.000\nTwo\nlines" in made


def test_styles_regions_notes_and_places_are_left_out() -> None:
    made = cleaned(
        b"WEBVTT - title\n\nSTYLE\n::cue { background: url(https://evil.example/x) }\n\nREGION\nid:a\n\nNOTE secret\n\n"
        b"00:01.000 --> 00:02.000 line:0 region:a\nWords\n"
    )
    assert "Words" in made
    for gone in ("STYLE", "REGION", "NOTE", "evil", "region", "line:0", "title"):
        assert gone not in made


@pytest.mark.parametrize(
    "data",
    [
        b"", b"WEBVTT\n", b"\xff\xfe\x00", b"<html>", b"WEBVTT\n\n00:09.000 --> nonsense\nx\n", b"x" * (CAPTION_BYTES + 1),
        b"1\n00:00:01,000 --> soon\nx\n",
    ],
)  # fmt: skip
def test_what_is_no_captions_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        cleaned(data)
