"""Labels come out of answers as a careful reader would list them, whatever the answer looks like."""

import time
import tomllib
from collections import Counter
from importlib.resources import files

import pytest
from extraction import items_of, scores_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from microemo.evaluate.extraction import extract_labels
from microemo.lexicon.labels import lexicon

ENGLISH = tomllib.loads(files("microemo.evaluate.extraction").joinpath("english.toml").read_text(encoding="utf-8"))
BASE_WORDS = {place.word for place in lexicon().values()}


def labels(text: str) -> list[str]:
    return list(extract_labels(text))


def test_labels_are_base_words_in_order_of_mention_each_once() -> None:
    assert labels("His anger turns into relief. He is relieved and, at last, Happy.") == ["angry", "relieved", "happy"]


@pytest.mark.parametrize(
    "text",
    [
        "['happy', 'sad']",
        '["happy", "sad"]',
        "happy, sad",
        "Happy and sad.",
        "happy; sad",
        "1. Happy\n2. Sad",
        "1) happy 2) sad",
        "- happy\n- sad",
        "**Happy**, **sad**",
        "Emotions: happiness, sadness",
        "The emotions are:\n\n* Happiness\n* Sadness",
        '{"emotions": ["happy", "sad"]}',
        '```json\n{"emotion": "happy", "secondary_emotion": "sad"}\n```',
        '[{"emotion": "happy"}, {"emotion": "sad"}]',
        '{"labels": [{"name": "happy", "score": 0.9}, {"name": "sad", "score": 0.1}]}',
        "happy (0.9), sad (0.1)",
        "Happy: yes\nAngry: no\nSad: yes",
        "happy, not angry, sad",
        "<answer>happy, sad</answer>",
    ],
)
def test_lists(text: str) -> None:
    assert labels(text) == ["happy", "sad"]


def test_items_of_a_list_need_not_be_in_the_lexicon() -> None:
    assert labels("happy, quixotic") == ["happy", "quixotic"]
    assert labels('["quixotic"]') == ["quixotic"]
    assert labels("Labels: quixotic") == ["quixotic"]


