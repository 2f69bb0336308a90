"""Posts in another language, by a service that speaks LibreTranslate's API; and what the place says of itself on paper."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from parvis.infra.translation import Translator
from tests.rig.people import decoded
from tests.rig.strangers import Asked, Stranger, answering, stranger
from tests.rig.world import World, new_world, settings_for

HEADERS = {"Content_Type": "application/json"}


async def service(asked: Asked, out: asyncio.StreamWriter) -> None:
    """Turns words around, and says that they were French."""
    if asked.target == "/languages":
        body: object = [{"code": "fr", "name": "French", "targets": ["en", "fr"]}]
    else:
        texts = json.loads(asked.body)["q"]
        body = {
            "translatedText": [f"<script>x</script>{one}!" for one in texts],
            "detectedLanguage": [{"language": "fr"}],
        }
    await answering(200, json.dumps(body).encode(), **HEADERS)(asked, out)


@pytest.fixture
async def there(world: World) -> AsyncIterator[Stranger]:
    async with stranger(service) as made:
        settings = msgspec.structs.replace(
            world.services.settings, translation_url=f"http://127.0.0.1:{made.port}", translation_key="secret"
        )
        before, world.services.translator = world.services.translator, Translator(settings)
        yield made
        await world.services.translator.close()
        world.services.translator = before


async def test_e4_a_post_with_a_poll_is_translated_and_what_comes_back_is_cleaned(
    world: World, there: Stranger
) -> None:
    alice = await world.person("alice")
    body = {
        "status": "Bonjour <b>", "spoiler_text": "attention", "language": "fr",
        "poll": {"options": ["oui", "non"], "expires_in": 600},
    }  # fmt: skip
    post = decoded(await alice.post("/api/v1/statuses", body))
    found = decoded(await alice.post(f"/api/v1/statuses/{post['id']}/translate", {"lang": "en"}))
    assert "script" not in found["content"]
    assert found["content"].startswith("<p>Bonjour &lt;b&gt;</p>")
    assert (found["language"], found["detected_source_language"], found["provider"]) == ("en", "fr", "LibreTranslate")
    assert [one["title"] for one in found["poll"]["options"]] == ["xoui!", "xnon!"]
    sent = json.loads(there.asked[-1].body)
    assert (sent["source"], sent["target"], sent["format"], sent["api_key"]) == ("fr", "en", "html", "secret")
    assert decoded(await world.client.get("/api/v1/instance/translation_languages")) == {"fr": ["en"]}


async def test_only_what_everybody_may_read_leaves_the_house(world: World, there: Stranger) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    secret = decoded(await alice.post("/api/v1/statuses", {"status": "secret", "visibility": "private"}))
    path = f"/api/v1/statuses/{secret['id']}/translate"
    assert (await bob.post(path, {"lang": "fr"})).status_code == 404
    assert (await alice.post(path, {"lang": "fr"})).status_code == 403
    assert there.asked == []


async def test_without_a_service_apps_are_told_so(world: World) -> None:
    alice = await world.person("alice")
    post = decoded(await alice.post("/api/v1/statuses", {"status": "Bonjour", "language": "fr"}))
    assert (await alice.post(f"/api/v1/statuses/{post['id']}/translate", {"lang": "en"})).status_code == 503
    assert decoded(await world.client.get("/api/v2/instance"))["configuration"]["translation"] == {"enabled": False}
    assert decoded(await world.client.get("/api/v1/instance/translation_languages")) == {}


async def test_the_papers_of_the_place_are_the_operators_files(
    fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    paper = tmp_path / "paper.txt"
    paper.write_text("We keep <little>.\n\nNothing else.")
    more = {"privacy_file": str(paper), "terms_file": str(paper)}
    async with new_world(settings_for(tmp_path, fresh_database_url, nats_url, **more)) as world:
        privacy = decoded(await world.client.get("/api/v1/instance/privacy_policy"))
        assert privacy["content"] == "<p>We keep &lt;little&gt;.</p><p>Nothing else.</p>"
        terms = decoded(await world.client.get("/api/v1/instance/terms_of_service"))
        assert (terms["effective"], terms["succeeded_by"]) == (True, None)
        dated = await world.client.get(f"/api/v1/instance/terms_of_service/{terms['effective_date']}")
        assert decoded(dated) == terms
        assert (await world.client.get("/api/v1/instance/terms_of_service/1999-01-01")).status_code == 404


async def test_without_papers_there_are_none(world: World) -> None:
    for name in ("privacy_policy", "terms_of_service", "terms_of_service/2026-01-01"):
        assert (await world.client.get(f"/api/v1/instance/{name}")).status_code == 404
