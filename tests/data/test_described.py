"""Describing manifests: what has labels gets explanations that hold, what has some keeps them, what fails is named."""

from pathlib import Path
from typing import Any

import pytest

from microemo.data import described
from microemo.data.association import KNOWN
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.data.measure import Measured
from microemo.errors import InputError
from microemo.parse import claims_in
from microemo.schema import Clue, Utterance

KINDS = {"sad": "voice_soft", "angry": "voice_tense"}


def clue(id_: int, kind: str, start: float, strength: float = 0.8) -> Clue:
    return Clue(
        id=id_, modality="voice", region="voice", kind=kind, start_sec=start, apex_sec=start + 0.5, end_sec=start + 1,
        value=1, baseline=0, strength=strength,
    )  # fmt: skip


def utterance(index: int, start: float, end: float) -> Utterance:
    return Utterance(index=index, start_sec=start, end_sec=end, text="Oh.", source="subtitle")


def sample(name: str, label: str, **fields: Any) -> Sample:
    return Sample(**{"name": name, "path": Path(f"{name}.wav"), "labels": (label,), "split": "train", **fields})


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sad voice is soft, an angry one tense; the sample called broken cannot be read."""

    def measure(sample: Sample, asr: bool = False) -> Measured:
        if sample.name == "broken":
            raise InputError("broken.wav: not media")
        labels = [turn.labels[0] for turn in sample.utterances if turn.labels] or [sample.labels[0]]
        return Measured(
            duration_sec=2.0 * len(labels),
            modalities=("voice", "words"),
            utterances=tuple(utterance(place, 2.0 * place, 2.0 * place + 2) for place in range(len(labels))),
            clues=tuple(clue(place + 1, KINDS[label], 2.0 * place) for place, label in enumerate(labels)),
        )

    monkeypatch.setattr(described, "measure", measure)


def test_every_claim_holds_and_labels_go_beyond_the_class() -> None:
    outcome = described.describe_all([sample(str(number), ("sad", "angry")[number % 2]) for number in range(40)])
    assert (outcome.num_written, outcome.faults) == (40, ())
    for told in outcome.samples:
        (claim,) = claims_in(told.description, told.clues, described.ALWAYS)
        assert claim.verified
        assert len(told.labels) > 1
    found = described.quality(outcome.samples)
    assert (found.descriptions, found.claims, found.verified, found.without_clues) == (40, 40, 40, 0)
    assert found.repeated == 0  # the same words for the same kinds of clue


def test_descriptions_that_are_there_stay() -> None:
    given = [sample("a", "sad", description="Her shoulders drop."), sample("b", "sad")]
    outcome = described.describe_all(given)
    assert outcome.samples[0] == given[0]
    assert outcome.samples[1].description
    assert outcome.num_written == 1


def test_several_labels_of_the_data_set_s_own_get_no_others() -> None:
    (told,) = described.describe_all([sample("a", "sad", labels=("sad", "proud"))]).samples
    assert told.labels == ("sad", "proud")


def test_utterances_are_told_from_their_own_clues() -> None:
    turns = (
        AnnotatedUtterance(text="Oh.", start_sec=0, end_sec=2, labels=("sad",)),
        AnnotatedUtterance(text="No!", start_sec=2, end_sec=4, labels=("angry",)),
        AnnotatedUtterance(text="What?", labels=("sad",)),
    )
    (told,) = described.describe_all([sample("a", "sad", utterances=turns, labels=())]).samples
    assert told.description == ""
    assert "[1]" in told.utterances[0].description
    assert "[2]" in told.utterances[1].description
    assert told.utterances[2] == turns[2]  # without a time there is nothing to tell it from
    for turn, span in zip(told.utterances, ((0, 2), (2, 4)), strict=False):
        assert all(claim.verified for claim in claims_in(turn.description, told.clues, span))
    assert described.quality([told]).verified == described.quality([told]).claims == 2


def test_what_cannot_be_measured_stays_and_is_named() -> None:
    given = [sample("broken", "sad"), sample("b", "sad")]
    outcome = described.describe_all(given)
    assert outcome.samples[0] == given[0]
    assert [str(fault) for fault in outcome.faults] == ["broken: broken.wav: not media"]


def test_only_training_clips_teach_which_clue_speaks_for_what() -> None:
    found = Measured(duration_sec=1, modalities=("voice",), utterances=(), clues=(clue(1, "voice_soft", 0),))
    odd = [sample(f"odd{number}", "angry", split="test") for number in range(50)]
    train = [sample("a", "sad"), sample("b", "angry")]
    samples = [*odd, *train]
    odds = described.association(samples, dict.fromkeys((s.name for s in samples), found))["voice_soft"]
    assert KNOWN > odds["sad"] > odds["angry"]


def test_the_quality_counts_what_does_not_hold() -> None:
    wrong = sample(
        "a", "sad", description="The voice is high [1], so the person seems sad.", clues=(clue(1, "voice_soft", 0),)
    )
    found = described.quality([wrong, wrong, sample("b", "sad")])
    assert (found.descriptions, found.claims, found.verified, found.repeated) == (2, 2, 0, 0)


def test_the_same_words_for_other_measures_are_counted() -> None:
    told = "The voice is soft [1]. Perhaps sad."
    one = sample("a", "sad", description=told, clues=(clue(1, "voice_soft", 0),))
    renumbered = sample("b", "sad", description=told.replace("1", "2"), clues=(clue(2, "voice_soft", 0, 0.3),))
    more = sample("c", "sad", description=told, clues=(clue(1, "voice_soft", 0), clue(2, "speech_slow", 0)))
    nothing = [
        sample(name, "sad", description="Perhaps sad.", clues=found) for name, found in (("d", ()), ("e", one.clues))
    ]
    assert described.quality([one, renumbered, *nothing]).repeated == 0
    assert described.quality([one, renumbered, more, *nothing]).repeated == 3


def test_the_manifest_says_by_which_pronoun() -> None:
    told = described.describe_all([sample("a", "sad", pronoun="she"), sample("b", "sad")]).samples
    assert [one.description.split()[0] for one in told] == ["Her", "The"]
