"""Sizes and switches of the model, as presets: ``nano`` (embedded default), ``paper`` (the paper's own sizes, 4.1)
and ``tiny`` (tests). One set of classes.

The configuration travels with the weights: ``ModelConfig`` is the ``config.json`` of a checkpoint directory.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, model_validator


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(Frozen):
    """A part of the model that comes in several kinds; each subclass is one, and names itself in ``kind``."""

    kind: str
    weights: str | None = Field(description="Part of the weights manifest, or a directory; None: random")


K = TypeVar("K", bound=Kind)


def kinds(base: type[K]) -> dict[str, type[K]]:
    """The configuration classes of a base class by their ``kind``."""
    found = {str(base.model_fields["kind"].default): base} if not base.model_fields["kind"].is_required() else {}
    return found | {kind: config for child in base.__subclasses__() for kind, config in kinds(child).items()}


def _by_kind(base: type[K], default: str) -> Callable[[Any], Any]:
    """Read fields as the class of their ``kind``, which configurations from before there were two do not have."""

    def validate(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known, kind = kinds(base), value.get("kind", default)
        if kind not in known:
            raise ValueError(f"no such kind: {kind}; known are {', '.join(known)}")
        return known[kind].model_validate(value)

    return validate


class VisionConfig(Kind):
    """What every vision encoder has: square pictures in, patches of ``hidden_size`` out."""

    hidden_size: int
    num_layers: int
    num_heads: int
    image_size: int = Field(description="Side of the pictures that are read, in pixels")
    patch_size: int = 14

    @property
    def grid(self) -> int:
        """Patches a side."""
        return self.image_size // self.patch_size


class DinoConfig(VisionConfig):
    """DINOv2 ViT (HF ``Dinov2Model``), whose last blocks are tuned on expressions, and frozen from then on."""

    kind: Literal["dinov2"] = "dinov2"
    position_size: int = Field(518, description="Picture side that the position table was trained for")
    first_tuned_block: int = Field(4, description="From here on blocks see expression, where the first see edges")


class EvaConfig(VisionConfig):
    """EVA-CLIP ViT (HF ``InstructBlipVisionModel``), frozen; its features leave without a final norm."""

    kind: Literal["eva"] = "eva"
    feed_forward_size: int


class QFormerConfig(Frozen):
    hidden_size: int
    num_layers: int
    num_heads: int
    num_queries: int
    dropout: float = 0.1
    feed_forward_ratio: float = Field(4, description="Width of the feed-forward over hidden_size")

    @property
    def feed_forward_size(self) -> int:
        return round(self.feed_forward_ratio * self.hidden_size)


class AudioConfig(Kind):
    """What every audio encoder has."""

    hidden_size: int
    num_layers: int
    num_heads: int


class WhisperConfig(AudioConfig):
    """Whisper encoder (HF ``WhisperEncoder``), frozen; some of its layers are read, side by side."""

    kind: Literal["whisper"] = "whisper"
    num_mels: int = 80
    max_positions: int = 1500  # 30 s at 50 a second
    read_layers: tuple[int, ...] = Field((1, 2, 3), description="Layers that are read, from 1")


class ImageBindConfig(AudioConfig):
    """ImageBind's audio trunk, frozen: a vector of ``output_size`` for each clip of 2 s."""

    kind: Literal["imagebind"] = "imagebind"
    output_size: int
    num_mels: int = 128
    num_frames: int = Field(204, description="Of a clip's spectrogram, 100 a second, padded")
    num_clips: int = Field(8, description="Clips that the position table was trained for")
    qformer: QFormerConfig = Field(
        QFormerConfig(hidden_size=768, num_layers=2, num_heads=12, num_queries=8),
        description="Reads the clips, as the video's reads frames; Video-LLaMA's sizes",
    )


class TimestampConfig(Frozen):
    """The sentence that binds a frame to its time (paper 3.2), and who splits it into tokens."""

    text: str = "This frame is sampled at {time:.1f}s."
    tokenizer: str | None = Field(None, description="Part or directory with BERT's tokenizer; None: the built-in words")
    max_tokens: int = 32


