"""ImageBind's audio encoder and Video-LLaMA's audio Q-Former over its clips."""

import re
from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from microemo.config import ImageBindConfig, QFormerConfig
from microemo.model.imagebind import AudioTrunk
from microemo.model.video_qformer import VideoQFormer
from microemo.parity.fixture import Fixture, loaded
from microemo.weights.convert import renaming, videollama_audio

INPUTS = re.compile(r"mel")


def outputs(fixture: Fixture) -> Iterator[tuple[str, Tensor]]:
    """``head_out`` and ``post_out`` of the encoder, before and after its projection; ``audio_tokens`` for the LLM."""
    ours = videollama_audio.from_upstream(fixture.state)
    mels = fixture.input("mel")  # (B, S, 1, M, F)
    num_clips = mels.shape[:2]
    trunk = loaded(AudioTrunk(trunk_config(fixture, mels)), ours, "audio.encoder.")
    yield "head_out", trunk.summary(mels.flatten(0, 1)).unflatten(0, num_clips)
    features = trunk(mels.flatten(0, 1)).unflatten(0, num_clips)  # (B, S, E)
    yield "post_out", features
    recorded = fixture.tensors.get("audio_tokens")
    if recorded is not None:
        candidates = [tokens(ours, features, num_heads) for num_heads in possible_heads(fixture, ours)]
        yield "audio_tokens", min(candidates, key=lambda found: (found - recorded).abs().max().item())


def trunk_config(fixture: Fixture, mels: Tensor) -> ImageBindConfig:
    return ImageBindConfig(
        weights=None,
        hidden_size=fixture.size("imagebind_config", "audio_embed_dim"),
        num_layers=fixture.size("imagebind_config", "audio_num_blocks"),
        num_heads=fixture.size("imagebind_config", "audio_num_heads"),
        output_size=fixture.size("imagebind_config", "out_embed_dim"),
        num_mels=mels.shape[-2],
        num_frames=mels.shape[-1],
    )


def possible_heads(fixture: Fixture, ours: dict[str, Tensor]) -> list[int]:
    """The audio Q-Former's heads if the metadata says, else all that its width allows.

    Weights tell every other size. With random ones no wrong number of heads comes near the recorded output.
    """
    hidden = ours["audio_reader.queries"].shape[-1]
    base = fixture.metadata.get("config", {}).get("base", {})
    if "num_attention_heads" in base:
        return [base["num_attention_heads"]]
    return [number for number in range(1, hidden + 1) if hidden % number == 0]


def tokens(ours: dict[str, Tensor], features: Float[Tensor, "B S E"], num_heads: int) -> Float[Tensor, "B Q H"]:
    _, num_queries, hidden = ours["audio_reader.queries"].shape
    inner = ours["audio_reader.qformer.encoder.layer.0.intermediate_query.dense.weight"]
    config = QFormerConfig(
        hidden_size=hidden,
        num_layers=renaming.num_layers(ours, "audio_reader.qformer.encoder.layer"),
        num_heads=num_heads,
        num_queries=num_queries,
        feed_forward_ratio=len(inner) / hidden,
    )
    language_size = len(ours["audio_reader.projection.weight"])
    positions = ours["audio_reader.positions.weight"]
    qformer = loaded(VideoQFormer(config, positions.shape[1], language_size, len(positions)), ours, "audio_reader.")
    return qformer([qformer.add_positions(clip[:, None]).flatten(0, 1) for clip in features])
