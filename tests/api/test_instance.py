"""What this place says of itself: instance documents, well-known documents, lists that are empty on purpose."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from parvis import api
from parvis.api.empty import LISTS
from parvis.domain import accounts
from tests.rig.people import decoded
from tests.rig.world import ORIGIN, World

DOMAIN = ORIGIN.partition("://")[2]


def integers(value: object) -> list[int]:
    if isinstance(value, dict):
        return [one for inner in value.values() for one in integers(inner)]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else []


async def test_the_instance_document_is_complete(world: World) -> None:
    owner = await world.person("owner_1", role=accounts.Role.OWNER)
    await owner.says("hello")
    answer = await world.client.get("/api/v2/instance")
    assert "max-age=300" in answer.headers["cache-control"]
    found = decoded(answer)
    assert set(found) == set(
        """
        domain title version source_url description wrapstodon usage thumbnail icon languages configuration
        registrations api_versions contact rules
        """.split()
    )
    assert found["domain"] == DOMAIN
    assert found["api_versions"] == {"mastodon": 9}
    assert re.fullmatch(r"4\.\d\.\d\+parvis\.\d+\.\d+", found["version"])
    assert found["contact"]["account"]["id"] == str(owner.id)
    assert isinstance(found["contact"]["email"], str)
    configuration = found["configuration"]
    assert set(configuration) == set(
        "urls vapid accounts statuses media_attachments polls translation timelines_access limited_federation".split()
    )
    assert configuration["urls"]["streaming"] == f"ws://{DOMAIN}"
    assert configuration["statuses"]["max_characters"] == world.services.settings.post_characters
    assert set(configuration["media_attachments"]) == set(
        """
        supported_mime_types description_limit image_size_limit image_matrix_limit video_size_limit
        video_frame_rate_limit video_matrix_limit
        """.split()
    )
    assert "image/webp" in configuration["media_attachments"]["supported_mime_types"]
    assert all(0 <= one < 1 << 31 for one in integers(configuration))
    pictures = [found["thumbnail"]["url"], *(icon["src"] for icon in found["icon"])]
    for url in pictures:
        assert (await world.client.get(url)).headers["content-type"] == "image/png", url
    assert found["registrations"] == {
        "enabled": True,
        "approval_required": False,
        "reason_required": False,
        "message": None,
        "min_age": None,
        "url": None,
    }


async def test_the_older_instance_document_is_complete_and_says_that_it_is_old(world: World) -> None:
    await world.person("alice")
    answer = await world.client.get("/api/v1/instance")
    assert answer.headers["deprecation"].startswith("@")
    found = decoded(answer)
    assert set(found) >= set(
        """
        uri title short_description description email version urls stats thumbnail languages registrations
        approval_required invites_enabled configuration contact_account rules max_toot_chars
        """.split()
    )
    assert found["stats"] == {"user_count": 1, "status_count": 0, "domain_count": 0}
    assert found["urls"] == {"streaming_api": f"ws://{DOMAIN}"}
    assert found["contact_account"] is None


async def test_every_operation_of_the_api_document_has_a_name_of_its_own(world: World) -> None:
    document = decoded(await world.client.get("/api/openapi.json"))
    names = [one["operationId"] for verbs in document["paths"].values() for one in verbs.values()]
    assert len(names) == len(set(names))


async def test_small_facts(world: World) -> None:
    described = decoded(await world.client.get("/api/v1/instance/extended_description"))
    assert described["content"].startswith("<p>")
    languages = decoded(await world.client.get("/api/v1/instance/languages"))
    assert {"code": "fr", "name": "français"} in languages
    assert decoded(await world.client.get("/api/v1/instance/translation_languages")) == {}


async def test_what_is_empty_is_an_empty_list(world: World) -> None:
    api.handlers()
    alice = await world.person("alice")
    for path, scopes in LISTS.items():
        path = path.replace(":id", str(alice.id))
        assert decoded(await alice.get(path)) == [], path
        anonymous = await world.client.get(path)
        assert anonymous.status_code == (200 if scopes is None else 401), path


def test_the_documentation_lists_what_is_empty() -> None:
    text = Path(__file__).parents[2].joinpath("docs/client-api.md").read_text("utf-8")
    assert re.findall(r"^\* `(/api/v\d/[^`]+)`$", text, re.MULTILINE) == sorted(LISTS)


async def test_webfinger_knows_the_people_of_this_place(world: World) -> None:
    alice = await world.person("alice")
    for resource in (f"acct:alice@{DOMAIN}", f"alice@{DOMAIN.upper()}", f"{ORIGIN}/@alice"):
        answer = await world.client.get("/.well-known/webfinger", params={"resource": resource})
        assert answer.headers["content-type"].startswith("application/jrd+json")
        found = decoded(answer)
        assert found["subject"] == f"acct:alice@{DOMAIN}"
        assert found["links"][0]["href"] == f"{ORIGIN}/@alice"
    for resource in (
        "acct:nobody@" + DOMAIN,
        "acct:alice@elsewhere.example",
        "acct:alice",
        f"{ORIGIN}/@alice/1",
        f"{ORIGIN}.evil.example/@alice",
        "https://[",
    ):
        answer = await world.client.get("/.well-known/webfinger", params={"resource": resource})
        assert answer.status_code == 404, resource
    assert (await world.client.get("/.well-known/webfinger")).status_code == 400
    await world.services.db.pool.execute("UPDATE account SET state = 2 WHERE id = $1", alice.id)
    answer = await world.client.get("/.well-known/webfinger", params={"resource": f"acct:alice@{DOMAIN}"})
    assert answer.status_code == 410


async def test_host_meta_leads_to_webfinger_as_xml_and_json(world: World) -> None:
    answer = await world.client.get("/.well-known/host-meta")
    assert answer.headers["content-type"].startswith("application/xrd+xml")
    [link] = ElementTree.fromstring(answer.text)
    template = f"{ORIGIN}/.well-known/webfinger?resource={{uri}}"
    assert link.attrib["rel"] == "lrdd"
    assert link.attrib["template"] == template
    for path, accept in (("host-meta.json", "*/*"), ("host-meta", "application/json")):
        found = decoded(await world.client.get(f"/.well-known/{path}", headers={"Accept": accept}))
        assert found["links"][0]["template"] == template


async def test_nodeinfo_tells_what_runs_here(world: World) -> None:
    await world.person("alice")
    links = decoded(await world.client.get("/.well-known/nodeinfo"))["links"]
    assert links[0]["href"] == f"{ORIGIN}/nodeinfo/2.0"
    found = decoded(await world.client.get("/nodeinfo/2.0"))
    assert found["software"]["name"] == "parvis"
    assert found["protocols"] == []
    assert found["usage"]["users"]["total"] == 1
    assert found["openRegistrations"] is True


async def test_password_managers_find_the_settings(world: World) -> None:
    answer = await world.client.get("/.well-known/change-password")
    assert (answer.status_code, answer.headers["location"]) == (302, f"{ORIGIN}/settings/account")
