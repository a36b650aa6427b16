"""From a manifest to a model that the pipeline reads: every stage learns, and touches what is its own alone."""

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import seen_clips
import torch
from safetensors.torch import load_file
from seen_clips import write_manifest

from microemo.config import TINY
from microemo.errors import InputError
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.pipeline import Pipeline
from microemo.train import config as configs
from microemo.train import encoded, run
from microemo.train.alignment import Alignment
from microemo.train.config import TrainConfig
from microemo.train.instruction import Instruction
from microemo.train.loop import FitResult
from microemo.train.stage import OWN_SETTINGS, STAGES
from microemo.train.task import Scores


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Perception is not what is tested here."""
    perceived: list[Path] = []
    monkeypatch.setattr(encoded, "perceive", seen_clips.counted(perceived))
    return perceived


def config_of(folder: Path, stage: str, **changes: Any) -> TrainConfig:
    fields = {
        "stage": stage, "data": folder / "clips.jsonl", "output": folder / stage, "model": TINY, "batch_size": 4,
        "micro_batch_size": 4, "epochs": 30, "precision": "float32", "validate_every": 30,
        "alignment_share": 0.3 if stage == "instruction" else 0,
        "optimizer": {"learning_rate": 3e-3, "warmup_steps": 5}, "cache": {"directory": folder / "cache", "max_gb": 1},
    }  # fmt: skip
    return TrainConfig.model_validate(fields | changes)


def train(folder: Path, stage: str, **changes: Any) -> FitResult:
    return run.train(config_of(folder, stage, **changes))


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def losses(folder: Path) -> list[float]:
    return [entry["loss"] for entry in log(folder) if "loss" in entry]


def changed(config: TrainConfig) -> set[str]:
    """Names of the tensors that training changed."""
    torch.manual_seed(config.seed)
    before = checkpoint.tuned_state(MicroEmo(config.model))
    after = load_file(config.output / checkpoint.WEIGHTS)
    assert before.keys() == after.keys()
    return {name for name in after if not torch.equal(after[name], before[name].to(torch.bfloat16))}


def test_alignment_learns_the_labels_and_leaves_the_llm_alone(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    outcome = train(tmp_path, "alignment", best_by="accuracy")
    curve = losses(tmp_path / "alignment")
    assert np.mean(curve[-10:]) < 0.7 * np.mean(curve[:10])
    assert outcome.best is not None and outcome.best > 0.6  # chance is 1/8, and 1/3 for who knows the three labels
    names = changed(config_of(tmp_path, "alignment"))
    assert {name.split(".")[0] for name in names} >= {"image_qformer", "video_qformer", "audio_reader", "local_clues"}
    assert not any("lora_" in name for name in names)


def test_instruction_tunes_the_llms_lora_too_and_goes_on_from_alignment(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    train(tmp_path, "alignment", steps=3)
    optimizer = {"learning_rate": 0.02, "warmup_steps": 5}
    config = config_of(tmp_path, "instruction", start=[str(tmp_path / "alignment")], optimizer=optimizer)
    run.train(config)
    curve = losses(config.output)
    assert np.mean(curve[-10:]) < 0.92 * np.mean(curve[:10])  # the head of the LLM is random, and frozen
    names = changed(config)
    assert any(name.startswith("language.") and "lora_" in name for name in names)
    assert not any(name.startswith("vision.") for name in names)


def test_a_run_that_is_interrupted_goes_on_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_manifest(tmp_path)
    settings = {"steps": 6, "voice_noise": 0.5, "micro_batch_size": 2, "save_every_sec": 0, "precision": "bfloat16"}
    train(tmp_path, "instruction", **settings)
    forward, calls = Instruction.forward, iter(range(100))

    def interrupted(self: Instruction, examples: Any) -> Any:
        if next(calls) == 7:  # in the middle of the fourth step
            raise KeyboardInterrupt
        return forward(self, examples)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Instruction, "forward", interrupted)
        train(tmp_path, "instruction", **settings, output=tmp_path / "resumed")
    assert len(losses(tmp_path / "resumed")) == 3
    train(tmp_path, "instruction", **settings, output=tmp_path / "resumed")
    assert log(tmp_path / "resumed") == log(tmp_path / "instruction")


def test_what_comes_out_is_a_model_for_the_pipeline(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    train(tmp_path, "instruction", steps=2)
    pipeline = Pipeline(tmp_path / "instruction")
    result = pipeline.understand(seen_clips.perceive(Path("0-happy.mp4"), TINY))
    assert len(result.utterances) == 1 and not result.abstained
    assert configs.load(tmp_path / "instruction" / "train.yaml") == config_of(tmp_path, "instruction", steps=2)


def test_each_clip_is_perceived_once_for_all_epochs_runs_and_ablations_that_read_the_same(
    tmp_path: Path, calls: list[Path]
) -> None:
    write_manifest(tmp_path)
    train(tmp_path, "instruction", steps=12)
    assert len(calls) == len(set(calls)) == 18
    train(tmp_path, "alignment", steps=2)
    train(
        tmp_path,
        "instruction",
        output=tmp_path / "b",
        steps=2,
        model=TINY.model_copy(update={"utterance_windows": False}),
    )
    assert len(calls) == 18
    larger = TINY.vision.model_copy(update={"image_size": 70})
    train(tmp_path, "alignment", output=tmp_path / "c", steps=1, model=TINY.model_copy(update={"vision": larger}))
    assert len(calls) == 36


def test_a_cache_too_small_only_costs_time(tmp_path: Path, calls: list[Path]) -> None:
    write_manifest(tmp_path)
    train(tmp_path, "instruction", steps=6)
    few = {"directory": tmp_path / "small", "max_gb": 2e-4}
    train(tmp_path, "instruction", steps=6, output=tmp_path / "again", cache=few)
    assert losses(tmp_path / "again") == losses(tmp_path / "instruction")
    assert len(calls) > 2 * 18


def test_what_cannot_be_used_is_named_and_too_much_of_it_stops_the_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_manifest(tmp_path, extra=["broken-sad", "nobody-sad"])
    with pytest.raises(InputError, match=r"2 of 20 rows cannot be used.*broken-sad.*nobody-sad"):
        train(tmp_path, "instruction")
    with caplog.at_level(logging.WARNING):
        train(tmp_path, "instruction", steps=1, max_failed_share=0.2)
    assert "2 clips left out: broken-sad" in caplog.text


def test_both_splits_are_needed(tmp_path: Path) -> None:
    seen_clips.manifest.write(tmp_path / "clips.jsonl", [seen_clips.sample(tmp_path, "0-sad", split="train")])
    with pytest.raises(InputError, match="microemo data import makes them"):
        train(tmp_path, "instruction")


def test_frozen_weights_of_the_llm_take_the_runs_precision(tmp_path: Path) -> None:
    model = MicroEmo(TINY)
    run.freeze(model, config_of(tmp_path, "instruction", precision="bfloat16"), STAGES["instruction"])
    dtypes = {("lora_" in name, p.dtype, p.requires_grad) for name, p in model.language.named_parameters()}
    assert dtypes == {(True, torch.float32, True), (False, torch.bfloat16, False)}


@pytest.mark.parametrize("pays", [True, False])
def test_automatic_precision_is_bfloat16_where_that_pays(
    tmp_path: Path, pays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: pays)
    assert config_of(tmp_path, "instruction", precision="auto").in_bf16 == pays
    assert config_of(tmp_path, "instruction", precision="bfloat16").in_bf16


def test_bfloat16_runs_every_stage_of_clips(tmp_path: Path) -> None:
    write_manifest(tmp_path, num=3)
    for stage in ("alignment", "instruction"):
        train(tmp_path, stage, steps=2, precision="bfloat16", voice_noise=0.5)
        assert np.isfinite(losses(tmp_path / stage)).all()


def test_a_setting_that_the_stage_does_not_read_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, num=3)
    with pytest.raises(InputError, match="tune_qformers, alignment_share: not read by stage alignment"):
        train(tmp_path, "alignment", tune_qformers=False, alignment_share=0.3)
    assert not (tmp_path / "alignment").exists()
    assert all({*stage.reads} <= {*OWN_SETTINGS} for stage in STAGES.values())


def test_a_stage_of_ones_own_plugs_in_under_its_own_name(tmp_path: Path) -> None:
    """Trains what it says, by its own loss, and leaves a model for the pipeline."""
    write_manifest(tmp_path, num=3)

    class Doubled(Alignment):
        def forward(self, examples: Any) -> Scores:
            scores = super().forward(examples)
            return scores._replace(loss=2 * scores.loss)

    own = replace(
        STAGES["alignment"],
        trains=lambda config, name: name.startswith("audio_reader."),
        objective=lambda model, config: Doubled(model, config.voice_noise),
    )
    config = config_of(tmp_path, "mine", steps=2)
    run.train(config, stages={"mine": own})
    run.train(config_of(tmp_path, "alignment", steps=1))
    assert losses(tmp_path / "mine")[0] == pytest.approx(2 * losses(tmp_path / "alignment")[0])
    assert {name.split(".")[0] for name in changed(config)} == {"audio_reader"}
    assert len(Pipeline(tmp_path / "mine").understand(seen_clips.perceive(Path("0-happy.mp4"), TINY)).utterances) == 1
