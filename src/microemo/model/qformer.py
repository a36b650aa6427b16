"""The Q-Former's forward pass (BLIP-2; paper 3.2, 3.3) over the parameters of Hugging Face's modules.

The same function as theirs in fewer operations; ``docs/performance.md`` has what each saving is worth:

- Few queries read many tokens, so the tokens are not projected: q (x W_k)^T = (q W_k^T) x^T and P (x W_v) = (P x) W_v.
- The bias of the keys adds the same to all scores of a query, which softmax ignores.
- In the last layer only the queries are read, so the text is not updated there.
- ``self_attend`` needs no tokens: readings of different tokens by the same queries share it.

Matrices may be in bf16 (``precision.py``); the states between layers stay in the normalisations' fp32.
"""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

HFModule = Any  # of Hugging Face's Q-Former: torch's types do not know what is in a module

FRAMES_IN_CACHE = 4  # whose absorbed queries (32 x 12 heads x 1408 in fp32) fill half of a 16 MB cache


def self_attend(
    encoder: HFModule, states: Float[Tensor, "B S H"], mask: Bool[Tensor, "B S"] | None = None
) -> Float[Tensor, "B S H"]:
    """The first layer's self-attention over embedded queries (and text, behind them); ``mask`` leaves padding out."""
    return attend(encoder.layer[0].attention, states, states, mask)


def cross_attend(
    encoder: HFModule,
    attended: Float[Tensor, "B S H"],
    num_queries: int,
    tokens: Float[Tensor, "B N D"],
    tokens_mask: Bool[Tensor, "B N"] | None = None,
    mask: Bool[Tensor, "B S"] | None = None,
) -> Float[Tensor, "B Q H"]:
    """The queries after all layers, which attend to ``tokens`` in cross-attention, given what ``self_attend`` returned.

    Masks are True where there is something to read; every row needs at least one such token.
    """
    tokens = tokens.to(encoder.layer[0].crossattention.attention.key.weight.dtype)
    states = attended
    for layer in encoder.layer:
        # Nobody reads the last layer's text; with gradients it is computed, so that every parameter gets one.
        keeps_text = layer is not encoder.layer[-1] or torch.is_grad_enabled()
        if layer is not encoder.layer[0]:
            attended = attend(layer.attention, states if keeps_text else states[:, :num_queries], states, mask)
        queries, text = attended[:, :num_queries], attended[:, num_queries:]
        if layer.has_cross_attention:
            queries = attend(layer.crossattention, queries, tokens, tokens_mask)
        states = feed_forward(layer.intermediate_query, layer.output_query, queries)
        if keeps_text and text.shape[1]:
            states = torch.cat([states, feed_forward(layer.intermediate, layer.output, text)], dim=1)
    return states[:, :num_queries]


def attend(
    block: HFModule,
    states: Float[Tensor, "B Q H"],
    tokens: Float[Tensor, "B N D"],
    mask: Bool[Tensor, "B N"] | None,
) -> Float[Tensor, "B Q H"]:
    """Multi-head attention of ``states`` to ``tokens``, with the residual connection and its normalisation."""
    queries = block.attention.query(states)
    tokens = tokens.to(queries.dtype)
    context = _absorbed if _absorbing_pays(block.attention, queries, tokens) else _projected
    return _join(block.output, context(block.attention, queries, tokens, mask), states)


def feed_forward(intermediate: HFModule, output: HFModule, states: Float[Tensor, "B S H"]) -> Float[Tensor, "B S H"]:
    return _join(output, intermediate(states), states)


def _join(output: HFModule, update: Tensor, states: Tensor) -> Tensor:
    return output.LayerNorm(output.dropout(output.dense(update)) + states)


def _projected(attention: HFModule, queries: Tensor, tokens: Tensor, mask: Tensor | None) -> Float[Tensor, "B Q H"]:
    """softmax(q k^T) v with the key and the value of every token."""
    query, key, value = (
        states.unflatten(-1, (attention.num_attention_heads, -1)).transpose(1, 2)
        for states in (queries, attention.key(tokens), attention.value(tokens))
    )
    keep = None if mask is None else mask[:, None, None]
    dropout = attention.attention_dropout if attention.training else 0.0
    return F.scaled_dot_product_attention(query, key, value, keep, dropout).transpose(1, 2).flatten(2)


def _absorbed(attention: HFModule, queries: Tensor, tokens: Tensor, mask: Tensor | None) -> Float[Tensor, "B Q H"]:
    """The same, with the maps to keys and values moved from the tokens to the queries and to what these find."""
    heads = (attention.num_attention_heads, attention.attention_head_size)
    to_key, to_value = attention.key.weight.unflatten(0, heads), attention.value.weight.unflatten(0, heads)
    bias = tokens.new_zeros(tokens.shape[:2]) if mask is None else torch.where(mask, 0.0, -torch.inf).to(tokens.dtype)
    values = []
    for query, frames, ignored in zip(*(t.split(FRAMES_IN_CACHE) for t in (queries, tokens, bias)), strict=True):
        wanted = torch.einsum("bqhd,hdn->bhqn", query.unflatten(-1, heads) * attention.scaling, to_key)  # (B, h, Q, D)
        scores = torch.baddbmm(ignored[:, None], wanted.flatten(1, 2), frames.mT)  # (B, hQ, N)
        found = (scores.softmax(-1) @ frames).view_as(wanted)
        values.append(torch.einsum("bhqn,hdn->bqhd", found, to_value).flatten(2))
    return torch.cat(values) + attention.value.bias


def _absorbing_pays(attention: HFModule, queries: Tensor, tokens: Tensor) -> bool:
    """Whether it takes fewer multiplications; never in training, where dropout acts between weights and values."""
    if torch.is_grad_enabled() or attention.training:
        return False
    (num_queries, hidden), (num_tokens, width) = queries.shape[1:], tokens.shape[1:]
    projected = num_tokens * hidden * (width + num_queries)
    absorbed = num_queries * width * (hidden + attention.num_attention_heads * num_tokens)
    return bool(absorbed < projected)
