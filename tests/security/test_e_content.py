"""Group E of the security cases: what people write is shown, and never run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid
from parvis.domain import media
from parvis.infra import emoji
from parvis.infra import text as texts
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser

CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><g onload=alert(1)></g></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<p style=\"background:url(//evil.example/x)\">x</p>",
    "<img srcset=\"//evil.example/x 2x\" src=a>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=//evil.example/x></object><embed src=//evil.example/x>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "`${alert(1)}`{{constructor.constructor('alert(1)')()}}",
    "]]><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<a\x0bonclick=alert(1)>x</a>",
    "http://a.example/\"onmouseover=alert(1)//",
    "@alice\"><script>alert(1)</script>",
    "#bread\"><script>alert(1)</script>",
    ":a\" onmouseover=alert(1) b:",
]  # fmt: skip

HARMLESS = {"html", "head", "meta", "link", "title", "body", "script"}


class Read(HTMLParser):
    """What of a page could run, or reach another place."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip().casefold() for name, value in attrs}
        self.found += [f"{tag} {name}" for name in values if name.startswith("on") or name in ("srcdoc", "style")]
        for name in ("href", "src", "action", "data", "srcset", "poster"):
            address = re.sub(r"[\x00-\x20]", "", values.get(name, ""))
            if address.startswith(("javascript:", "data:", "vbscript:")):
                self.found.append(f"{tag} {name}={address}")
            if name != "href" and re.match(r"(https?:)?//(?!parvis\.test)", address):
                self.found.append(f"{tag} {name}={address}")
        if tag in ("iframe", "object", "embed", "base", "math", "template", "style") or (
            tag == "script"
            and values.get("type") != "application/ld+json"  # data, which no browser runs
            and not values.get("src", "").startswith("/static/")
        ):
            self.found.append(tag)


def dangers(markup: str) -> list[str]:
    reader = Read()
    reader.feed(markup)
    reader.close()
    return reader.found


# ── E1: markup that people write ──


@pytest.mark.parametrize("evil", CORPUS)
def test_e1_markup_from_elsewhere_and_of_our_own_people_is_harmless(evil: str) -> None:
    assert dangers(texts.sanitise(evil)) == []
    assert dangers(texts.sanitise(texts.sanitise(evil))) == []
    assert dangers(texts.render(texts.clean(evil), mention_path=lambda _: "/@alice")) == []


async def test_e1_no_field_that_people_fill_in_runs_on_a_page_or_in_an_app(
    world: World, alice: Person, alices: Browser, bobs: Browser
) -> None:
    await _fill_in(world, alice)
    pages = ["/@alice", "/public", "/home", "/settings/profile", "/tags/bread", "/search?q=alert", "/notifications"]
    for browser in (alices, bobs):
        for path in pages:
            page = await browser.get(path)
            assert page.status_code == 200, path
            assert dangers(page.text) == [], path
    for path in ("/api/v1/timelines/public", f"/api/v1/accounts/{alice.id}/statuses?limit=40"):
        for status in decoded(await world.client.get(path)):
            assert dangers(status["content"]) == []
            assert dangers(status["account"]["note"]) == []
            assert all(dangers(one["value"]) == [] for one in status["account"]["fields"])


async def _fill_in(world: World, alice: Person) -> None:
    """Each field of alice's, each with another of the corpus, until all were used everywhere."""
    for at, evil in enumerate(CORPUS):
        other = CORPUS[(at * 7 + 3) % len(CORPUS)]
        body: dict[str, Any] = {"status": f"{evil} #bread alert", "spoiler_text": other}
        if at % 3 == 0:
            body["poll"] = {"options": [evil[:50], other[:49] + "x"], "expires_in": 3600}
        elif at % 3 == 1:
            files = {"file": ("a.png", png(8, 8))}
            sent = await world.client.post(
                "/api/v2/media", files=files, data={"description": evil}, headers=alice.headers
            )
            body["media_ids"] = [sent.json()["id"]]
        answer = await alice.post("/api/v1/statuses", body)
        assert answer.status_code == 200, (evil, answer.text)
    profile = {
        "display_name": CORPUS[20][:30], "note": "\n".join(CORPUS[:8])[:500],
        "fields_attributes": [{"name": CORPUS[at][:250], "value": CORPUS[at + 8][:250]} for at in range(4)],
    }  # fmt: skip
    changed = await alice.client.patch("/api/v1/accounts/update_credentials", json=profile, headers=alice.headers)
    assert changed.status_code == 200, changed.text
    decoded(await alice.post("/api/v1/lists", {"title": CORPUS[0]}))
    decoded(await alice.post("/api/v2/filters", {"title": CORPUS[1], "context": ["home"]}))
    await world.settle()


# ── E3: pictures that stand for words ──


