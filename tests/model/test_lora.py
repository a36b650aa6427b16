"""LoRA merged by our own few lines is peft's merge, to the bit."""

import pytest
import torch
from peft.tuners.lora import LoraLayer

from microemo.config import TINY
from microemo.model import lora
from microemo.model.language import LanguageModel


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_merge_is_pefts(dtype: str) -> None:
    config = TINY.language.model_copy(update={"dtype": dtype, "lora_rank": 3})
    torch.manual_seed(0)
    plain = LanguageModel(config, trainable_lora=False)
    torch.manual_seed(0)
    theirs = LanguageModel(config)
    tensors = {
        name: torch.randn(tensor.shape) for name, tensor in theirs.model.state_dict().items() if lora.MARK in name
    }
    assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == lora.shapes(plain.model, config)
    theirs.model.load_state_dict(tensors, strict=False)
    for module in theirs.model.modules():
        if isinstance(module, LoraLayer):
            module.merge()
    before = plain.model.model.layers[0].self_attn.q_proj.weight.clone()
    lora.merge(plain.model, config, tensors)
    ours, merged = plain.model.state_dict(), theirs.model.state_dict()
    for name, tensor in ours.items():
        adapted = name.removesuffix(".weight") + ".base_layer.weight"
        assert torch.equal(tensor, merged[adapted if adapted in merged else name]), name
    assert not torch.equal(before, plain.model.model.layers[0].self_attn.q_proj.weight)


def test_without_a_rank_there_is_nothing_to_merge() -> None:
    config = TINY.language.model_copy(update={"lora_rank": 0})
    assert lora.shapes(LanguageModel(config).model, config) == {}
