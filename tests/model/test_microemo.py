"""Paper 3.1: the whole model, for clips that lack any of picture, sound and words."""

import re
from collections.abc import Callable

import pytest
import torch
from every_token import first_words
from hypothesis import given
from hypothesis import strategies as st
from toy_features import region_masks, toy_features

from microemo.config import TINY, Calibration
from microemo.model import checkpoint
from microemo.model.features import Features, features_in, frames_in
from microemo.model.first_label import FirstWords
from microemo.model.language import Text, loss
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, Slot, question_about
from microemo.spans import Span

Build = Callable[..., MicroEmo]
SPANS = [Span(0.0, 1.8), Span(1.8, 4.0)]
UTTERANCES = [PromptUtterance(*span, text) for span, text in zip(SPANS, ("Oh no.", ""), strict=True)]
QUESTIONS = [question_about(UTTERANCES, index) for index in (None, 0, 1)]
VIDEO = {Slot("video"), Slot("video_window", 0), Slot("video_window", 1)}
AUDIO = {Slot("audio"), Slot("audio_window", 0), Slot("audio_window", 1)}
CLIPS = {
    "video and audio": (toy_features(), VIDEO | AUDIO),
    "video": (toy_features(audio_sec=0), VIDEO),
    "audio": (toy_features(num_frames=0), AUDIO),
    "words": (Features(), set()),
    "no face": (toy_features(faceless=(0, 1, 2, 3)), VIDEO | AUDIO),
    "one frame": (toy_features(num_frames=1, faceless=()), VIDEO | AUDIO),
}
# The text's own feed-forward in the last layer of the image Q-Former: only the queries go on from there.
LAST_OF_TEXT = re.compile(r"image_qformer\.qformer\.encoder\.layer\.1\.(intermediate|output)\.")
some_clip = pytest.mark.parametrize(("clip", "slots"), CLIPS.values(), ids=CLIPS)