def test_e3_a_picture_is_put_between_tags_and_never_into_one() -> None:
    known = emoji.Emojis([emoji.Emoji("cat", "emoji/aa/cat.webp")])
    picture = known.shown(":cat:")
    assert picture.startswith('<img class="emoji" src="/media/emoji/aa/cat.webp" alt=":cat:"')
    assert dangers(f"<p>{picture}</p>") == []
    for inside in (
        '<a href="https://a.example/:cat:/">x</a>',
        "<a title=':cat: > :cat:'>x</a>",
        '<img alt="> :cat: ">',
        "a:cat:b",
        "::cat::",
    ):
        assert known.shown(inside) == inside
        assert [one.shortcode for one in known.within(inside)] == []
    assert known.shown('<p title=":cat:">:cat: :dog:</p>') == f'<p title=":cat:">{picture} :dog:</p>'
    for evil in CORPUS:
        for markup in (
            texts.sanitise(evil + " :cat: " + evil),
            texts.render(texts.clean(f"{evil} :cat: {evil}"), mention_path=lambda _: None),
        ):
            assert dangers(known.shown(markup).replace(picture, "")) == []


@pytest.mark.parametrize("code", ['a" onmouseover="x', "a:b", "<b>", "é", "x", "a b", "a" * 31, ""])
async def test_e3_a_shortcode_that_could_be_markup_is_none(world: World, code: str) -> None:
    with pytest.raises(Invalid):
        await media.emoji.add(world.services, shortcode=code, data=png(20, 20), category=None, now=utc_now())


# ── E5: a link shows where it leads ──


@pytest.mark.parametrize(
    "address",
    [
        "https://good.example@evil.example/",
        "https://good.example:pw@evil.example/",
        "https://evil.example/\u202egpj.exe",
        "https://аpple.example/",
        "https://" + "good.example." * 4 + "evil.example/",
    ],
)
async def test_e5_a_link_never_hides_where_it_leads(alice: Person, address: str) -> None:
    content = decoded(await alice.post("/api/v1/statuses", {"status": f"see {address}"}))["content"]
    links = re.findall(r'<a href="([^"]+)"[^>]*>(.*?)</a>', content)
    for href, shown in links:
        words = re.sub(r"<[^>]+>", "", shown)
        assert words == href, "everything of the address stands in the link, cut or not"
        assert "\u202e" not in href
        assert 'rel="nofollow noopener"' in content


# ── E6: a document among the pictures ──


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        ("a.html", b"<!doctype html><script>alert(1)</script>"),
        ("a.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("a.pdf", b"%PDF-1.4\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj"),
        ("a.png", b"<svg onload=alert(1)>"),
    ],
)
async def test_e6_a_document_is_no_picture_whatever_it_is_called(
    world: World, alice: Person, name: str, data: bytes
) -> None:
    answer = await world.client.post("/api/v2/media", files={"file": (name, data, "image/png")}, headers=alice.headers)
    assert answer.status_code == 422
    assert await world.services.db.pool.fetchval("SELECT count(*) FROM media") == 0


async def test_e6_what_was_uploaded_runs_nothing_and_is_what_it_says(world: World, alice: Person) -> None:
    sent = await world.client.post("/api/v2/media", files={"file": ("a.png", png(8, 8))}, headers=alice.headers)
    shown = await world.client.get(sent.json()["url"])
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-type"].startswith("image/")


# ── E8: letters that are not what they seem ──

ODD = [
    "a\u202eb",
    "\u2066a",
    "Z" + "\u0301" * 5000,
    "a\x00b",
    "\ufeffa\u200b",
    "👩" + "\u200d👩" * 400,
    "\ufffe",
    "e\u0301",
    "\x1b[31m",
]


@pytest.mark.parametrize("odd", ODD)
async def test_e8_odd_letters_are_cleaned_counted_and_never_a_failure(
    world: World, alice: Person, alices: Browser, odd: str
) -> None:
    asked = [
        ("POST", "/api/v1/statuses", {"status": f"x{odd}", "spoiler_text": odd}),
        ("POST", "/api/v1/statuses", {"status": "x", "poll": {"options": [f"a{odd}", "b"], "expires_in": 3600}}),
        ("PATCH", "/api/v1/accounts/update_credentials", {"display_name": odd, "note": odd}),
        ("PATCH", "/api/v1/accounts/update_credentials", {"fields_attributes": [{"name": odd, "value": odd}]}),
        ("POST", "/api/v1/lists", {"title": odd}),
        ("POST", "/api/v2/filters", {"title": odd, "context": ["home"], "keywords_attributes": [{"keyword": odd}]}),
        ("POST", "/api/v1/featured_tags", {"name": odd}),
        ("GET", "/api/v2/search", {"q": odd}),
    ]
    for method, path, body in asked:
        more = {"params": body} if method == "GET" else {"json": body}
        answer = await world.client.request(method, path, headers=alice.headers, **more)
        assert answer.status_code in (200, 422), (path, answer.status_code, answer.text[:300])
        assert not re.search(r"[\x00\x1b]|\\u0000|\\u001b", answer.text), path
    for path in ("/@alice", "/home", "/settings/profile"):
        page = await alices.get(path)
        assert page.status_code == 200
        assert "\u0301" * 10 not in page.text


async def test_e8_half_a_letter_is_refused_or_left_out(world: World, alice: Person) -> None:
    headers = alice.headers | {"Content-Type": "application/json"}
    answer = await world.client.post("/api/v1/statuses", content=b'{"status": "a\\ud800b"}', headers=headers)
    assert answer.status_code in (200, 400, 422)
    if answer.status_code == 200:
        assert answer.json()["content"] == "<p>ab</p>"
