"""Every text of the pages exists in every language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from parvis.base.settings import Settings
from parvis.infra import catalogues
from parvis.infra.catalogues import (
    LOCALE_NAMES,
    LOCALES,
    REVIEWED,
    accepted_locale,
    catalogue_of,
    in_figures,
    known_locale,
    messages_used,
)
from parvis.infra.html.look import USUAL

PARVIS = Path(catalogues.__file__).parent.parent
PLACES = [
    PARVIS / "templates" / "web",
    PARVIS / "templates" / "shared",
    PARVIS / "templates" / "console",
    PARVIS / "templates" / "status",
    PARVIS / "web",
    PARVIS / "console",
    PARVIS / "infra",
    PARVIS / "domain",
    PARVIS / "worker",
]
USED = {message: many for message, many, path in messages_used(*PLACES) if path.name != "catalogues.py"}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
UNREVIEWED = [one for one in LOCALES if one not in REVIEWED]
# How many forms a counted text has, as CLDR knows it for whole numbers below a million.
FORMS = {"es": 2, "de": 2, "pt": 2, "ar": 6, "ja": 1}


def _read(locale: str) -> Catalog:
    with (catalogues.FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def test_there_is_something_to_translate() -> None:
    assert len(USED) > 300


@pytest.mark.parametrize("locale", REVIEWED)
def test_the_catalogue_holds_exactly_what_is_used(locale: str) -> None:
    held = {one.id if isinstance(one.id, str) else one.id[0] for one in _read(locale) if one.id}
    assert held == set(USED)


def test_everything_has_a_french_translation() -> None:
    french = catalogue_of("fr")
    for message, many in USED.items():
        if many is None:
            assert french.texts.get(message), message
            forms = [french.texts[message]]
        else:
            forms = list(french.plurals.get(message, ()))
            assert len(forms) == 2, message
            assert all(forms), message
        for form in forms:
            wanted = set(PLACEHOLDER.findall(message)) | set(PLACEHOLDER.findall(many or ""))
            assert set(PLACEHOLDER.findall(form)) <= wanted, form
            assert set(PLACEHOLDER.findall(message)) - {"count"} <= set(PLACEHOLDER.findall(form)), form


@pytest.mark.parametrize("locale", UNREVIEWED)
def test_unreviewed_translations_say_so_and_fit_what_they_translate(locale: str) -> None:
    """What they lack is shown in English; what they have fits, and is of a text that is used."""
    catalog = _read(locale)
    assert "Unreviewed" in catalog.header_comment
    assert "(" in LOCALE_NAMES[locale] or "（" in LOCALE_NAMES[locale]
    assert catalog.num_plurals == FORMS[locale]
    held = {one.id if isinstance(one.id, str) else one.id[0]: one for one in catalog if one.id}
    assert set(held) <= set(USED)
    assert len(held) > 0.75 * len(USED)
    for message, one in held.items():
        many = USED[message]
        assert not one.fuzzy, message
        assert (many is None) == isinstance(one.id, str), message
        forms = [one.string] if many is None else list(one.string)
        assert len(forms) == (1 if many is None else FORMS[locale]), message
        wanted = sorted(PLACEHOLDER.findall(many or message))
        for form in forms:
            assert form, message
            found = sorted(PLACEHOLDER.findall(form))
            assert found == wanted or (many and found == [name for name in wanted if name not in {"count", "n"}]), form
            bare = PLACEHOLDER.sub("", form)
            assert bare.count("%%") == message.count("%%"), form
            assert "%" not in bare.replace("%%", ""), form


@pytest.mark.parametrize("locale", UNREVIEWED)
def test_letters_exist_in_every_language(locale: str) -> None:
    folder = PARVIS / "templates" / "email"
    for english in folder.glob("*.en.txt"):
        ours = (folder / english.name.replace(".en.", f".{locale}.")).read_text()
        names = re.compile(r"\$\w+")
        assert ours.startswith("Subject: "), english.name
        assert set(names.findall(ours)) == set(names.findall(english.read_text())), english.name


def test_spanish_typography() -> None:
    spanish = catalogue_of("es")
    for text in [*spanish.texts.values(), *(form for forms in spanish.plurals.values() for form in forms)]:
        assert "'" not in text, text
        assert text.count("?") == text.count("¿"), text
        assert text.count("!") == text.count("¡"), text


def test_german_typography() -> None:
    german = catalogue_of("de")
    for text in [*german.texts.values(), *(form for forms in german.plurals.values() for form in forms)]:
        assert not set(text) & set("'\"»«"), text
        assert text.count("„") == text.count("“"), text


def test_portuguese_typography() -> None:
    portuguese = catalogue_of("pt")
    for text in [*portuguese.texts.values(), *(form for forms in portuguese.plurals.values() for form in forms)]:
        assert not set(text) & set("'\"«»"), text
        assert text.count("“") == text.count("”"), text


def _texts(locale: str) -> list[str]:
    words = catalogue_of(locale)
    return [*words.texts.values(), *(form for forms in words.plurals.values() for form in forms)]


# What keeps a name from turning the words around it: first strong, left to right, and the end of both.
FSI, LRI, PDI = "\u2068", "\u2066", "\u2069"


def test_arabic_typography() -> None:
    for text in _texts("ar"):
        bare = PLACEHOLDER.sub("x", text)
        assert not re.search(r"[?;'\"]|,(?!\d)", bare), text
        # An address begins with a sign of no direction: it would end up behind it.
        assert not re.search(rf"(?<!{LRI})[@#]%", text), text
        assert text.count(FSI) + text.count(LRI) == text.count(PDI), text
        assert not re.search(rf"(?<![{FSI}@])%\((?:who|place|app|name)\)s", text), text


def test_arabic_has_six_forms() -> None:
    arabic = catalogue_of("ar")
    said = [arabic.counted("%(count)s reply", "%(count)s replies", n) for n in (0, 1, 2, 3, 10, 11, 99, 100, 103)]
    assert said == [
        "لا ردود",
        "رد واحد",
        "ردّان",
        "%(count)s ردود",
        "%(count)s ردود",
        "%(count)s ردًّا",
        "%(count)s ردًّا",
        "%(count)s رد",
        "%(count)s ردود",
    ]


def test_japanese_typography() -> None:
    for text in _texts("ja"):
        bare = PLACEHOLDER.sub("", text)
        assert not re.search(r"[?!;'\"]|[,.](?!\d|conf)", bare), text
        assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", bare), text


def test_numbers_are_written_as_the_language_does() -> None:
    found = [in_figures("12,345.6", one) for one in ("en", "fr", "es", "de", "pt")]
    assert found == ["12,345.6", "12\u202f345,6", "12.345,6", "12.345,6", "12.345,6"]


def test_french_typography() -> None:
    french = catalogue_of("fr")
    for text in [*french.texts.values(), *(form for forms in french.plurals.values() for form in forms)]:
        assert "'" not in text, text
        assert not re.search(r"[^\u00a0][?!;:»](?:\s|$)", PLACEHOLDER.sub("x", text)), (
            text
        )  # a space that does not break


def test_numbers_take_their_form() -> None:
    english, french = catalogue_of("en"), catalogue_of("fr")
    one, many = "%(count)s reply", "%(count)s replies"
    assert [english.counted(one, many, n) for n in (0, 1, 2)] == [many, one, many]
    assert [french.counted(one, many, n) for n in (0, 1, 2)] == [
        "%(count)s réponse",
        "%(count)s réponse",
        "%(count)s réponses",
    ]


def test_languages_are_recognised() -> None:
    assert [known_locale(one) for one in ("fr", "fr-CA", "FR_fr", "la", "", None)] == [
        "fr",
        "fr",
        "fr",
        "en",
        "en",
        "en",
    ]
    assert accepted_locale("xx, fr;q=0.2, en;q=0.1") == "fr"
    assert accepted_locale("x" * 10_000) == "en"


SHOWN = re.compile(r">([^<>{}]*[A-Za-z]{2}[^<>{}]*)<")
ATTRIBUTES = re.compile(r'(?:alt|title|placeholder|aria-label)="([^"{}]*[A-Za-z]{2}[^"{}]*)"')
# Names and abbreviations that are the same in every language.
NAMES = {"ALT", "(UTC)", "OpenAPI", "Parvis", "Ctrl", "Enter", "n", "j", "k"}


def test_templates_hold_no_text_outside_the_catalogues() -> None:
    for folder in ("web", "shared", "console"):
        for path in sorted((PARVIS / "templates" / folder).rglob("*.html")):
            source = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", path.read_text(), flags=re.DOTALL)
            source = re.sub(r"\{\{.*?\}\}", "{}", source, flags=re.DOTALL)
            for text in [*SHOWN.findall(source), *ATTRIBUTES.findall(source)]:
                assert text.strip() in NAMES, (path.name, text)


def test_what_a_place_says_of_itself_by_default_is_said_in_every_language() -> None:
    assert Settings(home=Path("/nowhere")).description == USUAL
    said = {catalogue_of(locale).text(USUAL) for locale in LOCALES}
    assert len(said) == len(LOCALES)
