"""The paper's own classes as one model, small: pictures and sound in, an answer out; what is tuned gets gradients."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from lively import lively
from small_paper import SIZES, SMALL_PAPER

from microemo.filter_banks import SAMPLE_RATE
from microemo.model import checkpoint
from microemo.model.features import Features, sound_in
from microemo.model.imagebind import ImageBindEncoder
from microemo.model.language import Text, loss
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, PromptUtterance, Question, Slot
from microemo.spans import Span

SPANS = [Span(0.0, 2.0), Span(2.0, 6.0)]
UTTERANCES = [PromptUtterance(*SPANS[0], "Oh no."), PromptUtterance(*SPANS[1], "Why?")]
NUM_REGIONS, NUM_PATCHES = SMALL_PAPER.num_regions, SMALL_PAPER.vision.grid**2
# The text's own feed-forward in the image Q-Former's last layer: only the queries go on from there.
LAST_OF_TEXT = re.compile(r"image_qformer\.qformer\.encoder\.layer\.3\.(intermediate|output)\.")


@torch.no_grad()
def build(**changes: Any) -> MicroEmo:
    """At random, the encoders too: fresh ones put out next to nothing."""
    torch.manual_seed(0)
    model = lively(MicroEmo(SMALL_PAPER.model_copy(update=changes)))
    for encoder in (model.vision, model.audio):
        for parameter in encoder.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=0.2)
    return model


def clip_of(model: MicroEmo, num_frames: int = 6, seconds: float = 6.0) -> Features:
    generator = torch.Generator().manual_seed(0)
    side = SMALL_PAPER.vision.image_size
    pictures = torch.randint(0, 256, (num_frames, side, side, 3), dtype=torch.uint8, generator=generator)
    frames, faces = model.encode_frames(pictures, pictures.flip(2), torch.ones(num_frames, dtype=torch.bool))
    audio, audio_times = model.encode_sound(torch.randn(int(seconds * SAMPLE_RATE), generator=generator))
    regions = torch.rand(num_frames, NUM_REGIONS, NUM_PATCHES, generator=generator)
    return Features(tuple(map(float, range(num_frames))), frames, faces, regions, audio, audio_times)


@pytest.fixture(scope="module")
def model() -> MicroEmo:
    return build()


@pytest.fixture(scope="module")
def clip(model: MicroEmo) -> Features:
    return clip_of(model)


def loss_of(model: MicroEmo, clip: Features, spans: Sequence[tuple[float, float]] = SPANS) -> torch.Tensor:
    tokens = model.tokens([clip], [spans])[0]
    tree = model.tree(tokens, UTTERANCES, clip.times_sec, [Question(OVERALL_QUESTION)])
    return loss(model.language.predictions([tree], [[Text("worried, because the brows are pulled down.")]]))


def test_pictures_and_sound_become_an_answer(model: MicroEmo, clip: Features) -> None:
    tokens = model.tokens([clip], [SPANS])[0]
    windows = {Slot("video_window", 0), Slot("video_window", 1)}
    assert set(tokens) == {Slot("video"), Slot("audio")} | windows
    assert tokens[Slot("video")].shape == (SIZES.window_queries, SIZES.language)
    assert tokens[Slot("audio")].shape == (SIZES.audio_queries, SIZES.language)
    (generation,) = model.answer([clip], [UTTERANCES], [Question(OVERALL_QUESTION)])
    assert generation.pieces


def test_questions_behind_one_prefix_are_answered_as_each_alone(model: MicroEmo, clip: Features) -> None:
    questions = [Question(OVERALL_QUESTION), Question("And then?", 0)]
    together = model.answer_all(clip, UTTERANCES, questions)
    for generation, text in zip(together, questions, strict=True):
        (alone,) = model.answer([clip], [UTTERANCES], [text])
        assert generation.pieces == alone.pieces


def test_the_clue_regions_lie_in_the_frames_which_are_encoded_once(model: MicroEmo) -> None:
    side = SMALL_PAPER.vision.image_size
    pictures = torch.randint(0, 256, (3, side, side, 3), dtype=torch.uint8)
    frames, faces = model.encode_frames(pictures, torch.zeros_like(pictures), torch.tensor([True, False, True]))
    assert torch.equal(faces[[0, 2]], frames[[0, 2]])
    assert not faces[1].any()


def test_gradients_reach_exactly_what_is_tuned() -> None:
    model = build()
    loss_of(model, clip_of(model)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad is checkpoint.is_tuned(model.config, name), name
        assert (parameter.grad is not None) is parameter.requires_grad, name
        if parameter.requires_grad and not LAST_OF_TEXT.match(name):
            assert parameter.grad.any(), name


def test_computing_activations_twice_changes_no_gradient() -> None:
    gradients = []
    for twice in (False, True):
        model = build(activation_checkpointing=twice)
        clip = clip_of(model)
        model.train()
        torch.manual_seed(0)
        loss_of(model, clip).backward()
        gradients.append(
            {name: parameter.grad for name, parameter in model.named_parameters() if parameter.requires_grad}
        )
    once, again = gradients
    for name, gradient in once.items():
        torch.testing.assert_close(gradient, again[name], atol=1e-5, rtol=1e-3, msg=name)


def test_computing_activations_twice_keeps_fewer_of_them() -> None:
    kept = []
    for twice in (False, True):
        model = build(activation_checkpointing=twice)
        clip, saved = clip_of(model), 0

        def count(tensor: torch.Tensor) -> torch.Tensor:
            nonlocal saved
            saved += tensor.numel()
            return tensor

        model.train()
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            loss_of(model, clip)
        kept.append(saved)
    assert kept[1] < 0.5 * kept[0]


def test_lora_is_trained_in_full_beside_weights_in_half_the_bits(model: MicroEmo) -> None:
    for name, parameter in model.language.named_parameters():
        assert parameter.dtype == (torch.float32 if "lora_" in name else torch.bfloat16)
    assert loss_of(model, clip_of(model)).isfinite()


def test_the_sound_of_an_utterance_is_the_clips_whose_middle_it_holds(model: MicroEmo, clip: Features) -> None:
    assert isinstance(model.audio, ImageBindEncoder)
    assert clip.audio_times_sec == pytest.approx([1 + index * 4 / 7 for index in range(8)])
    inside = [index for index, time in enumerate(clip.audio_times_sec) if 2 <= time < 4]
    assert list(sound_in(clip, Span(2.0, 4.0))) == inside
    (nearest,) = sound_in(clip, Span(0.0, 0.5))
    assert clip.audio_times_sec[nearest] == 1.0


def test_utterance_windows_on_audio_are_an_option() -> None:
    model = build(audio_windows=True)
    tokens = model.tokens([clip_of(model)], [SPANS])[0]
    first, second = tokens[Slot("audio_window", 0)], tokens[Slot("audio_window", 1)]
    assert not torch.allclose(first, second, atol=1e-3)


def test_clips_of_sound_are_told_apart_by_their_place(model: MicroEmo, clip: Features) -> None:
    reversed_clip = Features(audio=clip.audio.flip(0), audio_times_sec=clip.audio_times_sec)
    one, other = (model.tokens([c], [[]])[0][Slot("audio")] for c in (clip, reversed_clip))
    assert not torch.allclose(one, other, atol=1e-3)


def test_long_sound_shares_the_eight_places(model: MicroEmo) -> None:
    audio, times = model.encode_sound(torch.randn(40 * SAMPLE_RATE))
    assert len(audio) == len(times) == 20
    added = model.audio_reader.prepare(torch.zeros_like(audio)).flatten(0, 1)
    assert len(torch.unique(added, dim=0)) == 8


@pytest.mark.parametrize("number", [96, 97, 300])
def test_frames_beyond_the_table_share_its_positions(model: MicroEmo, number: int) -> None:
    positioned = model.video_qformer.add_positions(torch.zeros(number, SIZES.queries, SIZES.hidden))
    table = model.video_qformer.positions.weight
    expected = torch.nn.functional.interpolate(table.T[None], size=number, mode="nearest")[0].T
    assert torch.equal(positioned[:, 0], expected)


def test_overlapping_utterances_of_two_speakers_have_a_window_each(model: MicroEmo, clip: Features) -> None:
    spans = [Span(0.0, 4.0), Span(2.0, 6.0)]
    together = model.tokens([clip], [spans])[0]
    for index, span in enumerate(spans):
        alone = model.tokens([clip], [[span]])[0]
        torch.testing.assert_close(together[Slot("video_window", index)], alone[Slot("video_window", 0)])
