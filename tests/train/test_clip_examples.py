"""Examples of clips: asked as the pipeline asks, answered as they are labelled, with evidence that the prompt lists."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import seen_clips
import torch
from hypothesis import given
from hypothesis import strategies as st
from seen_clips import sample
from written import Written

from microemo.claims.readings import Evidence
from microemo.config import TINY, ModelConfig
from microemo.data.describe import Describer
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, Slot, utterance_question
from microemo.parse import parse
from microemo.schema import Utterance
from microemo.spans import Span
from microemo.train import encoded
from microemo.train.cache import FeatureCache
from microemo.train.clips import Clips, annotated
from microemo.train.encoded import ClipEncoder
from microemo.train.examples import Example, labelled_slots
from microemo.train.facts import facts_of
from microemo.train.written import Annotation, answer

CITED = "The brows are pulled down [6], while the lips part [9]. The person seems sad."


@pytest.fixture
def clips_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(encoded, "perceive", seen_clips.perceive)

    def build(config: ModelConfig, *samples: Sample) -> Clips:
        torch.manual_seed(0)
        encoder = ClipEncoder(MicroEmo(config), FeatureCache(tmp_path / "cache", 1 << 30), asr=False)
        facts, faults = facts_of(samples, encoder)
        assert not faults
        return Clips(samples, facts, encoder, config)

    return build


def all_examples(clips: Clips) -> list[Example]:
    """Every example that the first clip can give."""
    drawn = [clips.example(0, Random(seed)) for seed in range(30)]
    return list({str(example.turns) + str(example.spans): example for example in drawn}.values())


def test_an_only_utterance_is_the_whole(tmp_path: Path, clips_of: Any) -> None:
    described = "The brows are pulled down [5]. This suggests sadness."
    annotation = AnnotatedUtterance(start_sec=0, end_sec=2, text="Well.", labels=("Sad",), description=described)
    (example,) = all_examples(clips_of(TINY, sample(tmp_path, "0-sad", labels=("low",), utterances=[annotation])))
    assert [turn[:2] for turn in example.turns] == [
        ((OVERALL_QUESTION, None), ("sad. The brows are pulled down [1]. This suggests sadness.", True))
    ]
    assert example.spans == [(0.0, 2.0)]
    assert example.features.times_sec == (0.0, 0.5, 1.0, 1.5)
    slots = [Slot("video_window"), Slot("audio_window"), Slot("video"), Slot("audio")]
    assert example.labelled == tuple((slot, "sad") for slot in slots)


def test_one_prompt_has_all_utterances_and_asks_about_the_whole_too(tmp_path: Path, clips_of: Any) -> None:
    clip = sample(tmp_path, "0-happy-sad", labels=("mixed",), description="The brows are pulled down [6].")
    (example,) = all_examples(clips_of(TINY, clip))
    assert [turn[:2] for turn in example.turns] == [
        ((utterance_question(0, 2), 0), ("happy.", True)),
        ((utterance_question(2, 4), 1), ("sad.", True)),
        ((OVERALL_QUESTION, None), ("mixed. The brows are pulled down [2].", True)),
    ]
    assert example.spans == [(0.0, 2.0), (2.0, 4.0)]
    assert len(example.features.times_sec) == 8
    # What the whole shows is neither the one nor the other.
    windows = [Slot(kind, n) for kind in ("video_window", "audio_window") for n in (0, 1)]
    assert example.labelled == tuple(zip(windows, ("happy", "sad") * 2, strict=True))


def test_a_clips_label_is_that_of_its_utterances_where_they_have_none(tmp_path: Path, clips_of: Any) -> None:
    clip = sample(tmp_path, "0-happy-sad", utterances=(), labels=("worried",))
    (overall,) = all_examples(clips_of(TINY, clip))
    assert overall.turns[0].question == (OVERALL_QUESTION, None)
    assert dict(overall.labelled) == {Slot("video"): "fearful", Slot("audio"): "fearful"}


def test_clips_that_answer_nothing_are_no_examples(tmp_path: Path, clips_of: Any) -> None:
    utterance = AnnotatedUtterance(start_sec=8, end_sec=9, text="Well.", labels=("happy",))
    assert (
        len(clips_of(TINY, sample(tmp_path, "0-sad", labels=(), utterances=(utterance,)), sample(tmp_path, "1-sad")))
        == 1
    )


def test_evidence_that_the_prompt_does_not_list_is_not_learnt() -> None:
    told = Annotation(("Sad", "down", "low", "blue"), CITED)
    assert answer(told, {6: 1, 9: 2}) == (
        "sad, down, low. The brows are pulled down [1], while the lips part [2]. The person seems sad."
    )
    assert answer(told, {6: 1}) == "sad, down, low. The person seems sad."
    assert answer(told, {}) == ("sad, down, low. The brows are pulled down, while the lips part. The person seems sad.")
    assert answer(Annotation((), "A smile."), {}) == "A smile."
    assert answer(Annotation(("calm",), ""), {1: 1}) == "calm."


@given(st.sampled_from(("happy", "sad", "afraid", "bored")), st.integers(0, 999), st.sets(st.integers(1, 2)))
def test_what_is_learnt_of_listed_clues_the_parser_verifies(label: str, seed: int, listed: set[int]) -> None:
    clues = [clue.model_copy(update={"id": 40 + n}) for n, clue in enumerate(
        seen_clips.perceive(Path("0-happy-sad.mp4"), TINY).clues, start=1)]  # fmt: skip
    told = Describer({"brow_lowerer": {"sad": 1.0}}, Random(seed)).describe(label, None, clues)
    numbers = {40 + n: place for place, n in enumerate(sorted(listed), start=1)}
    text = answer(Annotation(told.labels, told.text), numbers)
    result = parse(Written(text), Evidence(None, clues), Span(0.0, 4.0), {new: old for old, new in numbers.items()})
    assert all(claim.is_borne_out and set(claim.clues) <= set(numbers) for claim in result.claims if listed)
    assert result.emotions[0].label == label


def test_the_turn_that_takes_most_of_an_utterance_labels_it() -> None:
    utterance = Utterance(index=0, start_sec=1, end_sec=3, source="asr")
    early, late = (AnnotatedUtterance(start_sec=s, end_sec=s + 2, labels=(str(s),)) for s in (0, 1.5))
    assert annotated(utterance, [early, late]) is late
    assert annotated(utterance, [AnnotatedUtterance(start_sec=2.1, end_sec=9, labels=("short",))]) is None
    assert (
        annotated(
            utterance,
            [
                AnnotatedUtterance(text="no time", labels=("a",)),
                AnnotatedUtterance(start_sec=1, end_sec=3, text="no label"),
            ],
        )
        is None
    )


def test_slots_carry_labels_only_where_their_modality_is_there() -> None:
    face, both = frozenset({"face"}), frozenset({"face", "voice"})
    labelled = labelled_slots(["sad", None, "happy"], [face, both, both])
    assert labelled == (
        (Slot("video_window"), "sad"),
        (Slot("video_window", 2), "happy"),
        (Slot("audio_window", 2), "happy"),
    )
    assert labelled_slots(["sad"], [frozenset()]) == ()
    assert labelled_slots([None], [both], "sad") == ((Slot("video"), "sad"), (Slot("audio"), "sad"))
