"""Matrices by columns are the same matrices."""

import torch
from torch import nn

from microemo.model.layout import by_columns


def test_numbers_and_shared_weights_stay() -> None:
    torch.manual_seed(0)
    table, head = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
    head.weight = table.weight
    model = nn.Sequential(table, nn.Linear(4, 4), head)
    ids = torch.tensor([[3, 1, 6]])
    before = model(ids)
    by_columns(model)
    assert all(part.weight.stride() == (1, part.out_features) for part in model if isinstance(part, nn.Linear))
    assert head.weight is table.weight
    torch.testing.assert_close(model(ids), before)
