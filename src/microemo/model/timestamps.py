"""The frame's timestamp as text for the image Q-Former (paper 3.2): "This frame is sampled at 1.5s."

One tokenizer in training and inference: a word-level one over the few words and digits that the sentence needs.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Int
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor

WORDS = ("[PAD]", "[UNK]", "This", "frame", "is", "sampled", "at", "s", ".", *"0123456789")
VOCABULARY = {word: index for index, word in enumerate(WORDS)}


def sentence(time_sec: float) -> str:
    return f"This frame is sampled at {time_sec:.1f}s."


class TimestampTokenizer:
    """Sentences to token ids and a mask; digits are tokens, so that times never seen are still read."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
        self._tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation(), pre_tokenizers.Whitespace()]
        )
        self._tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")

    def __call__(self, times_sec: Sequence[float]) -> tuple[Int[Tensor, "T L"], Int[Tensor, "T L"]]:
        """Ids and attention mask (1 = token) of the sentences for times in seconds."""
        encodings = self._tokenizer.encode_batch([sentence(time) for time in times_sec])
        ids = torch.tensor([encoding.ids for encoding in encodings])
        return ids, torch.tensor([encoding.attention_mask for encoding in encodings])
