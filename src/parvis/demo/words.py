"""Names and sentences for bulk data: plausible from afar, about nothing."""

from __future__ import annotations

from random import Random

import msgspec

from parvis.infra import text

_ADJECTIVES = """
    amber bold brisk calm clever cosy crisp dapper early fair fond gentle glad golden grand green happy hazel humble
    indigo jolly keen kind lively lucky mellow merry mild misty neat noble olive patient plain quick quiet rosy rusty
    silver sunny swift tidy velvet vivid warm wide windy witty young
""".split()
_NOUNS = """
    acorn badger beacon birch bridge brook canary cedar clover comet cricket dahlia ember falcon fern finch fjord fox
    garnet harbor heron hazel island ivy juniper kestrel lantern lark lemon linden maple meadow minnow otter owl pebble
    pine plum poppy quail raven reed robin sparrow thistle tulip walnut willow wren
""".split()
_FIRST = """
    Ada Aiko Amara Anton Ayşe Bela Bruno Carmen Chidi Clara Dani Dara Elif Emil Esra Farid Femi Gita Hana Hugo Ida Imre
    Inés Jonas Juno Kaya Kofi Lana Leïla Lev Lina Luca Malik Mara Mei Milo Mina Nia Nils Noor Olga Omar Pia Priya Rafa
    Rin Sara Sena Tariq Tess Theo Uma Vera Wanda Yara Yuki Zoë
""".split()
_LAST = """
    Abara Berg Castro Dubois Eriksen Fischer Gomes Haddad Ito Jansen Kaya Larsen Mensah Novak Okafor Petrov Quinn Rossi
    Sato Tanaka Ueda Varga Weber Xu Yilmaz Zimmer
""".split()

_PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("This morning", "On the way home", "After the rain", "Between two trains", "For the third time this week"),
        (
            "the neighbour's cat",
            "a very small orchestra",
            "my bread",
            "the lamp in the window",
            "an old map",
            "the lift",
        ),
        (
            "took its time.",
            "had an opinion.",
            "was almost ready.",
            "made everybody smile.",
            "went its own way.",
            "sang.",
        ),
    ),
    "fr": (
        ("Ce matin", "En rentrant", "Après la pluie", "Entre deux cafés", "Comme chaque jeudi"),
        ("le chat du voisin", "une vieille carte", "mon vélo", "la lampe du salon", "le tilleul de la cour"),
        ("a pris son temps.", "avait son avis.", "nous attendait.", "a fait sourire tout le monde.", "chantait."),
    ),
    "de": (
        ("Heute früh", "Auf dem Heimweg", "Nach dem Regen", "Zwischen zwei Zügen", "Wie jeden Donnerstag"),
        ("hat die Katze der Nachbarn", "hat mein Fahrrad", "hat ein alter Stadtplan", "hat die Lampe im Fenster"),
        ("sich Zeit gelassen.", "alle zum Lachen gebracht.", "eine Meinung gehabt.", "auf uns gewartet."),
    ),
    "es": (
        ("Esta mañana", "De camino a casa", "Después de la lluvia", "Entre dos trenes", "Como cada jueves"),
        ("el gato del vecino", "un mapa viejo", "mi bicicleta", "la lámpara de la ventana", "el pan"),
        ("se tomó su tiempo.", "tenía su opinión.", "nos esperaba.", "nos hizo reír.", "cantaba."),
    ),
    "ja": (
        ("今朝、", "帰り道で、", "雨のあと、", "電車を待つあいだ、", "いつもの木曜日に、"),
        ("となりの猫が", "古い地図が", "焼きたてのパンが", "窓辺の明かりが", "自転車が"),
        ("待っていた。", "笑わせてくれた。", "少し歌っていた。", "ゆっくりしていた。"),
    ),
}
_LANGUAGES, _SHARES = ("en", "fr", "de", "es", "ja"), (50, 15, 13, 12, 10)
_TAGS = 300
SOMEBODY = "zzsomebodyzz"  # stands for the handle of whoever is answered, in text and markup


class Body(msgspec.Struct, frozen=True):
    """A text as written and as shown, also as an answer to `SOMEBODY`."""

    language: str
    text: str
    html: str
    answer: str
    answer_html: str
    tags: tuple[str, ...]


def handle(random: Random, series: int, number: int) -> str:
    """A handle that no other number of any series has."""
    return f"{random.choice(_ADJECTIVES)}_{random.choice(_NOUNS)}_{series}x{number}"


def display_name(random: Random) -> str:
    return f"{random.choice(_FIRST)} {random.choice(_LAST)}"


def bodies(random: Random, count: int) -> list[Body]:
    """Texts to choose from; a quarter have a hashtag, a few of which are used a lot."""
    tags = [f"{random.choice(_ADJECTIVES).capitalize()}{random.choice(_NOUNS).capitalize()}" for _ in range(_TAGS)]
    weights = [1 / (place + 1) for place in range(_TAGS)]
    made: list[Body] = []
    for _ in range(count):
        language = random.choices(_LANGUAGES, _SHARES)[0]
        said = " ".join(_sentence(random, language) for _ in range(random.choice((1, 1, 2, 2, 3, 4))))
        used = tuple(random.choices(tags, weights)) if random.random() < 0.25 else ()
        said += "".join(f" #{tag}" for tag in used)
        answer = f"@{SOMEBODY} {said}"
        made.append(Body(language, said, _shown(said), answer, _shown(answer), used))
    return made


def _sentence(random: Random, language: str) -> str:
    joint = "" if language == "ja" else " "
    return joint.join(random.choice(part) for part in _PARTS[language])


def _shown(said: str) -> str:
    return text.render(said, mention_path=lambda found: f"/@{found.value}")