class ImageQFormerConfig(QFormerConfig):
    """Queries beside text; cross-attention in every second layer."""

    timestamps: TimestampConfig = TimestampConfig()
    vocabulary_size: int = Field(19, description="Tokens that a timestamp may have; 19 words are built in")
    text_positions: int = 32


class LanguageConfig(Kind):
    """A causal LM of ``transformers``: a part, a directory or a hub name; None: a random Llama of the given size."""

    kind: str = "causal_lm"
    hidden_size: int
    num_layers: int = Field(2, description="Of a pretrained one, the first so many")
    num_heads: int = 2  # this and the next two: of the random one
    feed_forward_size: int | None = Field(None, description="None: twice hidden_size")
    vocabulary_size: int | None = Field(None, description="None: a token a byte, and the chat's marks")
    dtype: Literal["float32", "bfloat16"] = Field("float32", description="Of the frozen weights; LoRA is float32")
    lora_rank: int = Field(16, description="0: no LoRA, as the paper's section 4.1 has it, against its 3.4")
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    lora_targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    max_new_tokens: int = 96
    temperature: float = Field(0.0, ge=0, description="Of answers, the first label within its family; 0: greedy")
    num_drafts: int = Field(1, ge=1, description="Drawn answers to a question, of which the best borne out is kept")
    well_formed: bool = Field(False, description="Whether answers are held to known words (model/wellformed.py)")


Shown = Literal["face", "voice", "both", "words"]
"""What there is of a person to judge by; words alone where neither face nor voice is there."""

SURE = 0.5
"""Confidence of a first label, from which on it is not doubted in words."""


class Calibration(Frozen):
    """How sure a first label may be (``model/first_label.py``), as found on people that nothing was trained on."""

    temperature: float = Field(1.0, gt=0, description="Divides the families' log-probabilities")
    possible_from: Mapping[Shown, Annotated[float, Field(ge=0, le=1)]] = Field(
        {}, description="Families that are at least so sure hold the truth in 90 % of cases, by what is shown"
    )


Vision = Annotated[SerializeAsAny[VisionConfig], BeforeValidator(_by_kind(VisionConfig, "dinov2"))]
Audio = Annotated[SerializeAsAny[AudioConfig], BeforeValidator(_by_kind(AudioConfig, "whisper"))]
Language = Annotated[SerializeAsAny[LanguageConfig], BeforeValidator(_by_kind(LanguageConfig, "causal_lm"))]
LocalView = Literal["face", "frame"]
PromptName = Literal["microemo", "microemo-llama2", "affectgpt", "timechat"]


class Kin(Frozen):
    """Ideas of MicroEmo's kin as switches of the architecture (``model/kin``), all off in the presets."""

    fusion: bool = Field(False, description="A face and a voice attend to each other before the LLM (AffectGPT)")
    experts: bool = Field(False, description="An expert for each of them, behind a gate (MoSEAR)")
    compressor: bool = Field(False, description="Experts for feelings beside the tokens as they were (Emotion-Qwen)")
    kept_share: float = Field(1.0, gt=0, le=1, description="Of a frame's patches: the most striking (StimuVAR)")
    affect: bool = Field(False, description="Families, valence and arousal by a graph (EmoGCN), for training alone")


