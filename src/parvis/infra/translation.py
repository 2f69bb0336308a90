"""The translation service of the operator's choice, by the API of LibreTranslate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from parvis.base.errors import Unavailable
from parvis.base.settings import Settings
from parvis.infra.destinations import Refused
from parvis.infra.outbound import Errand, Outbound

LANGUAGES_KEPT_S = 3600.0

T = TypeVar("T")

_ERRAND = Errand(schemes=frozenset({"https", "http"}), body_bytes=512 * 1024, at_once_per_host=8)


class Translated(msgspec.Struct, frozen=True):
    """The texts in the wanted language, in order, and the language they were written in."""

    texts: list[str]
    source: str


class _Language(msgspec.Struct):
    code: str
    targets: list[str] = []


class _Detected(msgspec.Struct):
    language: str = ""


class _Answer(msgspec.Struct):
    translatedText: list[str]  # noqa: N815  (the service's own word)
    detectedLanguage: list[_Detected] | _Detected | None = None  # noqa: N815


class Translator:
    """`name` is what people are told. Its address comes from the operator, so that it may be a private one."""

    name = "LibreTranslate"

    def __init__(self, settings: Settings) -> None:
        self._url = settings.translation_url.rstrip("/")
        self._key = settings.translation_key
        self._http = Outbound(msgspec.structs.replace(settings, allow_private_addresses=True))
        self._languages: tuple[float, dict[str, list[str]]] | None = None

    @property
    def there(self) -> bool:
        """Whether the operator has named a service."""
        return bool(self._url)

    async def translate(self, texts: Sequence[str], *, source: str | None, target: str) -> Translated:
        """The texts, which may be HTML, in the target language. Raises: Unavailable when there is no proper answer."""
        asked: dict[str, Any] = {"q": list(texts), "source": source or "auto", "target": target, "format": "html"}
        if self._key:
            asked["api_key"] = self._key
        answer = await self._ask("POST", "/translate", _Answer, msgspec.json.encode(asked))
        if len(answer.translatedText) != len(texts):
            raise Unavailable("The translation service does not answer as it should")
        detected = answer.detectedLanguage
        first = detected[0] if isinstance(detected, list) and detected else detected
        found = first.language if isinstance(first, _Detected) else ""
        return Translated(answer.translatedText, source or found or "und")

    async def languages(self) -> dict[str, list[str]]:
        """From which language into which; nothing without a service. Kept for an hour."""
        if not self.there:
            return {}
        if self._languages is None or self._languages[0] < time.monotonic():
            found = await self._ask("GET", "/languages", list[_Language])
            by_code = {one.code: [t for t in one.targets if t != one.code] for one in found}
            self._languages = (time.monotonic() + LANGUAGES_KEPT_S, by_code)
        return self._languages[1]

    async def close(self) -> None:
        """Its connections are closed."""
        await self._http.close()

    async def _ask(self, method: str, path: str, kind: type[T], body: bytes = b"") -> T:
        if not self.there:
            raise Unavailable("There is no translation service here")
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            answer = await self._http.send(method, self._url + path, errand=_ERRAND, headers=headers, body=body)
            if answer.status != 200:
                raise Unavailable("The translation service does not answer as it should")
            return msgspec.json.decode(answer.body, type=kind)
        except (Refused, msgspec.DecodeError):
            raise Unavailable("The translation service does not answer as it should") from None
