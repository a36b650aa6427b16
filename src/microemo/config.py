"""Sizes and switches of the model, as presets: ``nano`` (embedded default) and ``tiny`` (tests). One set of classes.

The configuration travels with the weights: ``ModelConfig`` is the ``config.json`` of a checkpoint directory.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VisionConfig(Frozen):
    """DINOv2 ViT (HF ``Dinov2Model``), frozen, with an expression LoRA in the blocks from ``lora_first_block`` on."""

    weights: str | None = Field(description="Part of the weights manifest; None: random")
    hidden_size: int
    num_layers: int
    num_heads: int
    image_size: int = Field(description="Side of the pictures that are read, in pixels")
    position_size: int = Field(518, description="Picture side that the position table was trained for")
    patch_size: int = 14
    grey: bool = Field(False, description="Read pictures without their colour, as the LoRA's training faces are")
    detail_size: int | None = Field(None, description="Reduce pictures to this side first: the training faces' detail")
    lora_rank: int = 32
    lora_first_block: int = 4

    @property
    def grid(self) -> int:
        """Patches a side."""
        return self.image_size // self.patch_size


class AudioConfig(Frozen):
    """Whisper encoder (HF ``WhisperEncoder``), frozen; a learned mixture of its layers is read."""

    weights: str | None
    hidden_size: int
    num_layers: int
    num_heads: int
    num_mels: int = 80
    max_positions: int = 1500  # 30 s at 50 a second


class QFormerConfig(Frozen):
    hidden_size: int
    num_layers: int
    num_heads: int
    num_queries: int
    dropout: float = 0.1
    feed_forward_ratio: int = Field(4, description="Width of the feed-forward over hidden_size")


class LanguageConfig(Frozen):
    """A causal LM by its part of the weights manifest; None: a random byte-level Llama of the given size."""

    weights: str | None
    hidden_size: int
    num_layers: int = 2  # of the random one
    lora_rank: int = 16
    max_new_tokens: int = 96


class ModelConfig(Frozen):
    """MicroEmo's architecture (paper 3). The two ablations of Table 2 are ``local_clues`` and ``utterance_windows``."""

    name: str
    vision: VisionConfig
    image_qformer: QFormerConfig
    video_qformer: QFormerConfig
    audio: AudioConfig
    audio_qformer: QFormerConfig
    language: LanguageConfig
    local_clues: bool = True
    utterance_windows: bool = True
    audio_windows: bool = Field(True, description="Utterance windows on audio as well, beyond the paper")
    clue_text: bool = Field(True, description="List the measured clues in the prompt, beyond the paper")
    label_prior: float = Field(
        0.0, description="Weight of the label scores on an answer's first label; beyond the paper"
    )
    num_regions: int = 7
    max_positions: int = Field(96, description="Frame positions; later frames share them by interpolation")
    activation_checkpointing: bool = Field(False, description="Train in less memory: compute activations twice")


NANO = ModelConfig(
    name="nano",
    vision=VisionConfig(
        weights="dinov2_vits14",
        hidden_size=384,
        num_layers=12,
        num_heads=6,
        image_size=112,
        grey=True,
        detail_size=48,
    ),
    image_qformer=QFormerConfig(hidden_size=384, num_layers=3, num_heads=6, num_queries=8, feed_forward_ratio=2),
    video_qformer=QFormerConfig(hidden_size=384, num_layers=2, num_heads=6, num_queries=8, feed_forward_ratio=2),
    audio=AudioConfig(weights="whisper_tiny_en", hidden_size=384, num_layers=4, num_heads=6),
    audio_qformer=QFormerConfig(hidden_size=384, num_layers=2, num_heads=6, num_queries=8, feed_forward_ratio=2),
    language=LanguageConfig(weights="smollm2_135m_instruct", hidden_size=576, num_layers=30),
    label_prior=1.0,
)

TINY = ModelConfig(
    name="tiny",
    vision=VisionConfig(
        weights=None, hidden_size=32, num_layers=2, num_heads=2, image_size=56, position_size=56, lora_first_block=1
    ),
    image_qformer=QFormerConfig(hidden_size=32, num_layers=2, num_heads=2, num_queries=4),
    video_qformer=QFormerConfig(hidden_size=32, num_layers=1, num_heads=2, num_queries=4),
    audio=AudioConfig(weights=None, hidden_size=32, num_layers=2, num_heads=2),
    audio_qformer=QFormerConfig(hidden_size=32, num_layers=1, num_heads=2, num_queries=4),
    language=LanguageConfig(weights=None, hidden_size=32, max_new_tokens=16),
)

Preset = Literal["nano", "tiny"]
PRESETS: dict[str, ModelConfig] = {"nano": NANO, "tiny": TINY}