def test_prose_in_json_is_read_as_prose() -> None:
    assert labels('{"description": "The man is not happy. He is tired."}') == ["tired"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He is not angry.", []),
        ("She isn't really happy.", []),
        ("She can't be angry.", []),
        ("He is neither happy nor sad.", []),
        ("He shows no sign of anger or fear.", []),
        ("There is no anger, fear, or sadness in his voice.", []),
        ("Her lack of joy is striking.", []),
        ("She is far from happy.", []),
        ("He is anything but bored.", []),
        ("He seems sad rather than angry.", ["sad"]),
        ("She is sad, not angry.", ["sad"]),
        ("He is not angry but sad.", ["sad"]),
        ("He is no longer afraid.", []),
        ("Anger is absent from his voice.", []),
        ("Fear cannot be seen in her face.", []),
        ("There is very little regret in her voice.", []),
        ("If he were simply tired, his brows would not be raised.", []),
        ("He is not angry, just tired.", ["tired"]),
        ("Without any fear he walks on, and he is proud.", ["proud"]),
    ],
)
def test_what_is_denied_does_not_count(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He is not only sad but also angry.", ["sad", "angry"]),
        ("She is without doubt furious.", ["furious"]),
        ("She could not be happier.", ["happy"]),
        ("He cannot hide his joy.", ["joyful"]),
        ("She walks on, not without fear.", ["fearful"]),
        ("No wonder she is disappointed.", ["disappointed"]),
        ("He does not move. He is terrified.", ["terrified"]),
        ("She does not answer because she is embarrassed.", ["embarrassed"]),
        ("There is nothing but sadness in her eyes.", ["sad"]),
    ],
)
def test_what_only_looks_denied_counts(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She may be sad.", ["sad"]),
        ("He is possibly relieved, and perhaps a little jealous.", ["relieved", "jealous"]),
        ("It seems that he could be worried.", ["worried"]),
        ("There might be a hint of fear in his voice.", ["fearful"]),
        ("It is likely that she is annoyed or frustrated.", ["annoyed", "frustrated"]),
        ("He looks worried, or maybe confused?", ["worried", "confused"]),
    ],
)
def test_hedged_feelings_count(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("If he were sad, he would cry.", []),
        ("Is she angry?", []),
        ("Why does he feel so sad?", []),
        ("It is unclear whether he is sad or angry.", []),
        ("He pretends to be happy.", []),
        ("She is trying to stay calm.", []),
        ("He asks if she is angry.", []),
        ("She wants to be happy.", []),
        ("Unless she is bored, she stays. She is curious.", ["curious"]),
    ],
)
def test_what_is_imagined_or_asked_does_not_count(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("His answer makes her colleague angry.", []),
        ("Her friend is furious, but she is calm.", ["calm"]),
        ("The man talks to an angry customer. He stays polite.", ["polite"]),
        ("The other person looks scared.", []),
        ("The man behind her is bored. She is excited.", ["excited"]),
        ("The audience is amused.", []),
        ("To my surprise, she is calm.", ["calm"]),
        ("Her friend's anger scared her.", ["scared"]),
        ("The crying makes the woman sad.", ["sad"]),
        ("She comforts the frightened boy. She is gentle.", ["gentle"]),
        ("An angry man stares at the camera.", ["angry"]),
    ],
)
def test_feelings_of_others_do_not_count(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The man looks worried. The woman looks surprised.", ["worried"]),
        ("The video shows a man at a table. The woman next to him is sad. He is bored.", ["bored"]),
        ("She is calm, while he is furious.", ["calm"]),
        ("A man shouts at a boy. The boy is scared. The man is angry.", ["angry"]),
        ("The doctor talks to a man. She is patient.", ["patient"]),
        ("A man is laughing in the background while a woman sounds annoyed.", ["annoyed"]),
        ("A nurse is standing beside him, looking concerned. He is in pain.", ["in pain"]),
        ("He is happy to see his wife, who is surprised.", ["happy"]),
        ("What I see is a man who is bored.", ["bored"]),
        ("He speaks to the audience, which is excited.", []),
        ("He shouts at the customer, which shows his anger.", ["angry"]),
        ("She is upset with someone or disappointed.", ["upset", "disappointed"]),
        ("She is afraid of the other person.", ["afraid"]),
        ("He shows fear of her husband.", ["fearful"]),
    ],
)
def test_two_people_are_told_apart(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "They sing happy birthday to her.",
        "I'm afraid that the sound is missing.",
        "I am afraid I cannot see a face.",
        "It is a surprise party with a surprise guest.",
        "A sad song plays in the cheerful room.",
        "The man has an upset stomach and looks at the interest rate.",
        "The content of the video is a close look at a cool, calm sea.",
        'The subtitle reads "I am so angry with you".',
        "The subtitle says: 'I'm happy for you, I'm not sad.'",
        "Anger is often shown by lowered brows.",
        "The flowers add to the cheerful mood of the video.",
        "The man is laughing and shouting.",
    ],
)
def test_words_with_another_sense_do_not_count(text: str) -> None:
    assert labels(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I am unable to see the video, but I would be happy to help.",
        "I'm sorry, but I cannot determine the emotion of the person in this video.",
        "I apologize, but I can't identify emotions. Feel free to ask something else!",
        "Sure! I'd be glad to help. Please describe the video.",
        "画面中的男子皱着眉头看起来很生气。",
        "La mujer parece contenta con el regalo.",
        "",
        " \n\t",
        "[]",
        "{}",
        "None",
        "No emotion.",
    ],
)
def test_what_says_nothing_has_no_labels(text: str) -> None:
    assert labels(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Analysis\n\nHe looks **angry**.\n\n## Summary\n\n*Angry*, with a touch of *shame*.", ["angry", "ashamed"]),
        ("### Final answer\n**Happy** and **relieved**", ["happy", "relieved"]),
        ("**Face:** she frowns.\n**Mood:** she is annoyed.", ["annoyed"]),
        ("1. **Voice**: he sounds nervous.\n2. **Face**: he looks scared.", ["nervous", "scared"]),
        ("The emotions are:\n1. Anxiety: she wrings her hands.\n2. Hope: she smiles.", ["anxious", "hopeful"]),
        ("Emotion: fear\nConfidence: 0.8\nReasoning: wide eyes.", ["fearful"]),
        ("He is tired.\n- Soft, breathy voice\n- Eyes closed", ["tired"]),
        ("Here are the emotional states of the main character: ['sad', 'lonely']", ["sad", "lonely"]),
        ("<think>He may be angry.</think>\n<answer>sad</answer>", ["angry", "sad"]),
    ],
)
def test_markup(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


def test_quoted_names_of_feelings_count() -> None:
    assert labels('His emotion can be described as "joy".') == ["joyful"]


@pytest.mark.parametrize("name", ["check", "fresh"])
def test_f1_on_descriptions_that_the_rules_were_not_made_from(name: str) -> None:
    assert scores_of(items_of(name)).f1 >= 0.85


PIECES = [
    *"ab \n.,:;'\"()[]{}*-?!1>\0",
    " not ",
    " happy ",
    " she ",
    " is ",
    " and ",
    "her friend's ",
    "\u60b2",
    "\U0001f600",
]


@given(st.text() | st.lists(st.sampled_from(PIECES)).map("".join))
@example("'" * 1000)
@example('{"emotion":' + "[" * 2000)
@example('{"emotion":' + "[" * 500 + '"sad"' + "]" * 500 + "}")
def test_any_text_has_lower_case_labels_each_once(text: str) -> None:
    found = extract_labels(text)
    assert found == extract_labels(text)
    assert len(set(found)) == len(found)
    assert all(label == label.lower().strip() != "" for label in found)


PROSE = st.lists(st.sampled_from(sorted({w for ws in ENGLISH["cues"].values() for w in ws} | lexicon().keys())))


@given(PROSE)
@settings(max_examples=200)
def test_prose_has_no_labels_outside_the_lexicon(phrases: list[str]) -> None:
    assert set(extract_labels("He said that " + " ".join(phrases))) <= BASE_WORDS


HOSTILE = {
    "no punctuation": "she is not happy and ",
    "nested negations": "not ",
    "one word": "a",
    "commas": ",",
    "quotation marks": "' ",
    "brackets": "(",
    "adverbs": "slowly ",
    "items": "zq,",
    "lines": "happy\n",
    "owners": "friend's ",
    "numbers": "1. ",
    "spaces": " ",
    "stars": "*",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_is_linear_in_the_length(piece: str) -> None:
    text = "She is happy " + piece * (200_000 // len(piece)) + " and angry"
    extract_labels("He is happy.")  # reads the tables

    def seconds() -> float:
        start = time.process_time()
        extract_labels(text)
        return time.process_time() - start

    assert any(
        seconds() < 1 for _ in range(3)
    )  # a collection of garbage may fall into one; what is squared takes minutes


def test_a_phrase_does_one_thing() -> None:
    cues = Counter(phrase for phrases in ENGLISH["cues"].values() for phrase in phrases)
    nouns = Counter(noun for nouns in ENGLISH["nouns"].values() for noun in nouns)
    assert [word for word, count in (cues + Counter()).items() if count > 1] == []
    assert [word for word, count in nouns.items() if count > 1] == []


def test_groups_are_those_of_the_lexicon() -> None:
    assert set(ENGLISH["senses"]["loose_groups"]) <= {place.group for place in lexicon().values()}
