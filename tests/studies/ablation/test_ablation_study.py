"""The ablation study: its four recipes, its harness from training to tables, and its figures on known predictions."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from small_configs import ROWS, sizes_of

from microemo.config import NANO, TINY
from microemo.errors import InputError
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.train import config as configs
from microemo.train import run
from studies.ablation import conversations
from studies.ablation import run as study
from studies.ablation import tables as figures
from studies.ablation.tables import VARIANTS, Prediction
from studies.ablation.train import STAGES

FOLDER = Path(study.__file__).parent
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_builds_on_the_meta_device_with_something_to_train(file: Path) -> None:
    config = configs.load(file)
    with torch.device("meta"):
        model = MicroEmo(config.model)
    run.freeze(model, config, STAGES[config.stage])
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained and all(checkpoint.is_tuned(config.model, name) for name in trained)


def test_the_recipes_differ_in_the_modules_alone() -> None:
    rows = {variant: configs.load(FOLDER / f"{variant}.yaml") for variant in VARIANTS}
    full = rows["full"]
    assert not full.model.clue_text and not full.model.calibration
    start = configs.load(FOLDER / "alignment.yaml")
    assert full.start == (str(start.output),)
    assert not (start.model.local_clues or start.model.utterance_windows or start.model.audio_windows)
    assert full.validate_every == full.steps and full.patience is None  # held-out clips choose nothing
    assert full.model.vision == NANO.vision
    stages = {"one_region": "one region", "anothers_regions": "another's regions", "without_whole": "no whole"}
    for variant, stage in stages.items():
        row = rows.pop(variant)
        assert row == full.model_copy(
            update={"output": Path("runs/ablation") / variant, "stage": f"recognition, {stage}"}
        )
    for variant, row in rows.items():
        local_clues, windows = ROWS["microemo" if variant == "full" else variant]
        model = full.model.model_copy(
            update={"local_clues": local_clues, "utterance_windows": windows, "audio_windows": windows}
        )
        assert row == full.model_copy(update={"output": Path("runs/ablation") / variant, "model": model})


def test_it_trains_asks_and_tells_and_repeats_nothing(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(conversations, "NUM_HELD_OUT", 6)
    sizes = [size for size in sizes_of(TINY) if "audio_windows" not in size]
    overrides = [
        *sizes,
        f"data={features}",
        "steps=2",
        "validate_every=2",
        "precision=float32",
        "validation_examples=2",
        "batch_size=2",
        "micro_batch_size=2",
    ]
    arguments = ["ablation.py", "--out", str(tmp_path), "--seeds", "1"]

    monkeypatch.setattr(sys, "argv", [*arguments, *overrides])
    study.main()
    printed = capsys.readouterr().out
    predictions = study.read(tmp_path / "predictions.jsonl.gz")
    held_out = conversations.Conversations(features, "held_out", torch.zeros(1, 2, 32), 6)
    num = sum(len(held_out.example(number, Random()).truths) for number in range(6))
    asked = [*VARIANTS, "full, no clue regions", "full, windows of the next utterance"]
    assert {variant: len(figures.of(predictions, variant)) for variant in asked} == dict.fromkeys(asked, num)
    assert all(f"| {title} |" in printed for title in VARIANTS.values())

    def never(*_: Any) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(run, "train", never)
    study.main()
    assert capsys.readouterr().out.strip() in printed
    monkeypatch.setattr(sys, "argv", [*arguments, *overrides, "steps=3"])
    with pytest.raises(InputError, match="is of another recipe"):
        study.main()


def made(num_seeds: int = 3, num_clips: int = 40) -> Iterator[Prediction]:
    """Two utterances a clip, the second of its face alone. Without windows every second clip's second one is taken
    for its first, and every fourth's in the other variants but the full one, which is never wrong."""
    wrong = dict.fromkeys(VARIANTS, 4) | {"full": 0, "without_utterance_windows": 2}
    for variant, every in wrong.items():
        for seed in range(num_seeds):
            for clip in range(num_clips):
                is_wrong = bool(every) and clip % every == 0
                about = Prediction(
                    variant, seed, clip, 0, ["happy", "sad"], "happy", {"voice": "happy"}, False, ["angry"]
                )
                yield about
                named = "happy" if is_wrong else "sad"
                yield replace(about, utterance=1, predicted=named, shows={"face": "sad"}, has_regions=clip % 2 == 0)


def test_the_published_predictions_are_of_all_variants() -> None:
    published = study.read(FOLDER / "results" / "predictions.jsonl.gz")
    assert figures.common_seeds(published, VARIANTS) == [0, 1, 2]
    assert {one.variant.split(", ")[0] for one in published} == {*VARIANTS}


def test_figures_are_those_that_one_counts_by_hand() -> None:
    predictions = [*made()]
    assert figures.by_seed(predictions, "without_utterance_windows", [0, 1, 2]) == [0.75] * 3
    windows, local, both, *_ = figures.against_full(predictions)
    assert (windows.difference, local.difference, both.difference) == pytest.approx((-0.25, -0.125, -0.125))
    assert (windows.num_clips, windows.num_clusters) == (120, 40)
    assert windows.interval is not None and windows.interval.high < 0 and windows.p_value == pytest.approx(1 / 2001)
    table = figures.tables(predictions)
    assert "| w/o utterance windows | 75.0 [75.0, 75.0] | 75.0, 75.0, 75.0 | -25.0 [" in table
    assert "| face only | 40 | 100.0 | -50.0 [" in table
    assert "| face only, clue regions found | 20 | 100.0 | -100.0 [" in table
    assert "| face only, none found | 20 | 100.0 | +0.0 [+0.0, +0.0] |" in table
    assert "| voice only | 40 | 100.0 | +0.0" in table
    assert "words only" not in table
    assert "| w/o utterance windows | 75.0 | 100.0 (16.7) | 0.0 (16.7) |" in table


def test_clips_are_resampled_with_all_seeds_answers_to_them() -> None:
    """The same predictions by more seeds make no interval narrower: what was asked are no more clips."""
    once, often = (figures.against_full([*made(num_seeds)])[0] for num_seeds in (1, 8))
    assert once.interval is not None and often.interval is not None
    assert often.interval.low == pytest.approx(once.interval.low, abs=0.02)


def test_intervals_over_seeds_are_students() -> None:
    found = figures.over_seeds([0.5, 0.6, 0.7, 0.6, 0.6])
    half = 2.776 * np.sqrt(0.005 / 5)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.6 - half, 0.6 + half))
    assert figures.over_seeds([0.5]) is None


def test_seeds_that_a_variant_lacks_do_not_count() -> None:
    predictions = [prediction for prediction in made() if (prediction.variant, prediction.seed) != ("without_both", 2)]
    assert "| w/o both | 87.5 [87.5, 87.5] | 87.5, 87.5 |" in figures.tables(predictions)
    assert "No seed" in figures.tables(figures.of(predictions, "full"))
