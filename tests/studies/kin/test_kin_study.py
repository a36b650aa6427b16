"""The study of kindred ideas: its recipes, its harness from training to the table, and similar examples in words."""

import sys
from pathlib import Path
from random import Random

import pytest
import torch
from small_configs import sizes_of

from microemo.config import TINY, Kin
from microemo.model.microemo import MicroEmo
from microemo.train import config as configs
from microemo.train.config import KinShares
from recipes.nano.faces import FACE_FAMILIES
from studies.ablation import conversations
from studies.ablation.run import CHANGES, read
from studies.ablation.tables import common_seeds
from studies.kin import baselines
from studies.kin import run as study
from studies.kin.demonstrations import NUM_SIMILAR, demonstrated
from studies.kin.train import STAGES

FOLDER = Path(study.__file__).parent
FULL = configs.load(FOLDER.parent / "ablation" / "full.yaml")


@pytest.mark.parametrize("name", study.IDEAS)
def test_a_recipe_differs_by_its_switch_alone(name: str) -> None:
    config = configs.load(FOLDER / f"{name}.yaml")
    switched = [
        *({*config.model.kin} ^ {*Kin()}), *({*config.kin} ^ {*KinShares()}), *({config.stage} - {FULL.stage})
    ]  # fmt: skip
    off = {"affect": 4, "demonstrations": 1, "m2fnet": 0, "vtff": 0}.get(name, 2)  # a value that is, and one that was
    assert len(switched) == off
    model = config.model.model_copy(update={"kin": Kin()})
    changes = {"model": model, "kin": KinShares(), "stage": FULL.stage, "output": FULL.output}
    assert config.model_copy(update=changes) == FULL
    assert config.stage in STAGES


def test_every_idea_has_a_recipe_and_every_recipe_an_idea() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {*study.IDEAS}


def test_the_published_predictions_are_of_all_ideas() -> None:
    published = read(FOLDER / "results" / "predictions.jsonl.gz")
    assert common_seeds(published, study.TITLES) == [0, 1, 2]
    assert {one.variant for one in published} == {*study.TITLES}


def test_it_trains_and_tells(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One idea of each kind: a layer with a loss of its own, other examples, and a baseline."""
    for name in {*study.IDEAS} - {"affect", "demonstrations", "m2fnet"}:
        monkeypatch.delitem(study.IDEAS, name)
        monkeypatch.delitem(study.TITLES, name)
    monkeypatch.setattr(conversations, "NUM_HELD_OUT", 4)
    monkeypatch.setattr("studies.kin.demonstrations.NUM_HELD_OUT", 4)
    monkeypatch.setattr(baselines, "START_STEPS", 1)
    sizes = [size for size in sizes_of(TINY) if "audio_windows" not in size]
    overrides = [
        *sizes,
        f"data={features}",
        "steps=1",
        "validate_every=1",
        "precision=float32",
        "validation_examples=2",
    ]
    monkeypatch.setattr(sys, "argv", ["kin", "--out", str(tmp_path), "--seeds", "1", *overrides])
    study.main()
    printed = capsys.readouterr().out
    asked = {one.variant for one in read(tmp_path / "predictions.jsonl.gz")}
    assert asked == {*study.TITLES, *(f"full, {change}" for change in CHANGES if change)}
    assert all(f"| {title} |" in printed for title in study.TITLES.values())
    assert "| several, in agreement |" in printed and "| n a seed |" in printed


def test_similar_examples_are_of_others_and_of_the_training_split(features: Path) -> None:
    train, held_out = demonstrated(features, MicroEmo(TINY))
    assert held_out.store is train.store
    plain = conversations.Conversations(features, "train", train.room)
    told = 0
    for seed in range(12):
        clip, bare = train.example(seed, Random(seed)), plain.example(seed, Random(seed))
        for entry, other, truth in zip(clip.utterances, bare.utterances, clip.truths, strict=True):
            if not truth.has_regions and "voice" not in truth.shows:
                assert entry == other
                continue
            added = entry.text.removeprefix(other.text).strip()
            assert added.startswith("(Like: ") and added.endswith(")")
            labels = added[len("(Like: ") : -1].split(", ")
            assert 1 <= len(labels) == len({*labels}) <= 2 * NUM_SIMILAR and {*labels} <= {*FACE_FAMILIES}
            told += 1
    assert told


def test_nobody_is_like_themselves(features: Path) -> None:
    """One speaker alone is sad, and one picture alone, which is there twice, is angry."""
    train, _ = demonstrated(features, MicroEmo(TINY))
    store = train.store
    only = store.speakers[0]
    store.voice_labels = ["sad" if speaker == only else "happy" for speaker in store.speakers]
    voice = next(voice for voice in train.pairs.voices if voice.speaker == only)
    assert {*store.like_voice(voice.features.float(), only)} == {"happy"}
    assert "sad" in store.like_voice(voice.features.float(), "somebody else")
    store.faces[1] = store.faces[0]
    store.face_labels = ["angry"] * 2 + ["happy"] * (len(store.face_labels) - 2)
    assert {*store.like_face(store.faces[:1])} == {"happy"}


@pytest.mark.parametrize("name", baselines.BASELINES)
def test_a_baseline_names_each_utterance_and_learns(name: str, features: Path) -> None:
    torch.manual_seed(0)
    model = MicroEmo(TINY).requires_grad_(False).eval()
    train, _ = conversations.splits(features, model)
    baseline = baselines.BASELINES[name](model)
    clips = [train.example(index, Random(index)) for index in range(6)]
    truths = [truth for clip in clips for truth in clip.truths]
    targets = torch.tensor([FACE_FAMILIES.index(truth.family) for truth in truths])
    assert baseline.logits(clips).shape == (len(truths), len(FACE_FAMILIES))
    optimizer = torch.optim.AdamW([p for p in baseline.parameters() if p.requires_grad], 3e-3)
    seen = torch.tensor([truth.shows.get("face") == truth.family for truth in truths])
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(baseline.logits(clips), targets).backward()
        optimizer.step()
    baseline.eval()
    right = baseline.logits(clips).argmax(-1) == targets
    assert right[seen].float().mean() > 0.8
