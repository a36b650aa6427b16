"""Label-paired examples: what an utterance shows is of its own label, and the stages learn from them."""

import json
import re
from pathlib import Path
from random import Random

import numpy as np
import pytest

from microemo.citations import cited
from microemo.config import TINY
from microemo.errors import InputError
from microemo.lexicon import FAMILIES
from microemo.train import run
from microemo.train.config import TrainConfig
from recipes.nano.faces import FACE_FAMILIES
from recipes.nano.pairs import Pairs
from recipes.nano.shades import Shades
from recipes.nano.train import STAGES


def test_what_is_shown_is_of_the_label_it_carries(features: Path) -> None:
    pairs = Pairs(features, "train")
    kinds = set()
    for seed in range(120):
        example = pairs.example(0, Random(seed))
        kinds.add((example.features.frames is None, example.features.audio is None))
        ((start, end),) = example.spans
        assert start == 0 and all(0 <= time < end for time in example.features.times_sec)
        for slot, family in example.labelled:
            assert example.turns[0].answer == (family, False)
            if slot.kind == "video_window":
                assert example.features.frames is not None
                assert FACE_FAMILIES[int(example.features.frames.mean((0, 1)).argmax())] == family
            if slot.kind == "audio_window":
                assert example.features.audio is not None
                assert FAMILIES[int(example.features.audio.float().mean((0, 1)).argmax())] == family
    assert len(kinds) == 4


def test_only_the_voices_of_the_speakers_that_are_asked_for_are_taken(features: Path) -> None:
    assert {voice.speaker for voice in Pairs(features, "train").voices} == {"RAVDESS 0", "RAVDESS 1"}
    assert {voice.speaker for voice in Pairs(features, "train", {"RAVDESS 1"}).voices} == {"RAVDESS 1"}


def test_a_voice_is_called_by_a_word_for_its_label_at_its_strength(features: Path) -> None:
    """Voices are mild, and of a face alone nobody knows how strong its feeling is."""
    shades = Shades([], {})
    shades.words["angry", "mild"]["annoyed"] += 1
    pairs = Pairs(features, "train", shades=shades)
    examples = [pairs.example(0, Random(seed)) for seed in range(300)]
    told = {
        (one.labelled[0][1], one.features.audio is not None, re.split(r"[,.]", one.turns[0].answer.text)[0])
        for one in examples
        if one.labelled
    }
    assert {word for family, heard, word in told if family == "angry" and heard} == {"annoyed"}
    assert all(word == family for family, heard, word in told if family != "angry" or not heard)
    assert {family for family, _, _ in told} == set(FAMILIES)
    whole = [one for one in examples if one.turns[0].answer.is_whole]
    assert 0.4 < len(whole) / len(examples) < 0.6
    for one in whole:
        assert {*cited(one.turns[0].answer.text)} <= {clue.id for clue in one.utterances[0].clues}


def test_the_same_chance_gives_the_same_example(features: Path) -> None:
    one, other = Pairs(features, "train"), Pairs(features, "train")
    drawn = [(pairs.example(0, Random(3)), pairs.example(9, Random(3))) for pairs in (one, other)]
    texts = {(tuple(example.turns), tuple(example.labelled)) for pair in drawn for example in pair}
    assert len(texts) == 1


def test_stages_train_on_a_folder_of_pairs(features: Path, tmp_path: Path) -> None:
    for stage in ("alignment", "instruction"):
        config = TrainConfig.model_validate(
            {
                "stage": stage, "data": features, "output": tmp_path / stage, "model": TINY, "steps": 80,
                "batch_size": 8, "micro_batch_size": 8, "validation_examples": 20, "precision": "float32",
                "optimizer": {"learning_rate": 5e-3, "warmup_steps": 5},
                "alignment_share": 1.0 if stage == "instruction" else 0,
            }
        )  # fmt: skip
        run.train(config, stages=STAGES)
        entries = [json.loads(line) for line in (tmp_path / stage / "log.jsonl").read_text().splitlines()]
        losses = [entry["loss"] for entry in entries if "loss" in entry]
        assert np.mean(losses[-10:]) < 0.95 * np.mean(losses[:10])
        assert entries[-1]["validation_accuracy"] > 0.25  # chance is 1/8


def test_a_folder_that_lacks_a_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"recipes\.nano\.features writes them"):
        Pairs(tmp_path, "train")
