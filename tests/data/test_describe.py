"""What training says of clues, the parser bears out: the two speak one language."""

import random
import re
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from written import Written

from microemo.clues import kinds_in, nonverbal_kinds
from microemo.data import describe
from microemo.data.association import KNOWN, Counts, family, known
from microemo.lexicon import FAMILIES, emotion_families
from microemo.lexicon.labels import place
from microemo.parse import _modality as parse_modality
from microemo.parse import claims_in, parse
from microemo.schema import Clue

DETAILS = ("happy", "oh my god", "can't believe", "no", "shut up", "mad", "loud", "tense")
CITATION = re.compile(r" \[(\d+)\]")
seeds, families = st.integers(0, 10_000), st.sampled_from(FAMILIES)


def make_clue(id_: int, kind: str, start: float, strength: float) -> Clue:
    words = kind in DETAILS
    return Clue(
        id=id_, modality="words" if words else "face", region="mouth", kind="joy_word" if words else kind,
        start_sec=start, apex_sec=start + 0.5, end_sec=start + 1, value=1, baseline=0, strength=strength,
        detail=kind if words else "",
    )  # fmt: skip


rows = st.tuples(st.sampled_from((*nonverbal_kinds(), *DETAILS)), st.floats(0, 9), st.floats(0, 1))
parts = st.lists(st.tuples(families, st.floats(0, 1), st.lists(rows, max_size=6)), min_size=1, max_size=3)
# Every kind speaks for some families and against the others.
ASSOCIATION = {
    kind: {family: (1.0, -1.0)[(number + place) % 3 == 1] for place, family in enumerate(FAMILIES)}
    for number, kind in enumerate((*nonverbal_kinds(), "joy_word"))
}


def number_clues(drawn: list[tuple[str, float, list[tuple[str, float, float]]]]) -> list[tuple[str, float, list[Clue]]]:
    """Ids unique in the clip, as measured clues have them."""
    ids = iter(range(1, 1000))
    return [(family, shade, [make_clue(next(ids), *row) for row in listed]) for family, shade, listed in drawn]


def told_of(drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int) -> tuple[str, list[Clue]]:
    told = number_clues(drawn)
    return describe.answer(told, ASSOCIATION, random.Random(seed)), [clue for _, _, listed in told for clue in listed]


