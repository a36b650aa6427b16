"""The Q-Formers of LAVIS and its heirs (``Qformer.bert``), as Hugging Face has them; all checkpoints share this.

``InstructBlipQFormerModel`` has text beside its queries and cross-attention in every second layer,
``Blip2QFormerModel`` has neither text nor layers without cross-attention.
"""

from collections.abc import Iterable

from microemo.weights.convert.renaming import linear, num_layers

SELF = ("query", "key", "value")


def with_text(keys: Iterable[str], upstream: str, ours: str) -> dict[str, str]:
    """Names of an image Q-Former of as many layers as ``keys``, upstream's or ours, have."""
    names = {f"{upstream}.embeddings.{table}_embeddings.weight": f"{ours}.embeddings.{table}_embeddings.weight"
             for table in ("word", "position")}  # fmt: skip
    names |= linear(f"{upstream}.embeddings.LayerNorm", f"{ours}.embeddings.layernorm")
    for layer in range(num_layers(keys, f"{upstream}.encoder.layer", f"{ours}.encoder.layer")):
        old, new = f"{upstream}.encoder.layer.{layer}", f"{ours}.encoder.layer.{layer}"
        names |= _attention(f"{old}.attention", f"{new}.attention")
        if layer % 2 == 0:
            names |= _attention(f"{old}.crossattention", f"{new}.crossattention")
        names |= _feed_forward(old, new, "") | _feed_forward(old, new, "_query")
    return names


def without_text(keys: Iterable[str], upstream: str, ours: str) -> dict[str, str]:
    """Names of a video or audio Q-Former of as many layers as ``keys``, upstream's or ours, have."""
    names = linear(f"{upstream}.embeddings.LayerNorm", f"{ours}.layernorm")
    for layer in range(num_layers(keys, f"{upstream}.encoder.layer", f"{ours}.encoder.layer")):
        old, new = f"{upstream}.encoder.layer.{layer}", f"{ours}.encoder.layer.{layer}"
        names |= _attention(f"{old}.attention", f"{new}.attention")
        names |= _attention(f"{old}.crossattention", f"{new}.crossattention")
        names |= _feed_forward(old, new, "_query")
    return names


def _attention(old: str, new: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for part in SELF:
        names |= linear(f"{old}.self.{part}", f"{new}.attention.{part}")
    return names | _output(f"{old}.output", f"{new}.output")


def _feed_forward(old: str, new: str, side: str) -> dict[str, str]:
    intermediate = linear(f"{old}.intermediate{side}.dense", f"{new}.intermediate{side}.dense")
    return intermediate | _output(f"{old}.output{side}", f"{new}.output{side}")


def _output(old: str, new: str) -> dict[str, str]:
    return linear(f"{old}.dense", f"{new}.dense") | linear(f"{old}.LayerNorm", f"{new}.LayerNorm")
