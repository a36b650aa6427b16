"""Labels and phrases as unit vectors of their meaning: all-MiniLM-L6-v2 (Reimers & Gurevych, 2019), mean-pooled."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from microemo import weights
from microemo.hooks import Hook, silent

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerBase

PART = "minilm_l6_v2"
WIDTH = 384
BATCH_SIZE = 256
MAX_TOKENS = 256  # as the model was trained


def embed(texts: Sequence[str], hook: Hook = silent) -> Float[np.ndarray, "N 384"]:
    """Unit vectors (fp32) in the order of the texts.

    The hook's step is ``embed labels``. Raises ``WeightsError`` if the encoder cannot be had.
    """
    import torch

    tokenizer, model = _encoder()
    vectors = np.empty((len(texts), WIDTH), dtype=np.float32)
    by_length = sorted(range(len(texts)), key=lambda number: len(texts[number]))  # little padding
    for start in range(0, len(texts), BATCH_SIZE):
        hook("embed labels", start, len(texts))
        batch = by_length[start : start + BATCH_SIZE]
        inputs = tokenizer(
            [texts[number] for number in batch],
            padding=True,
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )
        with torch.inference_mode():
            states = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"][..., None]
        pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
        vectors[batch] = torch.nn.functional.normalize(pooled, dim=-1).numpy()
    hook("embed labels", len(texts), len(texts))
    return vectors


@cache
def _encoder() -> "tuple[PreTrainedTokenizerBase, BertModel]":
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = weights.path(PART)
    model = BertModel(BertConfig.from_pretrained(folder))
    model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)  # the file has position ids, too
    return AutoTokenizer.from_pretrained(folder), model.eval()
