"""Language models of ``transformers``: any causal LM from a directory, or a random Llama that needs no file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import nn

from microemo.config import LanguageConfig
from microemo.errors import WeightsError
from microemo.model.prompt import END

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Build = Callable[[LanguageConfig, Path | None], "tuple[PreTrainedModel, PreTrainedTokenizerBase]"]
"""A configuration, and the directory of its pretrained weights, to a model and its tokenizer."""


def causal_lm(config: LanguageConfig, pretrained: Path | None) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """Raises ``WeightsError`` where the pretrained one has fewer layers than the configuration."""
    if pretrained is None:
        tokenizer = byte_tokenizer()
        return random_llama(config, len(tokenizer)).to(getattr(torch, config.dtype)), tokenizer
    from transformers import AutoTokenizer

    return _first_layers(pretrained, config), AutoTokenizer.from_pretrained(pretrained)


def byte_tokenizer() -> "PreTrainedTokenizerBase":
    """A tokenizer that needs no file, for random models: one token a byte, and the chat's marks."""
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: index for index, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|im_start|>", END])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)


def random_llama(config: LanguageConfig, num_tokens: int) -> "PreTrainedModel":
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=config.vocabulary_size or num_tokens,
            hidden_size=config.hidden_size,
            intermediate_size=config.feed_forward_size or 2 * config.hidden_size,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            num_key_value_heads=config.num_heads,
            max_position_embeddings=8192,
        )
    )


def _first_layers(pretrained: Path, config: LanguageConfig) -> "PreTrainedModel":
    """Its first layers below its own head; all of them, for most uses."""
    from transformers import AutoModelForCausalLM

    with _without_bars():
        model = AutoModelForCausalLM.from_pretrained(pretrained, dtype=getattr(torch, config.dtype))
    layers = cast(nn.ModuleList, model.base_model.layers)
    if config.num_layers > len(layers):
        raise WeightsError(f"{pretrained} has {len(layers)} layers; the configuration has {config.num_layers}")
    del layers[config.num_layers :]
    model.config.num_hidden_layers = config.num_layers
    return model


@contextmanager
def _without_bars() -> Iterator[None]:
    """None of transformers' progress bars: whoever waits for us is shown ours, if any."""
    from transformers.utils import logging

    were_shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if were_shown:
            logging.enable_progress_bar()
