"""The frame's timestamp as text for the image Q-Former (paper 3.2): "This frame is sampled at 1.5s."

One tokenizer in training and inference: a word-level one over the few words and digits that the sentence needs, or
BERT's, whose table the published image Q-Formers have.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Int
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor

from microemo.config import TimestampConfig

WORDS = ("[PAD]", "[UNK]", "This", "frame", "is", "sampled", "at", "s", ".", *"0123456789")
VOCABULARY = {word: index for index, word in enumerate(WORDS)}
SENTENCE = TimestampConfig()


def sentence(time_sec: float, text: str = SENTENCE.text) -> str:
    return text.format(time=time_sec)


class TimestampTokenizer:
    """Sentences to token ids and a mask; ``pretrained`` is a tokenizer's directory, None the built-in words."""

    def __init__(self, config: TimestampConfig = SENTENCE, pretrained: Path | None = None) -> None:
        self.config = config
        self._tokenizer = Tokenizer.from_file(str(pretrained / "tokenizer.json")) if pretrained else built_in()
        self._tokenizer.enable_padding(pad_token="[PAD]", pad_id=self._tokenizer.token_to_id("[PAD]"))
        self._tokenizer.enable_truncation(config.max_tokens)

    def __call__(self, times_sec: Sequence[float]) -> tuple[Int[Tensor, "T L"], Int[Tensor, "T L"]]:
        """Ids and attention mask (1 = token) of the sentences for times in seconds."""
        encoded = self._tokenizer.encode_batch([sentence(time, self.config.text) for time in times_sec])
        return torch.tensor([text.ids for text in encoded]), torch.tensor([text.attention_mask for text in encoded])


def built_in() -> Tokenizer:
    """Digits are tokens, so that times never seen are still read; a word that is not built in is unknown."""
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation(), pre_tokenizers.Whitespace()]
    )
    return tokenizer