class ModelConfig(Frozen):
    """MicroEmo's architecture (paper 3). The two ablations of Table 2 are ``local_clues`` and ``utterance_windows``."""

    name: str
    version: str = Field("0", description="Of the weights; whoever trains them raises it")
    vision: Vision
    image_qformer: ImageQFormerConfig
    video_qformer: QFormerConfig
    audio: Audio
    language: Language
    local_clues: bool = True
    local_view: LocalView = Field("face", description="Clue regions lie in an aligned face view or in the frame itself")
    utterance_windows: bool = True
    audio_windows: bool = Field(True, description="Utterance windows on audio as well, beyond the paper")
    prompt: PromptName = Field("microemo", description="Template of the prompt (model/templates.py)")
    num_frames: int | None = Field(None, description="Of a clip, evenly spread; None: two a second of an utterance")
    clue_text: bool = Field(True, description="List the measured clues in the prompt, beyond the paper")
    calibration: Calibration | None = Field(
        None, description="First labels are of the likeliest family, and as sure; None: the likeliest token's"
    )
    late_fusion: bool = Field(
        False, description="Families by each modality read alone, put together (model/late_fusion.py); False: at once"
    )
    kin: Kin = Kin()
    num_regions: int = 7
    max_positions: int = Field(96, description="Frame positions; later frames share them by interpolation")
    activation_checkpointing: bool = Field(False, description="Train in less memory: compute activations twice")

    @model_validator(mode="after")
    def _kin_has_windows(self) -> "ModelConfig":
        if (self.kin.fusion or self.kin.experts) and not (self.utterance_windows and self.audio_windows):
            raise ValueError("kin.fusion and kin.experts join windows: they need utterance_windows and audio_windows")
        return self


NANO = ModelConfig(
    name="nano",
    vision=DinoConfig(
        weights="dinov2_vits14",
        hidden_size=384,
        num_layers=12,
        num_heads=6,
        image_size=112,
    ),
    image_qformer=ImageQFormerConfig(hidden_size=384, num_layers=3, num_heads=6, num_queries=8, feed_forward_ratio=2),
    video_qformer=QFormerConfig(hidden_size=384, num_layers=2, num_heads=6, num_queries=8, feed_forward_ratio=2),
    audio=WhisperConfig(weights="whisper_base", hidden_size=512, num_layers=6, num_heads=8, read_layers=(2, 3, 4, 5)),
    language=LanguageConfig(
        weights="smollm2_135m_instruct",
        hidden_size=576,
        num_layers=30,
        lora_targets=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
        temperature=0.7,
        num_drafts=3,
        well_formed=True,
    ),
    calibration=Calibration(),
    late_fusion=True,
)

PAPER = ModelConfig(
    name="paper",
    vision=EvaConfig(
        weights="eva_vit_g",
        hidden_size=1408,
        num_layers=39,
        num_heads=16,
        image_size=224,
        feed_forward_size=6144,
    ),
    image_qformer=ImageQFormerConfig(
        hidden_size=768,
        num_layers=12,
        num_heads=12,
        num_queries=32,
        timestamps=TimestampConfig(tokenizer="minilm_l6_v2"),
        vocabulary_size=30523,  # BERT's, and InstructBLIP's [DEC]
        text_positions=512,
    ),
    video_qformer=QFormerConfig(hidden_size=768, num_layers=2, num_heads=12, num_queries=32),
    audio=ImageBindConfig(
        weights="imagebind_audio",
        hidden_size=768,
        num_layers=12,
        num_heads=12,
        output_size=1024,
    ),
    language=LanguageConfig(
        weights="meta-llama/Llama-2-7b-chat-hf",
        hidden_size=4096,
        num_layers=32,
        num_heads=32,
        feed_forward_size=11008,
        vocabulary_size=32000,
        dtype="bfloat16",
        lora_rank=32,
        lora_dropout=0.1,
        max_new_tokens=512,
    ),
    local_view="frame",
    prompt="affectgpt",
    num_frames=96,
    audio_windows=False,
    clue_text=False,
)

TINY = ModelConfig(
    name="tiny",
    vision=DinoConfig(
        weights=None, hidden_size=32, num_layers=2, num_heads=2, image_size=56, position_size=56, first_tuned_block=1
    ),
    image_qformer=ImageQFormerConfig(hidden_size=32, num_layers=2, num_heads=2, num_queries=4),
    video_qformer=QFormerConfig(hidden_size=32, num_layers=1, num_heads=2, num_queries=4),
    audio=WhisperConfig(weights=None, hidden_size=32, num_layers=2, num_heads=2, read_layers=(1, 2)),
    language=LanguageConfig(weights=None, hidden_size=32, max_new_tokens=16),
)

Preset = Literal["nano", "paper", "tiny"]
PRESETS: dict[str, ModelConfig] = {"nano": NANO, "paper": PAPER, "tiny": TINY}
