"""Paper 4.1: the sizes of the parts, and which of them are tuned. On the meta device: shapes, and no memory."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn
from upstream_checkpoints import Shapes, Sizes, eva, imagebind, instructblip, norm, videollama_audio, videollama_vision

from microemo.config import NANO, PAPER, PRESETS, DinoConfig, EvaConfig, ImageBindConfig, ModelConfig, WhisperConfig
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.weights.convert.upstream import CONVERTERS, Kind

NANO_FILES = Path(checkpoint.__file__).parents[1] / "weights" / "nano"
TUNED = {"image_qformer", "local_clues", "video_qformer", "audio_reader", "language.model LoRA"}


@pytest.fixture(scope="module")
def paper() -> MicroEmo:
    with torch.device("meta"):
        return MicroEmo(PAPER)


def millions(module: nn.Module) -> float:
    return round(sum(parameter.numel() for parameter in module.parameters()) / 1e6, 2)


def test_parts_have_the_published_numbers_of_parameters(paper: MicroEmo) -> None:
    """Of the transformers with their embedding tables, without the queries, which are counted apart."""
    assert millions(paper.image_qformer.qformer) == 185.66
    assert millions(paper.video_qformer.qformer) == 18.91
    assert millions(paper.audio_reader.qformer) == 19.69
    assert millions(paper.video_qformer.projection) == millions(paper.audio_reader.projection) == 3.15
    assert (millions(paper.vision), millions(paper.audio)) == (985.95, 86.24)
    llama = [parameter.numel() for name, parameter in paper.language.named_parameters() if "lora_" not in name]
    assert sum(llama) == 6_738_415_616  # LLaMA-2-7B
    assert paper.image_qformer.queries.shape == paper.video_qformer.queries.shape == (1, 32, 768)
    assert paper.audio_reader.queries.shape == (1, 8, 768)


PUBLISHED = Sizes(
    hidden=768, inner=3072, layers=12, queries=32, window_queries=32, audio_queries=8, vocabulary=30523,
    text_positions=512, vision=1408, vision_inner=6144, vision_blocks=39, image_size=224, audio=1024, audio_blocks=12,
    audio_patches=228, language=4096,
)  # fmt: skip
CHECKPOINTS: dict[Kind, Shapes] = {
    "instructblip": instructblip(PUBLISHED) | norm("ln_vision", 1408),
    "videollama_vision": videollama_vision(32, PUBLISHED),
    "videollama_audio": videollama_audio(PUBLISHED),
    "eva": eva("", PUBLISHED),
    "imagebind": imagebind("", PUBLISHED),
}


def test_the_published_checkpoints_have_the_models_shapes(paper: MicroEmo) -> None:
    """All of the model but the LLM and its LoRA, and what upstream does not have."""
    state, found = paper.state_dict(), set[str]()
    for kind, shapes in CHECKPOINTS.items():
        tensors = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
        for name, tensor in CONVERTERS[kind].from_upstream(tensors).items():
            assert tensor.shape == state[name].shape, name
            found.add(name)
    own = ("language.", "local_clues.", "image_qformer.gate.", "image_qformer.output.")
    assert found == {name for name in state if not name.startswith(own)}


def test_pictures_and_sound_have_the_papers_shapes(paper: MicroEmo) -> None:
    pixels, mels = torch.empty(2, 3, 224, 224, device="meta"), torch.empty(8, 1, 128, 204, device="meta")
    assert paper.vision.backbone(pixel_values=pixels).last_hidden_state.shape == (2, 257, 1408)
    assert paper.audio.encoder(mels).shape == (8, 1024)


def test_exactly_what_the_paper_tunes_is_tuned(paper: MicroEmo) -> None:
    def part(name: str) -> str:
        return "language.model LoRA" if "lora_" in name else name.split(".", maxsplit=1)[0]

    tuned = {name for name, parameter in paper.named_parameters() if parameter.requires_grad}
    assert {part(name) for name in tuned} == TUNED
    assert tuned == {name for name, _ in paper.named_parameters() if checkpoint.is_tuned(PAPER, name)}
    for whole in ("image_qformer", "local_clues", "video_qformer", "audio_reader"):
        assert all(name in tuned for name, _ in paper.named_parameters() if name.startswith(f"{whole}."))
    frozen = {name.split(".")[0] for name, parameter in paper.named_parameters() if not parameter.requires_grad}
    assert frozen == {"vision", "audio", "language"}


def test_lora_is_on_the_four_projections_of_every_layer_or_nowhere(paper: MicroEmo) -> None:
    adapted = {
        match.groups()
        for name, _ in paper.named_parameters()
        if (match := re.search(r"layers\.(\d+)\.self_attn\.(\w)_proj\.lora_A", name))
    }
    assert adapted == {(str(layer), letter) for layer in range(32) for letter in "qkvo"}
    lora = paper.language.model.model.layers[0].self_attn.q_proj
    assert (lora.r["default"], lora.lora_alpha["default"], lora.scaling["default"]) == (32, 32, 1.0)
    assert lora.lora_A["default"].weight.dtype == torch.float32
    with torch.device("meta"):
        without = MicroEmo(PAPER.model_copy(update={"language": PAPER.language.model_copy(update={"lora_rank": 0})}))
    assert not any(parameter.requires_grad for parameter in without.language.parameters())


def test_the_language_model_is_kept_in_half_the_bits(paper: MicroEmo) -> None:
    assert paper.language.table.weight.dtype == torch.bfloat16


@pytest.mark.parametrize("name", PRESETS)
def test_a_configuration_comes_back_from_its_json(name: str) -> None:
    assert ModelConfig.model_validate_json(PRESETS[name].model_dump_json()) == PRESETS[name]


def test_encoders_are_told_apart_by_their_kind() -> None:
    assert isinstance(PAPER.vision, EvaConfig)
    assert isinstance(PAPER.audio, ImageBindConfig)
    written = checkpoint.read_config(NANO_FILES)
    assert isinstance(written.vision, DinoConfig)
    assert isinstance(written.audio, WhisperConfig)
    assert written.model_dump(exclude={"calibration", "version"}) == NANO.model_dump(exclude={"calibration", "version"})