@settings(max_examples=300)
@given(parts, seeds)
def test_the_parser_verifies_every_claim_of_every_answer(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    text, clues = told_of(drawn, seed)
    cited = [int(number) for number in CITATION.findall(text)]
    result = parse(Written(text), clues, (0.0, 10.0))
    assert sorted(claim.clue or 0 for claim in result.claims) == sorted(cited)
    assert all(claim.verified for claim in result.claims)
    assert [emotion.label for emotion in result.emotions] == text.partition(".")[0].split(", ")
    assert result.explanation == CITATION.sub("", text.partition(". ")[2])
    assert claims_in(text.partition(". ")[2], clues, (0.0, 10.0)) == result.claims


@given(parts, seeds)
def test_clues_that_speak_for_the_family_come_first_and_each_once(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    text, clues = told_of(drawn, seed)
    cited = [int(number) for number in CITATION.findall(text)]
    assert len(set(cited)) == len(cited) <= len(drawn) * describe.MAX_CLAUSES
    for family_, _, listed in number_clues(drawn):
        telling = {clue.id for clue in listed if ASSOCIATION[clue.kind][family_] > 0 and clue.strength > 0}
        own = {clue.id for clue in listed} & set(cited)
        assert own <= telling if telling else len(own) == bool(listed)
        assert bool(own) == bool(listed)
    assert set(cited) <= {clue.id for clue in clues}


@given(parts, seeds)
def test_every_sentence_about_measured_clues_cites_one(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    for label, intensity, clues in number_clues(drawn):
        told = describe.Describer(ASSOCIATION, random.Random(seed)).describe(label, intensity, clues)
        assert all(CITATION.search(sentence) for sentence in told.sentences) == bool(clues)


@given(families, st.floats(0, 1), seeds)
def test_labels_are_of_the_family_and_its_own_word_comes_first(family_: str, intensity: float, seed: int) -> None:
    labels = describe.Describer({}, random.Random(seed)).describe(family_, intensity, []).labels
    assert labels[0] == family_
    assert 2 <= len(set(labels)) == len(labels) <= describe.MAX_LABELS
    assert set(labels) <= set(emotion_families()[family_].labels)


@given(seeds)
def test_intensity_shades_the_labels(seed: int) -> None:
    angry = emotion_families()["angry"]
    faint, strong = (
        set(describe.Describer({}, random.Random(seed)).describe("angry", shade, []).labels) for shade in (0.0, 1.0)
    )
    assert not faint & set(angry.strong)
    assert not strong & set(angry.mild)


def test_measured_strength_shades_the_labels_where_the_data_set_says_nothing() -> None:
    def shades(strength: float) -> set[str]:
        describer = describe.Describer(ASSOCIATION, random.Random(0))
        angry = next(kind for kind in nonverbal_kinds() if ASSOCIATION[kind]["angry"] > 0)
        clues = [make_clue(1, angry, 0.0, strength)]
        return {label for _ in range(50) for label in describer.describe("angry", None, clues).labels}

    assert shades(1.0) & set(emotion_families()["angry"].strong)
    assert not shades(1.0) & set(emotion_families()["angry"].mild)
    assert not shades(0.001) & set(emotion_families()["angry"].strong)


@given(st.sampled_from(["lonely", "proud", "worry", "jealousy", "Slightly annoyed", "no such feeling"]), seeds)
def test_open_labels_stay_and_get_others_of_their_group(label: str, seed: int) -> None:
    told = describe.Describer({}, random.Random(seed)).describe(label, 0.5, [])
    assert told.labels[0] == label
    group = place(label)
    assert all(place(other).group == group.group for other in told.labels[1:])  # type: ignore[union-attr]
    assert (len(told.labels) > 1) == (group is not None)
    assert not kinds_in(told.text)


@given(parts.filter(lambda drawn: len(drawn) > 1), seeds)
def test_several_stretches_are_told_in_time_order(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    text, _ = told_of(drawn, seed)
    labels = text.partition(".")[0].split(", ")
    assert labels == list(dict.fromkeys(family_ for family_, _, _ in drawn))


def test_the_same_seed_says_the_same() -> None:
    drawn = [("sad", 0.5, [("brow_lowerer", 0.0, 0.5), ("pitch_flat", 1.0, 0.7)])]
    assert len({told_of(drawn, seed)[0] for seed in (1, 1, 2, 3, 4, 5)}) == 5


def test_no_frame_is_on_more_than_one_in_twenty_clips_and_labels_vary() -> None:
    rng = random.Random(1)
    describer = describe.Describer(ASSOCIATION, rng)
    kinds = list(nonverbal_kinds())
    told = [
        describer.describe(
            FAMILIES[number % 8],
            None,
            [make_clue(id_, rng.choice(kinds), 0.0, rng.random()) for id_ in range(1, number % 5 + 1)],
        )
        for number in range(200)
    ]
    frames = Counter(
        frame for clip in told for frame in {describe.frame_of(sentence, clip.labels) for sentence in clip.sentences}
    )
    assert frames.most_common(1)[0][1] <= 10
    assert len({label for clip in told for label in clip.labels}) >= 60


def test_a_frame_is_what_is_left_without_clues_and_labels() -> None:
    one, other = (
        describe.frame_of(text, labels)
        for text, labels in (
            ('Also, the voice is soft [1], so the person seems taken aback.', ("surprised", "taken aback")),
            ('Also, the speaker says "mad" [12], so the person seems angry.', ("angry",)),
        )
    )  # fmt: skip
    assert one == other
    assert one != describe.frame_of("Besides, the voice is low [1], so the person seems sad.", ("sad",))


def test_frames_speak_of_no_clue_and_end_in_the_label() -> None:
    table = describe.frames()
    texts = [text for name, cards in table.items() if name != "nothing" for text in cards]
    texts += [start + end for start in table["nothing"]["starts"] for end in table["nothing"]["ends"]]
    words = {label for family_ in emotion_families().values() for label in family_.labels}
    for text in texts:
        assert not kinds_in(text.format(label=", ".join(words))), text
        assert parse_modality(text.lower()) is None, text
    assert all("{label}" in text for name in ("conclusions", "reservations") for text in table[name])
    assert all(len(table[name]) >= 24 for name in ("openings", "continuations", "conclusions", "reservations"))


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
