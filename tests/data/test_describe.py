"""What training says of clues, the parser bears out: the two speak one language."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import Written

from microemo.clues import clue_kinds, clue_predicate, kinds_in, nonverbal_kinds, verbal_kinds
from microemo.data import describe
from microemo.data.association import KNOWN, Counts, family, known
from microemo.data.describe import Description, Scene
from microemo.data.evidence import MAX_FACTS, SPEAKS, weigh
from microemo.lexicon import FAMILIES, emotion_families
from microemo.lexicon.labels import place
from microemo.parse import claims_in, parse
from microemo.schema import Clue
from microemo.spans import Span

DETAILS = ("happy", "oh my god", "can't believe", "no", "shut up", "mad", "loud", "tense")
CITATION = re.compile(r"\[(\d+)\]")
CITATIONS = re.compile(r" (?:\[\d+\])+")
SPAN = Span(0.0, 10.0)
# Every kind speaks for some families and against others, and of some says nothing.
ASSOCIATION = {
    kind: {family: (1.0, -1.0, 0.0)[(number + place) % 3] for place, family in enumerate(FAMILIES)}
    for number, kind in enumerate(clue_kinds())
}


def make_clue(id_: int, kind: str, start: float = 0.0, strength: float = 0.5, sec: float = 1.0, **known: Any) -> Clue:
    of = clue_kinds()[kind]
    return Clue(
        id=id_, modality=of.modality, region=of.region, kind=kind, start_sec=start, apex_sec=start, value=1, baseline=0,
        end_sec=start + sec, strength=strength, **known,
    )  # fmt: skip


@st.composite
def clues(draw: st.DrawFn) -> list[Clue]:
    """Clues of a clip: of one kind several times, on one side, of words."""
    rows = st.tuples(st.sampled_from([*nonverbal_kinds(), *(kind.kind for kind in verbal_kinds())]),
                     st.floats(0, 9.5), st.floats(0, 1), st.floats(0.1, 10))  # fmt: skip
    found = []
    for id_, (kind, *numbers) in enumerate(draw(st.lists(rows, max_size=7)), start=1):
        known: dict[str, Any] = {}
        if clue_kinds()[kind].modality == "words":
            known["detail"] = draw(st.sampled_from(DETAILS))
        elif kind == "long_pause":
            known["detail"] = draw(st.sampled_from(("", "before door", "before loud")))
        else:
            known["side"] = draw(st.sampled_from((None, "left", "right")))
            known["intensity"] = draw(st.sampled_from((None, "A", "B", "C", "D", "E")))
        found.append(make_clue(id_, kind, *numbers, **known))
    return found


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    return Scene(
        labels=(draw(st.sampled_from(FAMILIES)),),
        intensity=draw(st.one_of(st.none(), st.floats(0, 1))),
        clues=draw(clues()),
        span=draw(st.sampled_from((SPAN, Span(0.0, 30.0), Span(0.0, 3.0)))),
        pronoun=draw(st.sampled_from(("he", "she", "they"))),
    )


def told_of(label: str, *clues: Clue, association: Any = ASSOCIATION, **known: Any) -> Description:
    return describe.describe(Scene((label,), None, clues, **{"span": SPAN, **known}), association)


def speaking(label: str, *kinds: str) -> dict[str, dict[str, float]]:
    """These kinds speak for a label, and nothing else for anything."""
    return {kind: {label: 1.0} for kind in kinds}


@settings(max_examples=400)
@given(scenes())
def test_the_parser_verifies_every_claim_of_every_answer(scene: Scene) -> None:
    text = describe.answer(scene, ASSOCIATION)
    cited = [int(number) for number in CITATION.findall(text)]
    result = parse(Written(text), scene.clues, Span(0.0, 30.0))
    assert sorted(claim.clue or 0 for claim in result.claims) == sorted(cited), text
    assert all(claim.verified for claim in result.claims)
    assert [emotion.label for emotion in result.emotions] == text.partition(".")[0].split(", ")
    assert result.explanation == CITATIONS.sub("", text.partition(". ")[2])
    assert claims_in(text.partition(". ")[2], scene.clues, Span(0.0, 30.0)) == result.claims


@settings(max_examples=200)
@given(scenes(), clues())
def test_other_clues_verify_no_claim(scene: Scene, others: list[Clue]) -> None:
    own = {clue.kind for clue in scene.clues}
    others = [clue for clue in others if clue.kind not in own and clue.modality != "words"]
    claims = claims_in(describe.describe(scene, ASSOCIATION).text, others, Span(0.0, 30.0))
    assert bool(claims) == bool(scene.clues)
    assert not any(claim.verified for claim in claims)


@given(scenes())
def test_what_speaks_for_the_label_is_told_first_and_each_clue_once(scene: Scene) -> None:
    text = describe.describe(scene, ASSOCIATION).text
    cited = [int(number) for number in CITATION.findall(text)]
    assert len(set(cited)) == len(cited)
    assert bool(cited) == bool(scene.clues)
    evidence = weigh(scene.labels[0], scene.clues, ASSOCIATION)
    odds = [ASSOCIATION[fact.strongest.kind][scene.labels[0]] for fact in evidence.facts]
    assert all(odd > SPEAKS for odd in odds[: evidence.num_support])
    others = list(zip(evidence.facts, odds, strict=True))[evidence.num_support :]
    assert all(abs(odd) <= SPEAKS or not fact.strongest.strength for fact, odd in others)
    assert evidence.num_support <= MAX_FACTS


@given(scenes())
def test_what_speaks_against_the_label_is_told_as_such_alone(scene: Scene) -> None:
    text = describe.describe(scene, ASSOCIATION).text
    evidence = weigh(scene.labels[0], scene.clues, ASSOCIATION)
    before, although, after = text.partition(", although ")
    against = {clue.id for clue in evidence.against.clues} if evidence.against else set()
    assert bool(although) == bool(against)
    assert {int(number) for number in CITATION.findall(after)} == against
    contrary = {clue.id for clue in scene.clues if ASSOCIATION[clue.kind][scene.labels[0]] < 0 and clue.strength}
    alone = {clue.id for fact in evidence.facts for clue in fact.clues if fact.strongest.id in contrary}
    assert not alone
    assert not {int(number) for number in CITATION.findall(before)} & against


@given(scenes())
def test_the_same_measures_give_the_same_words(scene: Scene) -> None:
    renumbered = [clue.model_copy(update={"id": clue.id + 40}) for clue in scene.clues]
    again = Scene(scene.labels, scene.intensity, renumbered, scene.span, scene.pronoun)
    one, other = (describe.describe(each, ASSOCIATION) for each in (scene, again))
    assert one.labels == other.labels
    assert CITATIONS.sub("", one.text) == CITATIONS.sub("", other.text)


@given(scenes())
def test_nothing_is_left_open_and_verbs_agree(scene: Scene) -> None:
    text = re.sub(r'"[^"]*"', '""', describe.describe(scene, ASSOCIATION).text)
    assert not re.search(r"[{}|]|  | ,| \.|\bNone\b", text)
    assert not re.search(r"\bthey (?:\w+ )?(?:is|has|smiles|frowns|seems|looks|sounds)\b", text.lower())
    assert not re.search(r"\b(?:he|she|the person) (?:are|have|smile|frown|seem|look|sound)\b", text.lower())
    if scene.pronoun != "they":
        assert not re.search(r"\b(they|their|the person)\b", text.lower())
    assert all(sentence[0].isupper() for sentence in text.split(". "))


def smile(id_: int, start: float, sec: float, strength: float = 0.5, **known: Any) -> Clue:
    return make_clue(id_, "lip_corner_puller", start, strength, sec, **known)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("She smiles [1] and looks happy.", [smile(1, 0, 10)]),
        ("She smiles faintly at first [1]; perhaps she is happy or friendly.", [smile(1, 0, 3, 0.2)]),
        ("She smiles for a moment [1] and looks happy.", [smile(1, 4, 0.5)]),
        ("She smiles four seconds in [1] and looks happy.", [smile(1, 4, 2)]),
        ("She smiles towards the end [1] and looks happy.", [smile(1, 7, 3)]),
        ("She smiles twice [1][2] and looks happy.", [smile(1, 1, 1), smile(2, 5, 1)]),
        ("She smiles with the left corner of her mouth [1] and looks happy.", [smile(1, 0, 10, side="left")]),
        (
            "She smiles several times [1][2][3][4][5] and looks happy.",
            [smile(number, 1.5 * number, 1) for number in range(1, 6)],
        ),
        ("She smiles twice [1][2] and looks happy.", [smile(1, 1, 1, side="left"), smile(2, 5, 1, side="right")]),
        ("Perhaps she is happy, although she frowns at first [1].", [make_clue(1, "brow_lowerer", 0, sec=2)]),
        ("She nods [1]; it is hard to tell from this whether she is happy.", [make_clue(1, "head_nod", 0, sec=9)]),
        ("There is little to go by; perhaps she is happy.", []),
    ],
)
def test_one_observation(expected: str, found: Sequence[Clue]) -> None:
    odds = {"lip_corner_puller": {"happy": 1.0}, "brow_lowerer": {"happy": -1.0}}
    assert told_of("happy", *found, association=odds, pronoun="she").text == expected


def test_what_goes_on_at_once_and_what_follows() -> None:
    kinds = ("inner_brow_raiser", "jaw_drop", "lip_corner_puller", "cheek_raiser", "pitch_raised", "voice_rough")
    odds = speaking("happy", *kinds)
    assert told_of(
        "happy", make_clue(1, "inner_brow_raiser", 0, sec=2), make_clue(2, "jaw_drop", 0.2, sec=2),
        smile(3, 5, 1), association=odds,
    ).sentences == (
        "At first the person lifts the inner ends of their brows [1] as their mouth opens as the jaw drops [2]; "
        "then they smile [3].",
        "They are clearly happy.",
    )  # fmt: skip
    assert told_of(
        "happy", smile(1, 0, 10), make_clue(2, "cheek_raiser", 3, sec=1), make_clue(3, "inner_brow_raiser", 6, sec=2),
        association=odds,
    ).sentences[:2] == (
        "The person smiles throughout [1].",
        "Three seconds in their cheeks rise [2]; then they lift the inner ends of their brows [3].",
    )  # fmt: skip
    assert told_of(
        "happy", smile(1, 0, 10), make_clue(2, "pitch_raised", 0, sec=9), make_clue(3, "voice_rough", 0, sec=9),
        association=odds, pronoun="he",
    ).sentences == (
        "He smiles [1], while his voice is higher than usual [2] and rough [3].", "He is clearly happy.",
    )  # fmt: skip
    assert told_of(
        "happy", smile(1, 0, 3), make_clue(2, "inner_brow_raiser", 4, sec=2), association=odds, pronoun="he"
    ).text.startswith("He smiles at first [1], then lifts the inner ends of his brows [2], and he looks happy")


def test_words_and_pauses_quote_what_is_said() -> None:
    odds = speaking("sad", "sadness_word", "long_pause")
    said = make_clue(1, "sadness_word", 3, detail="lost")
    pause = make_clue(2, "long_pause", 4, detail="before door")
    assert told_of("sad", said, association=odds).text == 'The person says "lost" three seconds in [1] and seems sad.'
    assert told_of("sad", pause, association=odds).text == (
        'The person pauses for a moment before "door" [2] and sounds sad.'
    )


def test_the_more_and_the_stronger_the_surer() -> None:
    odds = speaking("happy", "lip_corner_puller", "cheek_raiser")
    cheeks = make_clue(2, "cheek_raiser", 0, 0.9, sec=10)
    against = odds | {"brow_lowerer": {"happy": -1.0}}
    texts = [
        told_of("happy", smile(1, 0, 10, 0.2), association=odds).text,
        told_of("happy", smile(1, 0, 10, 0.9), association=odds).text,
        told_of("happy", smile(1, 0, 10, 0.9), cheeks, association=odds).text,
        told_of("happy", smile(1, 0, 10, 0.9), cheeks, make_clue(3, "brow_lowerer"), association=against).text,
    ]
    sure = [re.search(r"perhaps they are|looks|are clearly|look", text) for text in texts]
    assert [found[0] for found in sure if found] == ["perhaps they are", "looks", "are clearly", "look"]


@pytest.mark.parametrize("label", ["neutral", "calm"])
def test_little_that_is_measured_fits_who_is_calm(label: str) -> None:
    assert told_of(label).text == f"There is little to go by; the person seems {label}."
    assert told_of(label, make_clue(1, "head_nod"), association={}).text.endswith(f"; otherwise they seem {label}.")


@given(st.sampled_from(FAMILIES), st.floats(0, 1), clues())
def test_labels_are_of_the_family_and_its_own_word_comes_first(label: str, intensity: float, found: list[Clue]) -> None:
    labels = describe.describe(Scene((label,), intensity, found, SPAN), ASSOCIATION).labels
    assert labels[0] == label
    assert set(labels) <= set(emotion_families()[label].labels)
    supported = weigh(label, found, ASSOCIATION).num_support > 0
    assert (len(set(labels)) == len(labels) == 2) if supported else labels == (label,)


def test_intensity_shades_the_labels() -> None:
    angry = emotion_families()["angry"]
    shades = [describe.kin("angry", intensity) for intensity in (0.1, 0.5, 0.9)]
    assert shades == [angry.mild, angry.words[1:], angry.strong]


def test_measured_strength_shades_the_labels_where_the_data_set_says_nothing() -> None:
    def shades(strength: float) -> set[str]:
        kinds = [kind for kind in nonverbal_kinds() if ASSOCIATION[kind]["angry"] > 0]
        return {told_of("angry", make_clue(1, kind, 0, strength)).labels[1] for kind in kinds}

    angry = emotion_families()["angry"]
    assert shades(0.9) <= set(angry.strong) and len(shades(0.9)) > 2
    assert shades(0.1) <= set(angry.mild) and len(shades(0.1)) > 2


@pytest.mark.parametrize("label", ["lonely", "proud", "worry", "jealousy", "Slightly annoyed", "no such feeling"])
def test_open_labels_stay_and_get_others_of_their_group(label: str) -> None:
    told = told_of(label, smile(1, 0, 10), association={"lip_corner_puller": {family(label): 1.0}})
    assert told.labels[0] == label
    group = place(label)
    assert all(place(other).group == group.group for other in told.labels[1:])  # type: ignore[union-attr]
    assert (len(told.labels) > 1) == (group is not None)
    assert kinds_in(told.text) == {"lip_corner_puller"}


def test_several_labels_of_the_data_set_s_own_stay_and_are_told() -> None:
    scene = Scene(("sad", "tired"), None, [smile(1, 0, 10)], SPAN, "she")
    told = describe.describe(scene, {"lip_corner_puller": {"sad": 1.0}})
    assert (told.labels, told.text) == (("sad", "tired"), "She smiles [1] and looks sad, perhaps tired.")


def test_every_kind_can_be_told_alone() -> None:
    for kind in nonverbal_kinds():
        clue = make_clue(1, kind, sec=10)
        text = told_of("happy", clue, association=speaking("happy", kind), pronoun="he").text
        assert clue_predicate(clue)[1].replace("{their}", "his") in text
        assert kinds_in(text) == {kind}, text


def test_odds_follow_the_counts_and_rare_kinds_the_literature() -> None:
    counts = Counts()
    for number in range(40):
        happy, sad = make_clue(1, "pitch_raised", 0, 1), make_clue(2, "voice_soft", 0, 1)
        counts.add("happy", "voice", [happy] if number % 4 else [])
        counts.add("sad", "voice", [sad] if number % 4 else [])
    odds = counts.log_odds()
    assert odds["pitch_raised"]["happy"] > 0.5
    assert odds["pitch_raised"]["sad"] < 0
    few = Counts()
    few.add("happy", "face", [make_clue(1, "lip_corner_puller", 0, 1)])
    few.add("sad", "face", [make_clue(1, "lip_corner_puller", 0, 1)])
    assert few.log_odds()["lip_corner_puller"]["happy"] == few.log_odds()["lip_corner_puller"]["sad"]
    drawn = few.log_odds(known())["lip_corner_puller"]
    assert KNOWN > drawn["happy"] > 0.4 > abs(drawn["sad"])


def test_what_is_known_names_kinds_that_are_measured() -> None:
    assert {kind for kind in known() if not kind.endswith("_word")} <= set(nonverbal_kinds())
    assert [family(label) for label in ("anger", "joyful", "lonely", "proud", "no such")] == [
        "angry", "happy", "sad", "confident", "no such",
    ]  # fmt: skip
    assert known()["cheek_raiser"] == {"happy": KNOWN, "loving": KNOWN, "confident": KNOWN}
