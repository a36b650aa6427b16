# ruff: noqa: RUF001
"""What is said and what it is labelled are of one family; a new language is a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from microemo.clues import emotion_word_kinds
from microemo.errors import InputError
from microemo.evaluate.extraction import extract_labels
from microemo.lexicon import emotion_families
from microemo.lexicon.labels import NEGATION, lexicon, normalised, place
from microemo.lexicon.languages import LANGUAGES, language
from microemo.perception.word_clues import entries, word_clues
from microemo.schema import Utterance

# Words that mean something else when they are spoken than as labels of the one who speaks.
OTHER_SENSES = {
    "anger_word": {"idiotic", "injustice", "ridiculous", "stupid"},  # said in anger; as labels they blame, or hurt
    "disgust_word": {"bad"},  # "awful", "horrible", "terrible" are said of things; as labels, of the person's own state
    "fear_word": {"dreadful", "threatening"},  # dread and threats are feared; as labels, of who threatens
    "joy_word": {"amazed", "relieved"},  # "amazing" and "relieved" please; as labels, a surprise, and calm
    "sadness_word": {"lost", "sadistic", "upset"},  # "lost him"; "sadistic" only begins like "sad"
}

TOY = """
[negations]
words = ["nek"]

[degrees]
softeners = ["iom"]

[emotion_words.joy_word]
strong = ["ĝoj*"]

[emotion_words.anger_word]
mild = ["for de tie ĉi"]
"""


class Word(NamedTuple):
    text: str
    start_sec: float
    end_sec: float


def said(text: str) -> Utterance:
    return Utterance(index=0, start_sec=0, end_sec=3, text=text, source="subtitle")


def feelings(text: str, code: str) -> list[str]:
    """Kinds and words of the clues of emotion words alone."""
    kinds = {each.kind for kind in emotion_word_kinds() for each in (kind, kind.negated)}
    return [f"{clue.kind} {clue.detail}" for clue in word_clues([said(text)], language=code) if clue.kind in kinds]


def spoken_labels() -> Iterator[tuple[str, str, str]]:
    """Every form of a label that a spoken word matches: the kind of clue, the label, the label's family."""
    for entry in entries("en"):
        for form, found in lexicon().items():
            if entry.pattern.fullmatch(form):
                yield entry.kind.kind, found.word, found.family


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_word_is_spoken_with_one_feeling(code: str) -> None:
    listed = [phrase for each in language(code).emotion_words.values() for phrase in (*each.strong, *each.mild)]
    assert len(listed) == len(set(listed)) > 150


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_word_is_found_as_the_kind_that_it_is_listed_under(code: str) -> None:
    for kind, words in language(code).emotion_words.items():
        for phrase in (*words.strong, *words.mild):
            clues = word_clues([said(phrase.replace("*", ""))], language=code)
            assert kind in {clue.kind.removeprefix("negated_") for clue in clues}, phrase


@pytest.mark.parametrize("code", LANGUAGES)
def test_words_are_lower_case_and_degrees_deny_nothing(code: str) -> None:
    spoken = language(code)
    graded = spoken.degrees.intensifiers | spoken.degrees.softeners
    assert not spoken.degrees.intensifiers & spoken.degrees.softeners
    assert not [word for word in graded if word in spoken.negations]
    listed = [phrase for each in spoken.emotion_words.values() for phrase in (*each.strong, *each.mild)]
    assert [word for word in (*listed, *graded, *spoken.negations.words) if word != word.lower()] == []


SAID = {
    "Ich bin sehr glücklich, aber ich habe keine Angst.": (
        "de",
        ["joy_word glücklich", "negated_fear_word keine angst"],
    ),
    "Ich liebe dich nicht.": ("de", ["negated_love_word liebe dich nicht"]),
    "Ich bin traurig, nicht wütend!": ("de", ["sadness_word traurig", "negated_anger_word nicht wütend"]),
    "Der Zug nach Hamburg fährt von Gleis sieben.": ("de", []),
    "Es tut mir so leid, das war widerlich.": ("de", ["sadness_word tut mir so leid", "disgust_word widerlich"]),
    "¡No estoy triste! Tengo miedo.": ("es", ["negated_sadness_word no triste", "fear_word miedo"]),
    "Te quiero mucho, qué sorpresa.": ("es", ["love_word te quiero", "surprise_word sorpresa"]),
    "Los niños están hablando junto a la puerta.": ("es", []),
    "J’ai très peur.": ("fr", ["fear_word peur"]),
    "Je ne suis pas heureuse, je suis en colère.": ("fr", ["negated_joy_word ne heureuse", "anger_word colère"]),
    "Elle n'aime pas ça, c'est dégoûtant.": ("fr", ["disgust_word dégoûtant"]),
    "Je t'aime. Je n'adore rien.": ("fr", ["love_word je t'aime", "negated_love_word n'adore"]),
    "Les enfants parlent à côté de la porte.": ("fr", []),
    "我今天特别高兴，因为我们赢了。": ("zh", ["joy_word 高兴"]),
    "我没有害怕。别烦我！": ("zh", ["negated_fear_word 没有害怕", "anger_word 别烦我"]),
    "我不太满意，很难过": ("zh", ["negated_joy_word 不太满意", "sadness_word 难过"]),
    "孩子们在门口聊天。": ("zh", []),
}


