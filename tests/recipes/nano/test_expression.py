"""Expression adaptation learns from faces, and tunes the vision encoder's last blocks alone."""

import json
from pathlib import Path

import numpy as np
import torch
from left_behind import left_behind
from paired_features import prepared_faces
from safetensors.torch import load_file

from microemo.config import TINY
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.train import run
from microemo.train.config import TrainConfig
from recipes.nano.expression import Expression
from recipes.nano.train import STAGES


def test_expression_learns_from_faces_and_tunes_the_vision_encoders_last_blocks_alone(tmp_path: Path) -> None:
    config = TrainConfig.model_validate(
        {
            "stage": "expression", "data": prepared_faces(tmp_path), "output": tmp_path / "run", "model": TINY,
            "batch_size": 4, "micro_batch_size": 4, "epochs": 20, "precision": "float32", "validate_every": 30,
            "best_by": "accuracy", "optimizer": {"learning_rate": 3e-3, "warmup_steps": 5},
        }
    )  # fmt: skip
    run.train(config, stages=STAGES)
    entries = [json.loads(line) for line in (config.output / "log.jsonl").read_text().splitlines()]
    curve = [entry["loss"] for entry in entries if "loss" in entry]
    assert np.mean(curve[-10:]) < np.mean(curve[:10])
    torch.manual_seed(config.seed)
    before = checkpoint.tuned_state(MicroEmo(config.model))
    after = load_file(config.output / checkpoint.WEIGHTS)
    assert before.keys() == after.keys()
    changed = {name for name in after if not torch.equal(after[name], before[name].to(torch.bfloat16))}
    assert changed and all(name.startswith("vision.backbone.") for name in changed)


def test_no_tensor_of_it_is_left_behind_on_another_device() -> None:
    assert left_behind(Expression(MicroEmo(TINY).vision)) == []
