"""TimeChat's image and video Q-Formers: features of frames and their timestamps in, tokens for the LLM out."""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn

from microemo.config import ImageQFormerConfig, QFormerConfig
from microemo.model.image_qformer import ImageQFormer
from microemo.model.video_qformer import VideoQFormer
from microemo.parity import quirks
from microemo.parity.fixture import Fixture, loaded
from microemo.weights.convert import renaming, timechat

INPUTS = re.compile(r"features|input_ids|text_mask|patch_mask")
STAGES = r"(?P<stage>img_qformer_last_hidden|(out|video_hidden)_w(?P<window>\d+)s(?P<stride>\d+))"
OUTPUT = re.compile(rf"(?P<mode>timechat|queries_only|no_text|masked)\.{STAGES}")
VIDEO_LAYERS = "video_Qformer.bert.encoder.layer"


def outputs(fixture: Fixture) -> Iterator[tuple[str, Tensor]]:
    """Ours of every recorded output, by its name: ``MODE.STAGE``, and ``_wWsS`` for windows of W frames every S."""
    image, video = modules(fixture)
    features = fixture.input("features")
    yield "ln_vision_out", image.vision_norm(features)
    states = deepcopy(video)
    states.set_submodule("projection", nn.Identity())
    frames = cache(lambda mode: MODES[mode](fixture, image, features))
    for match in filter(None, map(OUTPUT.fullmatch, sorted(fixture.tensors))):
        hidden = frames(match["mode"])
        if match["stage"] == "img_qformer_last_hidden":
            yield match[0], hidden
            continue
        clips = hidden.unflatten(0, (fixture.size("B_T_N_L")[0], -1))  # (B, T, Q, H)
        window, stride = int(match["window"]), int(match["stride"])
        if match["stage"].startswith("out"):
            yield match[0], over_clips(video, clips, window, stride).flatten(1, 2)
        else:
            yield match[0], over_clips(states, clips, window, stride)


def modules(fixture: Fixture) -> tuple[ImageQFormer, VideoQFormer]:
    base = fixture.size("config", "base")
    positions = fixture.size("config", "max_frame_pos")
    ours = timechat.from_upstream(fixture.state, positions)
    shared = {
        "hidden_size": base["hidden_size"],
        "num_heads": base["num_attention_heads"],
        "feed_forward_ratio": base["intermediate_size"] / base["hidden_size"],
    }
    image = ImageQFormer(
        ImageQFormerConfig(
            **shared,
            num_layers=fixture.size("config", "layers"),
            num_queries=fixture.size("config", "nq"),
            vocabulary_size=fixture.size("config", "vocab"),
            text_positions=base["max_position_embeddings"],
        ),
        fixture.size("config", "vis"),
    )
    video = VideoQFormer(
        QFormerConfig(
            **shared,
            num_layers=renaming.num_layers(fixture.state, VIDEO_LAYERS),
            num_queries=fixture.size("config", "nvq"),
        ),
        base["hidden_size"],
        fixture.size("config", "llm"),
        positions,
    )
    return loaded(image, ours, "image_qformer."), loaded(video, ours, "video_qformer.")


def _all_positions(fixture: Fixture, image: ImageQFormer, features: Tensor) -> Tensor:
    return quirks.all_positions(image, features, fixture.input("input_ids"), fixture.input("text_mask"))


def _queries_only(fixture: Fixture, image: ImageQFormer, features: Tensor) -> Tensor:
    return image.cross_attend(features, fixture.input("input_ids"), fixture.input("text_mask"))


def _without_text(fixture: Fixture, image: ImageQFormer, features: Tensor) -> Tensor:
    return quirks.without_text(image, features)


def _masked(fixture: Fixture, image: ImageQFormer, features: Tensor) -> Tensor:
    mask = fixture.input("patch_mask").bool()
    return quirks.all_positions(image, features, fixture.input("input_ids"), fixture.input("text_mask"), mask)


MODES = {
    "timechat": _all_positions,
    "queries_only": _queries_only,  # what we do
    "no_text": _without_text,
    "masked": _masked,
}


def over_clips(
    video: VideoQFormer, clips: Float[Tensor, "B T Q H"], window: int, stride: int
) -> Float[Tensor, "B U V D"]:
    """The tokens of every window of every clip."""
    spans = quirks.fixed_windows(clips.shape[1], window, stride)
    placed = [video.add_positions(clip) for clip in clips]
    return torch.stack([video([clip[span].flatten(0, 1) for span in spans]) for clip in placed])
