"""``microemo weights convert``: what it prints, and its exit codes."""

from pathlib import Path

import torch
from console import Run
from safetensors.torch import load_file
from upstream_checkpoints import filled, lora, videollama_vision


def test_a_checkpoint_is_recognised_and_written_under_our_names(run: Run, tmp_path: Path) -> None:
    torch.save({"model": filled(videollama_vision())}, tmp_path / "source.pth")
    assert run("weights", "convert", "source.pth", "--to", "out/video") == (
        0, "videollama_vision\tout/video/model.safetensors\n", ""
    )  # fmt: skip
    assert len(load_file(tmp_path / "out" / "video" / "model.safetensors")["video_qformer.positions.weight"]) == 96


def test_a_kind_may_be_named(run: Run, tmp_path: Path) -> None:
    torch.save(filled(lora()), tmp_path / "adapter.bin")
    assert run("weights", "convert", "adapter.bin", "--to", "out", "--kind", "lora").code == 0


def test_bad_sources_are_told_in_one_line(run: Run, tmp_path: Path) -> None:
    tensors = filled(videollama_vision())
    tensors["surplus"] = tensors.pop("llama_proj.bias")
    torch.save(tensors, tmp_path / "other.pth")
    outcome = run("weights", "convert", "other.pth", "--to", "out")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "microemo: error: other.pth cannot be converted as videollama_vision: not the tensors of this kind of "
        "checkpoint: missing llama_proj.bias; unknown surplus\n"
    )
    assert run("weights", "convert", "other.pth", "--to", "out", "--kind", "gpt").code == 2
    assert run("weights", "convert", "absent.pth", "--to", "out").code == 2
    assert not (tmp_path / "out").exists()
