"""Paper, Table 2: without one of the two modules nothing else changes, and its path is not computed at all."""

from collections import Counter
from typing import Any

import pytest
import torch
from lively import lively
from small_paper import SMALL_PAPER
from torch.utils.flop_counter import FlopCounterMode

from microemo.config import TINY, ModelConfig
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.spans import Span

SPANS = [Span(0.0, 2.0), Span(2.0, 4.0)]
FRAMES, FACES = 4, 3  # of the four frames one has no face
CONFIGS = [TINY, SMALL_PAPER]
every_size = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)


def pair(config: ModelConfig, switch: str) -> tuple[MicroEmo, MicroEmo]:
    """A model with all on, and one of the same weights with the switch off."""
    torch.manual_seed(0)
    full, without = lively(MicroEmo(config)), MicroEmo(config.model_copy(update={switch: False})).eval()
    weights = full.state_dict()
    without.load_state_dict({name: weights[name] for name in without.state_dict()})
    return full.requires_grad_(False), without.requires_grad_(False)


def pictures(config: ModelConfig) -> torch.Tensor:
    side = config.vision.image_size
    return torch.randint(0, 256, (FRAMES, side, side, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def clip_of(config: ModelConfig) -> Features:
    generator = torch.Generator().manual_seed(0)
    shape = (FRAMES, 1 + config.vision.grid**2, config.vision.hidden_size)
    regions = torch.rand(FRAMES, config.num_regions, config.vision.grid**2, generator=generator)
    regions[1] = 0
    frames, faces = (torch.randn(shape, generator=generator) for _ in range(2))
    return Features((0.0, 1.0, 2.0, 3.0), frames, faces, regions)


def calls(model: MicroEmo) -> Counter[str]:
    """Counts, by the module's name, how many rows go through each from now on."""
    counts: Counter[str] = Counter()

    def count(name: str) -> Any:
        def hook(module: torch.nn.Module, args: Any, kwargs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else getattr(output, "last_hidden_state", output)
            counts[name] += len(first)

        return hook

    for name in ("vision.backbone", "local_clues", "video_qformer"):
        if hasattr(model, name.partition(".")[0]):
            model.get_submodule(name).register_forward_hook(count(name), with_kwargs=True)
    return counts


def operations(model: MicroEmo, clip: Features, spans: list[tuple[float, float]]) -> int:
    """Floating point operations of the whole way from features to tokens."""
    with FlopCounterMode(display=False) as counter:
        model.tokens([clip], [spans])
    return counter.get_total_flops()


@every_size
def test_without_local_clues_no_face_is_encoded_and_nothing_local_computed(config: ModelConfig) -> None:
    full, without = pair(config, "local_clues")
    face_mask = torch.tensor([True, False, True, True])
    clip = clip_of(config)
    counted = [calls(model) for model in (full, without)]
    for model in (full, without):
        model.encode_frames(pictures(config), pictures(config), face_mask)
        model.tokens([clip], [SPANS])
    windows = 1 + len(SPANS)
    pictures_read = FRAMES + (FACES if config.local_view == "face" else 0)
    assert counted[0] == {"vision.backbone": pictures_read, "local_clues": FRAMES, "video_qformer": windows}
    assert counted[1] == {"vision.backbone": FRAMES, "video_qformer": windows}
    assert not any(name.startswith("local_clues") for name in without.state_dict())


@every_size
def test_without_local_clues_the_rest_costs_what_it_costs_for_clips_without_faces(config: ModelConfig) -> None:
    full, without = pair(config, "local_clues")
    clip = clip_of(config)
    faceless = Features(clip.times_sec, clip.frames, clip.faces, torch.zeros_like(clip.region_masks))
    with FlopCounterMode(display=False) as counter:
        full.local_clues(faceless.faces, faceless.region_masks)
    attention = counter.get_total_flops()
    assert operations(without, clip, SPANS) == operations(full, faceless, SPANS) - attention
    assert operations(without, clip, SPANS) < operations(full, clip, SPANS)


@every_size
def test_without_local_clues_frames_are_read_as_where_there_is_no_face(config: ModelConfig) -> None:
    full, without = pair(config, "local_clues")
    clip = clip_of(config)
    (one,), (other,) = full.frame_tokens([clip]), without.frame_tokens([clip])
    differs = (one - other).abs().amax((1, 2)) > 1e-4
    assert differs.tolist() == [True, False, True, True]


@every_size
def test_without_utterance_windows_the_whole_is_read_once_and_as_before(config: ModelConfig) -> None:
    full, without = pair(config, "utterance_windows")
    clip = clip_of(config)
    counted = [calls(model) for model in (full, without)]
    tokens = [model.tokens([clip], [SPANS])[0] for model in (full, without)]
    assert counted[0]["video_qformer"] == 1 + len(SPANS)
    assert counted[1]["video_qformer"] == 1
    assert set(tokens[1]) == {Slot("video")}
    torch.testing.assert_close(tokens[1][Slot("video")], tokens[0][Slot("video")], atol=1e-5, rtol=1e-4)
    assert operations(without, clip, SPANS) == operations(full, clip, [])
    assert full.state_dict().keys() == without.state_dict().keys()
