"""``microemo weights compress``: what it prints, and its exit codes."""

from pathlib import Path

import pytest
import torch
from console import Run
from safetensors.torch import load_file

from microemo.config import TINY
from microemo.model import checkpoint, int8
from microemo.model.microemo import MicroEmo


def test_a_trained_model_is_written_again_and_smaller(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8, "LEAST_COLUMNS", 32)  # the tiny model is narrow
    checkpoint.save(MicroEmo(TINY), tmp_path / "model")
    assert run("weights", "compress", "model", "--to", "small") == (0, "small\n", "")
    assert checkpoint.read_config(tmp_path / "small") == TINY
    small, whole = (load_file(tmp_path / name / checkpoint.WEIGHTS) for name in ("small", "model"))
    assert whole.keys() < small.keys()
    assert any(tensor.dtype == torch.int8 for tensor in small.values())


def test_a_folder_without_a_model_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    outcome = run("weights", "compress", "absent", "--to", "small")
    assert outcome.code != 0 and outcome.stdout == ""
    assert outcome.stderr.startswith("microemo: error: no model in absent") and outcome.stderr.count("\n") == 1
    assert not (tmp_path / "small").exists()
