"""Label-paired conversations are as they are said to be: in their labels, in what shows them, and in time."""

import json
import shutil
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from microemo.config import TINY
from microemo.errors import InputError
from microemo.lexicon import FAMILIES
from microemo.model.microemo import MicroEmo, frames_in, sound_in
from recipes.nano.faces import FACE_FAMILIES
from recipes.nano.pairs import Pairs
from studies.ablation import conversations as made
from studies.ablation.conversations import MODALITIES, POOLED, Conversation, Conversations, quiet

ROOM = 0.1 * torch.randn(1500, 2, 32, generator=torch.Generator().manual_seed(0))  # each place sounds otherwise


@pytest.fixture(scope="module")
def train(features: Path) -> Conversations:
    return Conversations(features, "train", ROOM)


def drawn(conversations: Conversations, seed: int) -> Conversation:
    return conversations.example(seed, Random(seed))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_labels_differ_and_the_majority_shows_them(train: Conversations, seed: int) -> None:
    clip = drawn(train, seed)
    families = [truth.family for truth in clip.truths]
    assert 2 <= len(families) <= 5 and len({*families}) == len(families)
    assert not {*clip.intruders} & {*families}
    for truth, entry in zip(clip.truths, clip.utterances, strict=True):
        others = [modality for modality, family in truth.shows.items() if family != truth.family]
        assert truth.shows and {*truth.shows} <= {*MODALITIES}
        assert len(others) <= 1 and truth.conflict == (others[0] if others else None)
        if others:
            assert len(truth.shows) == 3 or (len(truth.shows) == 2 and others == ["words"])
        assert bool(entry.text) == ("words" in truth.shows)
        assert "words" not in truth.shows or truth.shows["words"] in entry.text


@given(seed=st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_window_holds_what_its_utterance_shows_and_nothing_of_others(train: Conversations, seed: int) -> None:
    clip = drawn(train, seed)
    edges = [edge for span in clip.spans for edge in span]
    assert edges == sorted(edges) and edges[0] >= 0
    seen = set[int]()
    for truth, span in zip(clip.truths, clip.spans, strict=True):
        assert span[1] - span[0] > 0.3
        if clip.features.frames is not None:
            inside = frames_in(clip.features.times_sec, span)
            seen |= {*inside}
            shown = clip.features.frames[inside].mean((0, 1))
            assert (shown.any() and FACE_FAMILIES[int(shown.argmax())]) == truth.shows.get("face", False)
            assert truth.has_regions == ("face" in truth.shows and truth.shows["face"] != "neutral")  # as they are made
        if clip.features.audio is not None:
            heard = clip.features.audio - ROOM.unflatten(0, (-1, POOLED)).mean(1)[: len(clip.features.audio)]
            inside = sound_in(clip.features, span)[1:-1]
            mean = heard[inside].mean((0, 1))
            assert (mean.abs().max() > 1 and FAMILIES[int(mean.argmax())]) == truth.shows.get("voice", False)
    if clip.features.frames is not None:
        between = [frame for n, frame in enumerate(clip.features.frames) if n not in seen and frame.any()]
        assert {FACE_FAMILIES[int(frame.mean(0).argmax())] for frame in between} == {*clip.intruders}


def test_the_kinds_of_clips_that_the_study_tells_apart_all_occur(train: Conversations) -> None:
    clips = [drawn(train, seed) for seed in range(200)]
    truths = [truth for clip in clips for truth in clip.truths]
    assert {len(clip.truths) for clip in clips} == {2, 3, 4, 5}
    assert len({tuple(truth.shows) for truth in truths}) == 7
    assert {truth.conflict for truth in truths} == {None, *MODALITIES}
    assert {truth.has_regions for truth in truths if [*truth.shows] == ["face"]} == {True, False}
    assert 0.1 < sum(bool(clip.intruders) for clip in clips) / len(clips) < 0.9


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_material_is_of_the_split_alone_and_voices_of_one_actor(
    features: Path, split: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "POOLED", 1)  # so that each feature is known again
    conversations = Conversations(features, split, ROOM)
    faces = {tuple(row[0].tolist()) for row in load_file(features / f"faces_{split}.safetensors")["frames"].float()}
    said = {}
    for voice in Pairs(features, split).voices:
        unplaced = voice.features.float() - ROOM[: len(voice.features)]
        said |= dict.fromkeys(spots(unplaced), voice.speaker)
    for seed in range(20):
        clip = drawn(conversations, seed)
        if clip.features.frames is not None:
            assert {tuple(row[0].tolist()) for row in clip.features.frames if row.any()} <= faces
        if clip.features.audio is not None:
            audio = clip.features.audio - ROOM[: len(clip.features.audio)]
            assert len({said[spot] for spot in spots(audio) if any(spot)}) == 1


def spots(sound: torch.Tensor) -> list[tuple[float, ...]]:
    """Some of each feature, rounded, to know it again by."""
    return [tuple(round(value, 3) + 0.0 for value in feature[0, :4].tolist()) for feature in sound]


def test_fixed_clips_are_the_same_whatever_the_chance_and_others_are_not(features: Path) -> None:
    fixed = Conversations(features, "held_out", ROOM, num_fixed=5)
    one, other = (fixed.example(3, Random(seed)) for seed in (1, 2))
    assert len(fixed) == 5 and (one.utterances, one.truths) == (other.utterances, other.truths)
    assert one.truths != fixed.example(4, Random(1)).truths
    anew = Conversations(features, "held_out", ROOM)
    assert drawn(anew, 1).truths == drawn(anew, 1).truths != drawn(anew, 2).truths


def test_a_folder_without_a_voice_of_each_emotion_is_refused(features: Path, tmp_path: Path) -> None:
    for file in features.iterdir():
        shutil.copy(file, tmp_path / file.name)
    path = tmp_path / "voices_train.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for number, row in enumerate(rows):
        row["speaker"] = f"RAVDESS {number}"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(InputError, match="no speaker of train has a voice of each emotion"):
        Conversations(tmp_path, "train", ROOM)


def test_the_room_is_as_the_models_own_encoder_hears_it() -> None:
    torch.manual_seed(0)
    model = MicroEmo(TINY)
    room = quiet(model)
    assert room.shape == ROOM.shape and torch.equal(room, quiet(model)) and not room.requires_grad
