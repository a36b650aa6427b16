"""Processes that share the frozen weights of the LLM do what one does that has them all."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import one_person
import pytest
import seen_clips
import torch
from safetensors.torch import load_file
from seen_clips import write_manifest
from torch import distributed
from torch.distributed.tensor import DTensor
from torch.testing._internal.distributed.fake_pg import FakeStore

from microemo.config import TINY
from microemo.errors import InputError
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.train import config as configs
from microemo.train import encoded, run, sharding, state
from microemo.train.config import PreferenceConfig, ReinforcementConfig, TrainConfig
from microemo.train.preference import Preference
from microemo.train.reinforcement import Reinforcement

FSDP = Path(__file__).parents[2] / "configs" / "paper" / "fsdp.yaml"


def config_of(folder: Path, output: str, **changes: Any) -> TrainConfig:
    fields = {
        "stage": "instruction", "data": folder / "clips.jsonl", "output": folder / output, "batch_size": 4,
        "model": TINY.model_copy(update={"activation_checkpointing": True}), "steps": 5, "precision": "float32",
        "alignment_share": 0.3, "voice_noise": 0.5, "validate_every": 2, "validation_examples": 5, "save_every_sec": 0,
        "optimizer": {"learning_rate": 3e-3, "warmup_steps": 2}, "cache": {"directory": folder / "cache", "max_gb": 1},
    }  # fmt: skip
    return TrainConfig.model_validate(fields | changes)


def launch(config: TrainConfig, *arguments: str) -> int:
    """The exit code of a run that two processes share, started as the documentation has it."""
    folder = config.output.with_suffix(".started")
    folder.mkdir(exist_ok=True)
    configs.save(config, folder)
    launcher = ["accelerate.commands.launch", "--config_file", str(FSDP), "--num_processes", "2"]
    command = ["-m", *launcher, "--main_process_port", "0", seen_clips.__file__, str(folder / configs.FILE), *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(one_person.__file__).parent)}
    return subprocess.run([sys.executable, *command], env=environment, check=False).returncode


def entries(output: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]


@pytest.fixture
def second_of_four() -> Iterator[None]:
    """As if this were one of four processes; the others are not there."""
    distributed.init_process_group("fake", store=FakeStore(), rank=1, world_size=4)
    yield
    distributed.destroy_process_group()


def test_a_sharded_run_killed_and_resumed_takes_the_path_of_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where processes meet clips that use different modules, and have unequally many to validate on."""
    write_manifest(tmp_path, num=4, extra=[f"mute{number}-sad" for number in range(6)])
    assert launch(config_of(tmp_path, "two"), "10") != 0  # in the middle of the fourth step
    assert 0 < len([entry for entry in entries(tmp_path / "two") if "loss" in entry]) < 5
    assert launch(config_of(tmp_path, "two")) == 0
    monkeypatch.setattr(encoded, "perceive", seen_clips.perceive)
    run.train(config_of(tmp_path, "one"))
    for one, two in zip(entries(tmp_path / "one"), entries(tmp_path / "two"), strict=True):
        assert two == pytest.approx(one, rel=1e-5)
    last, same = (torch.load(tmp_path / name / state.FILE, weights_only=True) for name in ("one", "two"))
    torch.testing.assert_close(same, last, rtol=1e-5, atol=1e-5)  # the optimiser's moments as well
    best, shared = (load_file(tmp_path / name / checkpoint.WEIGHTS) for name in ("one", "two"))
    torch.testing.assert_close(shared, best, rtol=1e-2, atol=1e-5)  # in bfloat16


def test_frozen_layers_are_shared_and_nothing_else(second_of_four: None) -> None:
    model = MicroEmo(TINY)
    before = {name: parameter.shape for name, parameter in model.named_parameters()}
    sharding.shard(model.language)
    sharded = {name: p for name, p in model.named_parameters() if isinstance(p, DTensor)}
    assert sharded.keys() == {name for name in before if ".layers." in name and "language." in name} - {
        name for name in before if checkpoint.is_tuned(model.config, name)
    }
    for name, parameter in sharded.items():
        assert parameter.to_local().shape == (-(-before[name][0] // 4), *before[name][1:])


def test_what_draws_answers_refuses_to_share(second_of_four: None) -> None:
    model = MicroEmo(TINY)
    sharding.shard(model.language)
    for objective, settings in ((Preference, PreferenceConfig()), (Reinforcement, ReinforcementConfig())):
        with pytest.raises(InputError, match="FSDP"):
            objective(model, settings, 0.0)


@pytest.mark.parametrize(("said", "is_asked"), [("true", True), ("false", False), (None, False)])
def test_accelerates_setting_is_read_and_kept_from_others(
    said: str | None, is_asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(sharding.SETTING, raising=False)
    if said:
        monkeypatch.setenv(sharding.SETTING, said)
    with sharding.asked_for() as found:
        assert (found, os.environ[sharding.SETTING]) == (is_asked, "false")
    assert os.environ.get(sharding.SETTING) == said
