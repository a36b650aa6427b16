"""Matrices in bf16, all else in fp32."""

import torch
from torch import nn

from microemo.model.precision import matrices_to_bf16


def test_linear_maps_are_converted_and_take_input_of_any_precision() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 8), nn.LayerNorm(8), nn.Linear(8, 8))
    names, given = list(model.state_dict()), torch.randn(5, 8)
    expected = model(given)
    matrices_to_bf16(model)
    assert list(model.state_dict()) == names
    assert {name: p.dtype == torch.bfloat16 for name, p in model.named_parameters()} == {
        name: not name.startswith("1") for name in names
    }
    first = model[0](given)
    assert first.dtype == torch.bfloat16
    torch.testing.assert_close(model[2](model[1](first.float())).float(), expected, atol=0.05, rtol=0.05)
