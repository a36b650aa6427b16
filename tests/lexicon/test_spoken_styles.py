# ruff: noqa: RUF001
"""Ways of speaking by the words of each language: every phrase is found, and sentences show what they should alone."""

import pytest

from microemo.clues import style_kinds
from microemo.lexicon.languages import LANGUAGES, language
from microemo.perception.word_clues import word_clues
from microemo.schema import Utterance

STYLES = {kind.kind for kind in style_kinds()}
BY_RULE = {"repetition", "negation"}  # words of which are not listed under [style.words]
FRAMES = {"en": "xx, {}, xx", "de": "xx, {}, xx", "es": "xx, {}, xx", "fr": "xx, {}, xx", "zh": "去，{}，去"}

SAID = {
    "de": {
        "Ich, ich weiß, äh, vielleicht nicht.": "filler hedge negation repetition",
        "Hör mal, warum hast du das gemacht?": "direct_address question",
        "Nein, nein, nein! Das ist viel zu teuer.": "intensifier",
        "Die, die ich kenne, sind nett.": "",
        "Am Dienstag, besser gesagt am Mittwoch.": "self_correction",
        "Zum Teufel, wo ist er?": "question swear_word",
        "Ich bin sehr glücklich.": "",
        "Wir fahren morgen noch nach Berlin.": "",
        "Leute, kommt mal alle her.": "direct_address",
        "Ich habe kein Geld und keine Zeit.": "negation",
        "wie geht es dir heute": "question",
        "Wir, wir haben ihn, glaube ich, gesehen.": "hedge repetition",
        "Ich bin nicht wütend.": "",
        "Er sagte, dass das das Haus ist.": "",
        "B-bitte geh.": "repetition",
    },
    "es": {
        "Oye, ¿por qué no vienes?": "direct_address question",
        "Yo, yo creo que sí.": "hedge repetition",
        "Es, este, muy tarde, ¿no?": "filler intensifier question",
        "No, no, no quiero ir.": "intensifier",
        "A lo mejor llega el lunes, mejor dicho, el martes.": "hedge self_correction",
        "¡Coño, qué frío!": "swear_word",
        "No estoy triste.": "",
        "El tren sale a las siete.": "",
        "por qué llegas tan tarde": "question",
        "Mira, eso es absolutamente falso.": "direct_address intensifier",
        "Señor, la puerta está abierta.": "direct_address",
        "Nunca he visto eso.": "negation",
        "Sin embargo, vino ayer.": "",
        "Pero, pero si ya comimos.": "repetition",
        "Nos vemos en la plaza.": "",
    },
    "fr": {
        "Euh, je, je ne sais pas.": "filler negation repetition",
        "Écoute, pourquoi tu pars ?": "direct_address question",
        "Nous nous aimons.": "",
        "Non, non, non, c'est très mauvais.": "intensifier",
        "Il arrive lundi, ou plutôt mardi.": "self_correction",
        "Bordel, où est la clé ?": "question swear_word",
        "Je ne suis pas heureuse.": "",
        "C'est, c'est peut-être vrai.": "hedge repetition",
        "est-ce que tu viens demain": "question",
        "Il n’y a rien dans la boîte.": "negation",
        "Une personne attend devant la porte.": "",
        "Il ne mange que du pain.": "",
        "Tu sais, les gars, c'est fini.": "direct_address filler",
        "Elle, elle est partie.": "",
        "Je crois que le train est parti.": "hedge",
    },
    "zh": {
        "我我不知道。": "negation repetition",
        "你看看这个，谢谢。": "",
        "嗯，可能是明天吧。": "filler hedge",
        "你为什么来？": "question",
        "不不不，我没有。": "intensifier negation",
        "喂，你在哪里？": "direct_address question",
        "我操，太晚了。": "swear_word",
        "星期一，不对，星期二。": "self_correction",
        "我没有害怕。": "",
        "我非常高兴。": "",
        "这是非常大的房子。": "intensifier",
        "你吃饭了吗": "question",
        "别人都走了，不过我在。": "",
        "那个，我想借一本书。": "filler",
        "我太太在家，她好好的。": "",
    },
}


def styles(text: str, code: str) -> set[str]:
    utterance = Utterance(index=0, start_sec=0, end_sec=3, text=text, source="asr")
    return {clue.kind for clue in word_clues([utterance], language=code)} & STYLES


@pytest.mark.parametrize(
    ("code", "text", "kinds"), [(code, text, kinds) for code, each in SAID.items() for text, kinds in each.items()]
)
def test_ways_of_speaking_of_a_sentence(code: str, text: str, kinds: str) -> None:
    assert styles(text, code) == set(kinds.split())


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_phrase_is_found_as_the_kind_that_it_is_listed_under(code: str) -> None:
    style = language(code).style
    assert style.words.keys() == STYLES - BY_RULE
    for kind, phrases in style.words.items():
        assert len(phrases) == len({*phrases})
        for phrase in phrases:
            text = phrase.strip(", ").replace("*", "")
            frame = "{}" if kind == "question" else FRAMES[code]
            assert phrase == phrase.lower()
            assert kind in styles(frame.format(text), code), phrase


@pytest.mark.parametrize("code", LANGUAGES)
def test_ordinary_phrases_are_of_no_kind(code: str) -> None:
    for phrase in language(code).style.ordinary:
        assert styles(FRAMES[code].format(phrase.strip(", ").replace("*", "")), code) <= {"question"}, phrase
