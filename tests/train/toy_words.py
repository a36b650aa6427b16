"""A random language model of a few words, so that what it draws can be right by chance, and be rewarded for it."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from microemo.config import TINY, LanguageConfig
from microemo.model.causal_lm import random_llama
from microemo.model.prompt import END

FROWN = "The brows are pulled down"
WORDS = (" happy", " sad", " angry", ".", f" {FROWN}", " The mouth smiles", "?")
TOY = TINY.model_copy(update={"language": TINY.language.model_copy(update={"max_new_tokens": 6})})


def toy_words(config: LanguageConfig, _: Path | None) -> Any:
    """In the place of ``causal_lm``: any other word is "?"."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    whole = "|".join(word for word in WORDS if word.count(" ") > 1)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(rf"{whole}| ?\w+|[^\w]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(["<|im_start|>", END])
    model = random_llama(config, len(vocabulary) + 2)
    torch.nn.init.normal_(model.lm_head.weight, std=0.2)  # a small head would draw all words alike, whatever is learnt
    return model, PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)
