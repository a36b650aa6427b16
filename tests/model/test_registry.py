"""A new vision encoder, audio encoder or language model is a class and a row of the registry."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from transformers import Qwen2Config, Qwen2ForCausalLM

from microemo.config import TINY, AudioConfig, LanguageConfig, ModelConfig, VisionConfig, kinds
from microemo.model import checkpoint
from microemo.model.audio import SAMPLE_RATE, AudioEncoder
from microemo.model.causal_lm import byte_tokenizer
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, PromptUtterance, Question
from microemo.model.registry import AUDIO_ENCODERS, LANGUAGE_MODELS, VISION_ENCODERS
from microemo.model.video_qformer import VideoQFormer
from microemo.model.vision import VisionEncoder


class ToyVisionConfig(VisionConfig):
    kind: Literal["toy"] = "toy"


class ToyAudioConfig(AudioConfig):
    kind: Literal["toy"] = "toy"


class ToyLanguageConfig(LanguageConfig):
    kind: str = "toy"


class Patches(nn.Module):
    """A linear map of each patch, and their mean as the class token."""

    def __init__(self, config: ToyVisionConfig) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, config.hidden_size, config.patch_size, config.patch_size)

    def forward(self, pixel_values: Tensor) -> Any:
        patches = self.embed(pixel_values).flatten(2).transpose(1, 2)
        return SimpleNamespace(last_hidden_state=torch.cat([patches.mean(1, keepdim=True), patches], dim=1))


class ToyVision(VisionEncoder):
    pixel_mean, pixel_std = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)

    @staticmethod
    def build(config: ToyVisionConfig, pretrained: Path | None) -> nn.Module:
        return Patches(config)


class ToyAudio(AudioEncoder):
    """The samples of each second, projected."""

    def __init__(self, config: ToyAudioConfig, pretrained: Path | None = None) -> None:
        super().__init__()
        self.size = config.hidden_size
        self.encoder = nn.Linear(SAMPLE_RATE, config.hidden_size).requires_grad_(False)

    def forward(self, waveform: Tensor) -> Tensor:
        return self.encoder(waveform.unfold(0, SAMPLE_RATE, SAMPLE_RATE))[:, None]

    def times_sec(self, num_samples: int) -> tuple[float, ...]:
        return tuple(second + 0.5 for second in range(num_samples // SAMPLE_RATE))

    def reader(self, language_size: int) -> VideoQFormer:
        return VideoQFormer(TINY.video_qformer, self.size, language_size, max_positions=30)


def toy_language(config: ToyLanguageConfig, pretrained: Path | None) -> Any:
    tokenizer, size = byte_tokenizer(), config.hidden_size
    sizes = {"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": size}
    return Qwen2ForCausalLM(Qwen2Config(vocab_size=len(tokenizer), hidden_size=size, **sizes)), tokenizer


SIZES = {"weights": None, "hidden_size": 32, "num_layers": 1, "num_heads": 2}
TOYS = {
    "vision": (VISION_ENCODERS, ToyVision, {**SIZES, "kind": "toy", "image_size": 56}),
    "audio": (AUDIO_ENCODERS, ToyAudio, {**SIZES, "kind": "toy"}),
    "language": (LANGUAGE_MODELS, toy_language, {**SIZES, "kind": "toy", "max_new_tokens": 4}),
}


@pytest.mark.parametrize("part", TOYS)
def test_a_new_kind_is_read_built_asked_saved_and_loaded(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, toy, fields = TOYS[part]
    monkeypatch.setitem(registry, "toy", toy)  # type: ignore[arg-type]
    config = ModelConfig.model_validate({**TINY.model_dump(), part: fields})
    assert type(getattr(config, part)).__name__.startswith("Toy")
    checkpoint.save(MicroEmo(config), tmp_path)
    assert checkpoint.read_config(tmp_path) == config
    model = checkpoint.load(tmp_path, None)
    pictures = torch.randint(0, 256, (2, 56, 56, 3), dtype=torch.uint8)
    with torch.inference_mode():
        frames, faces = model.encode_frames(pictures, pictures, torch.tensor([True, False]))
        audio, times = model.encode_sound(0.1 * torch.randn(2 * SAMPLE_RATE))
        regions = torch.rand(2, config.num_regions, config.vision.grid**2)
        clip = Features((0.0, 1.0), frames, faces, regions, audio, times)
        (answer,) = model.answer([clip], [[PromptUtterance(0.0, 2.0, "Oh no.")]], [Question(OVERALL_QUESTION)])
    assert answer.pieces


@pytest.mark.parametrize(
    ("base", "registry"),
    [(VisionConfig, VISION_ENCODERS), (AudioConfig, AUDIO_ENCODERS), (LanguageConfig, LANGUAGE_MODELS)],
    ids=["vision", "audio", "language"],
)
def test_every_kind_has_a_configuration_and_a_row(base: Any, registry: dict[str, Any]) -> None:
    assert kinds(base).keys() - {"toy"} == registry.keys()


def test_an_unknown_kind_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValidationError, match="no such kind: clip; known are dinov2, eva"):
        ModelConfig.model_validate({**TINY.model_dump(), "vision": {**SIZES, "kind": "clip", "image_size": 56}})


def test_a_fault_within_a_kind_is_told_by_its_place_in_the_file() -> None:
    fields = TINY.model_dump()
    with pytest.raises(ValidationError) as error:
        ModelConfig.model_validate({**fields, "vision": {**fields["vision"], "colour": 1}})
    assert [fault["loc"] for fault in error.value.errors()] == [("vision", "colour")]