def assert_same_tokens(one: dict[Slot, torch.Tensor], other: dict[Slot, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for slot, tokens in one.items():
        torch.testing.assert_close(tokens, other[slot], atol=1e-5, rtol=1e-3)


@some_clip
def test_any_modality_may_be_missing(tiny: MicroEmo, clip: Features, slots: set[Slot]) -> None:
    generations = tiny.answer([clip] * len(QUESTIONS), [UTTERANCES] * len(QUESTIONS), QUESTIONS)
    assert len(generations) == len(QUESTIONS)
    assert all(generation.pieces for generation in generations)
    tokens = tiny.tokens([clip], [SPANS])[0]
    assert set(tokens) == slots
    for slot, slot_tokens in tokens.items():
        assert slot_tokens.shape == (4 if slot in VIDEO else 2, TINY.language.hidden_size)
        assert slot_tokens.isfinite().all()


@some_clip
def test_a_question_in_its_place_is_answered_as_if_nothing_came_behind(
    tiny: MicroEmo, clip: Features, slots: set[Slot]
) -> None:
    in_place = tiny.answer_all(clip, UTTERANCES, QUESTIONS)
    each = tiny.answer([clip] * 3, [UTTERANCES] * 3, QUESTIONS)
    assert [one.pieces for one in in_place] == [one.pieces for one in each]
    parts = tiny.parts(tiny.tokens([clip], [SPANS])[0], UTTERANCES, clip.times_sec)
    before = torch.cat([*parts[:2], tiny.question(QUESTIONS[1].text)])
    assert in_place[1].pieces == tiny.language.answer([before])[0].pieces


def test_without_utterances_the_whole_clip_is_read(tiny: MicroEmo) -> None:
    clip = toy_features()
    assert set(tiny.tokens([clip], [[]])[0]) == {Slot("video"), Slot("audio")}
    assert len(tiny.answer([clip], [[]], QUESTIONS[:1])) == 1


def test_a_batch_of_clips_is_read_as_each_alone(tiny: MicroEmo) -> None:
    clips = [*(clip for clip, _ in CLIPS.values()), toy_features(num_frames=9, audio_sec=11, seed=3)]
    spans = [[Span(0.5, 1.0)], SPANS, [], SPANS, [Span(0.0, 3.0), Span(2.0, 2.5)], SPANS, [Span(8.0, 30.0)]]
    for together, clip, row in zip(tiny.tokens(clips, spans), clips, spans, strict=True):
        assert_same_tokens(together, tiny.tokens([clip], [row])[0])


def test_answers_are_deterministic(tiny: MicroEmo) -> None:
    once, again = (tiny.answer([toy_features()], [UTTERANCES], QUESTIONS[:1]) for _ in range(2))
    assert once == again


@pytest.fixture
def drawing(build_tiny: Build) -> MicroEmo:
    """A model that draws its answers, all tokens of which are words, from the first on."""
    language = TINY.language.model_copy(update={"temperature": 1.0, "well_formed": True})
    return build_tiny(language=language, calibration=Calibration())


def test_a_question_asked_again_has_another_answer_drawn(drawing: MicroEmo) -> None:
    once, again, alone = (drawing.answer_all(toy_features(), UTTERANCES, QUESTIONS[:1] * num) for num in (3, 3, 1))
    assert once == again
    assert len({one.pieces for one in once}) > 1
    assert alone[0].pieces == once[0].pieces


@some_clip
def test_drafts_are_what_the_question_asked_again_would_be_answered(
    drawing: MicroEmo, clip: Features, slots: set[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FirstWords, "known_to", first_words)
    drafts = drawing.answer_all(clip, UTTERANCES, QUESTIONS, num_drafts=3)
    asked_again = drawing.answer_all(clip, UTTERANCES, [asked for asked in QUESTIONS for _ in range(3)])
    assert [(one.pieces, one.possible) for one in drafts] == [(one.pieces, one.possible) for one in asked_again]
    for one, other in zip(drafts, asked_again, strict=True):
        assert one.log_probs == pytest.approx(other.log_probs, abs=1e-4)


def test_a_window_is_what_its_frames_make_of_it(tiny: MicroEmo) -> None:
    before = toy_features(num_frames=6, faceless=())
    spans = [Span(0.0, 3.0), Span(3.0, 6.0)]
    changed = torch.cat([before.frames[:3], before.frames[3:].flip(-1)])
    after = Features(before.times_sec, changed, before.faces, before.region_masks, before.audio)
    one, other = tiny.tokens([before], [spans])[0], tiny.tokens([after], [spans])[0]
    torch.testing.assert_close(one[Slot("video_window", 0)], other[Slot("video_window", 0)])
    for slot in (Slot("video"), Slot("video_window", 1)):
        assert not torch.allclose(one[slot], other[slot], atol=1e-3)


@pytest.mark.parametrize(("switch", "kind"), [("utterance_windows", "video_window"), ("audio_windows", "audio_window")])
def test_without_windows_only_the_whole_is_left_and_nothing_else_changes(
    tiny: MicroEmo, build_tiny: Build, switch: str, kind: str
) -> None:
    ablated = build_tiny(**{switch: False})
    ablated.load_state_dict(tiny.state_dict())
    full = tiny.tokens([toy_features()], [SPANS])[0]
    kept = {slot: tokens for slot, tokens in full.items() if slot.kind != kind}
    assert len(kept) == len(full) - 2
    assert_same_tokens(ablated.tokens([toy_features()], [SPANS])[0], kept)


def test_without_local_clues_frames_are_read_whole_and_nothing_else_changes(tiny: MicroEmo, build_tiny: Build) -> None:
    ablated = build_tiny(local_clues=False)
    assert not hasattr(ablated, "local_clues")
    weights = {name: tensor for name, tensor in tiny.state_dict().items() if not name.startswith("local_clues.")}
    ablated.load_state_dict(weights)
    clip = toy_features()
    (tokens,) = ablated.frame_tokens([clip])
    expected = tiny.image_qformer(clip.frames, *tiny.timestamps(clip.times_sec))
    torch.testing.assert_close(tokens, expected)
    (with_clues,) = tiny.frame_tokens([clip])
    differs = (with_clues - tokens).abs().amax((1, 2)) > 1e-3
    assert differs.tolist() == [True, False, True, True]  # the second frame has no face
    full, without = tiny.tokens([clip], [SPANS])[0], ablated.tokens([clip], [SPANS])[0]
    assert_same_tokens({s: full[s] for s in AUDIO}, {s: without[s] for s in AUDIO})


def test_gradients_reach_exactly_what_is_tuned(build_tiny: Build) -> None:
    model = build_tiny()
    pictures = torch.randint(0, 256, (3, 56, 56, 3), dtype=torch.uint8)
    frames, faces = model.encode_frames(pictures, pictures.flip(2), torch.tensor([True, False, True]))
    audio = model.audio(torch.randn(32_000))
    clip = Features((0.0, 1.0, 2.0), frames, faces, region_masks(3), audio)
    tokens = model.tokens([clip], [SPANS])[0]
    tree = model.tree(tokens, UTTERANCES, clip.times_sec, QUESTIONS)
    loss(
        model.language.predictions([tree], [[Text("sad. The brows are pulled down [3].")] * len(QUESTIONS)])
    ).backward()
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad is checkpoint.is_tuned(model.config, name), name
        assert (parameter.grad is not None) is parameter.requires_grad, name
        if parameter.requires_grad and not LAST_OF_TEXT.match(name):
            assert parameter.grad.any(), name


def test_faces_are_encoded_where_there_are_any(tiny: MicroEmo) -> None:
    pictures = torch.randint(0, 256, (2, 56, 56, 3), dtype=torch.uint8)
    with torch.inference_mode():
        frames, faces = tiny.encode_frames(pictures, pictures, torch.tensor([False, True]))
    assert not faces[0].any()
    torch.testing.assert_close(faces[1], frames[1], atol=1e-5, rtol=1e-4)


@given(
    st.lists(st.floats(0, 60), min_size=1, max_size=20, unique=True).map(sorted), st.floats(0, 70), st.floats(0.01, 20)
)
def test_a_window_holds_its_frames_or_else_the_nearest(times: list[float], start: float, length: float) -> None:
    times.sort()
    inside = frames_in(times, Span(start, start + length))
    expected = [index for index, time in enumerate(times) if start <= time < start + length]
    if expected:
        assert inside == expected
    else:
        (nearest,) = inside
        middle = start + length / 2
        assert abs(times[nearest] - middle) == min(abs(time - middle) for time in times)


def test_a_frame_at_the_border_belongs_to_the_utterance_that_begins() -> None:
    assert frames_in([0.0, 1.0, 2.0], Span(0.0, 1.0)) == [0]
    assert frames_in([0.0, 1.0, 2.0], Span(1.0, 2.0)) == [1]


@given(st.integers(1, 2000), st.floats(0, 50), st.floats(0.0, 50))
def test_the_sound_of_an_utterance_is_its_own_and_never_empty(number: int, start: float, length: float) -> None:
    part = features_in(number, Span(start, start + length))
    assert 0 <= part.start < part.stop <= number
    if start + length <= number / 50:
        assert abs(part.start - start * 50) <= 1
        assert part.stop - part.start <= length * 50 + 2
