"""Matrices in eight bits: close to what they were, half as large, and everything else untouched."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from microemo.model import checkpoint, int8
from microemo.model.microemo import MicroEmo


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_each_value_is_within_half_a_step_of_its_row(seed: int, scale: float) -> None:
    matrix = torch.randn(5, 80, generator=torch.Generator().manual_seed(seed)) * scale
    back = int8.expand(int8.compress({"w": matrix}))["w"]
    step = matrix.abs().amax(1, keepdim=True) / 127
    assert ((back - matrix).abs() <= 0.5001 * step).all()
    again = int8.compress({"w": back})["w"]
    assert torch.equal(again, int8.compress({"w": matrix})["w"])  # nothing more is lost the second time


def test_rows_of_zeros_stay_zeros_and_narrow_tensors_stay_as_they_are() -> None:
    tensors = {"zeros": torch.zeros(2, 80), "narrow": torch.randn(80, 16), "vector": torch.randn(100)}
    compressed = int8.compress(tensors)
    assert compressed["zeros"].dtype == torch.int8
    assert not int8.expand(compressed)["zeros"].any()
    for name in ("narrow", "vector"):
        assert torch.equal(compressed[name], tensors[name].to(torch.bfloat16))


def test_a_checkpoint_is_smaller_and_the_model_all_but_the_same(
    tiny: MicroEmo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8, "LEAST_COLUMNS", 32)  # the tiny model is narrow
    checkpoint.save(tiny, tmp_path / "whole")
    checkpoint.compress(tmp_path / "whole", tmp_path / "small")
    sizes = [(tmp_path / name / checkpoint.WEIGHTS).stat().st_size for name in ("small", "whole")]
    assert sizes[0] < 0.75 * sizes[1]
    assert any(tensor.dtype == torch.int8 for tensor in load_file(tmp_path / "small" / checkpoint.WEIGHTS).values())
    torch.manual_seed(0)
    small = checkpoint.load(tmp_path / "small", None)
    pictures = torch.randint(0, 256, (2, 56, 56, 3), dtype=torch.uint8)
    with torch.inference_mode():
        torch.testing.assert_close(small.vision(pictures), tiny.vision(pictures), atol=0.1, rtol=0.1)
    assert checkpoint.start_from(tiny, [tmp_path / "small"]) == []
