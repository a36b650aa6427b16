"""LoRA of the LLM (paper 3.4): beside the weights, by peft, where it is trained; merged into them where it is not.

Its tensors have peft's names, in checkpoints too: ``….q_proj.lora_A.default.weight``, (r, in), and B, (out, r).
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

import torch
from torch import Tensor, nn

from microemo.config import LanguageConfig

MARK = "lora_"  # in the names of LoRA's tensors alone
NAME = "{module}.lora_{side}.default.weight"


def inject(model: nn.Module, config: LanguageConfig) -> None:
    """Put trainable LoRA in single precision beside weights of whatever precision."""
    from peft import LoraConfig, inject_adapter_in_model

    lora = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=list(config.lora_targets),
    )
    for name, parameter in inject_adapter_in_model(lora, model).named_parameters():
        if MARK in name:
            parameter.data = parameter.data.float()


def shapes(model: nn.Module, config: LanguageConfig) -> dict[str, tuple[int, int]]:
    """LoRA's tensors for a model that has none beside it: their names within it, and their shapes."""
    return {
        NAME.format(module=name, side=side): shape
        for name, linear in _targets(model, config)
        for side, shape in (
            ("A", (config.lora_rank, linear.in_features)),
            ("B", (linear.out_features, config.lora_rank)),
        )
    }


@torch.no_grad()
def merge(model: nn.Module, config: LanguageConfig, tensors: Mapping[str, Tensor]) -> None:
    """Add B A · alpha / r to the weights of a model that has no LoRA beside them; named as by ``shapes``."""
    scaling = config.lora_alpha / config.lora_rank
    for name, linear in _targets(model, config):
        a, b = (tensors[NAME.format(module=name, side=side)].to(linear.weight.device).float() for side in "AB")
        linear.weight += b @ a * scaling


def _targets(model: nn.Module, config: LanguageConfig) -> Iterator[tuple[str, nn.Linear]]:
    if not config.lora_rank:
        return
    pattern = re.compile(rf"(.*\.)?({'|'.join(map(re.escape, config.lora_targets))})")
    for name, module in model.named_modules():
        if pattern.fullmatch(name):
            yield name, cast(nn.Linear, module)