@pytest.mark.parametrize(("text", "expected"), SAID.items(), ids=SAID)
def test_feelings_denials_and_degrees(text: str, expected: tuple[str, list[str]]) -> None:
    code, clues = expected
    assert feelings(text, code) == clues


def test_each_utterance_is_read_in_its_own_language() -> None:
    spoken = [said("happy Angst").model_copy(update={"language": code}) for code in ("en", "de", "it", None)]
    assert [clue.kind for clue in word_clues(spoken)] == ["joy_word", "fear_word", "joy_word"]


def test_chinese_words_are_timed_by_their_characters() -> None:
    characters = [Word(text, 0.2 * i, 0.2 * i + 0.2) for i, text in enumerate(["我", "非", "常", "高", "兴。"])]
    (clue,) = word_clues([said("我非常高兴。")], characters, "zh")
    assert (clue.detail, clue.start_sec, clue.end_sec) == ("高兴", 0.6, 1.0)
    assert clue.strength == 1.0


def test_a_spoken_word_that_is_a_label_is_of_the_labels_family() -> None:
    own = {
        kind.kind: {name for name, family in emotion_families().items() if (family.like or name) in kind.families}
        for kind in emotion_word_kinds()
    } | {"love_word": {"loving"}}  # it speaks for none of the labelled data's families
    elsewhere: dict[str, set[str]] = {}
    for kind, label, family in spoken_labels():
        if family not in own[kind]:
            elsewhere.setdefault(kind, set()).add(label)
    assert elsewhere == OTHER_SENSES


def test_emotion_words_are_of_kinds_that_the_table_of_clues_has() -> None:
    for code in LANGUAGES:
        assert set(language(code).emotion_words) == {kind.kind for kind in emotion_word_kinds()}


def test_a_stem_that_ends_in_less_is_not_the_feeling() -> None:
    for text in ("a joyless cheerless place", "they were fearless"):
        assert word_clues([Utterance(index=0, start_sec=0, end_sec=1, text=text, source="asr")]) == []


@pytest.mark.parametrize(
    "label", ["not sad", "isn't sad", "cannot rest", "no longer sad", "so free of fear", "nor glad"]
)
def test_labels_are_negated_by_the_languages_negations(label: str) -> None:
    assert NEGATION.search(normalised(label))
    assert place(label) is None


@pytest.mark.parametrize("negation", sorted(language("en").negations.words | language("en").negations.phrases))
def test_descriptions_are_negated_by_the_same(negation: str) -> None:
    assert extract_labels("The man in the video shows fear.") == ("fearful",)
    assert extract_labels(f"The man in the video shows {negation} fear.") == ()


def test_a_new_language_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "toy.toml"
    file.write_text(TOY, encoding="utf-8")
    monkeypatch.setitem(LANGUAGES, "xx", file)
    said = Utterance(index=0, start_sec=0, end_sec=3, text="Nek ĝoja, iom ĝojas! Iru for de tie ĉi.", source="subtitle")
    clues = word_clues([said], language="xx")
    assert [(clue.kind, clue.detail) for clue in clues] == [
        ("negated_joy_word", "nek ĝoja"), ("joy_word", "ĝojas"), ("anger_word", "for de tie ĉi"),
    ]  # fmt: skip
    assert clues[0].value < 0 < clues[1].value < 0.9
    assert word_clues([said]) == []


def test_an_unknown_language_is_named_with_those_that_are_known() -> None:
    with pytest.raises(InputError, match=r"'tlh'.*en"):
        word_clues([], language="tlh")
