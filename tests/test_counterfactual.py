"""What is taken out of a scene with a clue, and nothing else."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from one_person import one_person_clip

from microemo.chunks import Scene, has_speech, judged, scene_of
from microemo.config import TINY
from microemo.counterfactual import blurred, is_movement, without, words_of
from microemo.perception.regions import REGION_NAMES
from microemo.schema import ClipInfo, Clue, FaceTrack, Utterance
from microemo.spans import Span

SIDE, PATCHES, NUM_FRAMES = 56, 16, 8
MOUTH = REGION_NAMES.index("mouth")


def clue(id_: int, kind: str, start_sec: float = 0.5, end_sec: float = 1.5, **fields: Any) -> Clue:
    known: dict[str, Any] = {"modality": "face", "region": "mouth", "strength": 0.8, "detail": ""} | fields
    return Clue(
        id=id_, kind=kind, start_sec=start_sec, apex_sec=start_sec, end_sec=end_sec, value=1, baseline=0, **known
    )


SMILE = clue(1, "lip_corner_puller")
PRESSED = clue(2, "lip_corner_depressor", 0.5, 1.2)
FROWN = clue(3, "brow_lowerer", region="brows")
NOD = clue(4, "head_nod", 2.0, 3.0, region="head")
FLASH = clue(5, "micro_brow_raise", 2.5, 2.9, region="brows")
HIGH = clue(6, "pitch_raised", 0.0, 2.0, modality="voice", region="voice")
LOUD = clue(7, "voice_loud", 2.0, 4.0, modality="voice", region="voice")
FAST = clue(8, "speech_fast", 0.0, 2.0, modality="voice", region="voice")
JOY = clue(9, "joy_word", 0.0, 2.0, modality="words", region="words", detail="happy")
NOT_SAD = clue(10, "negated_sadness_word", 2.0, 4.0, modality="words", region="words", detail="not sad")
CLUES = (SMILE, PRESSED, FROWN, NOD, FLASH, HIGH, LOUD, FAST, JOY, NOT_SAD)
TEXTS = ("Happy, I am so HAPPY!", "I am not very sad at all.")


@pytest.fixture
def scene() -> Scene:
    """Two utterances of two seconds, two frames a second; the mouth is in the view's last row of patches."""
    rng = np.random.default_rng(0)
    masks = np.zeros((NUM_FRAMES, 7, PATCHES), np.float32)
    masks[:, MOUTH, 12:] = 0.5
    clip = one_person_clip(
        info=ClipInfo(path="x", duration_sec=4, has_video=True, has_audio=True, face_seconds=4, width=200, height=100),
        frame_times_sec=np.arange(NUM_FRAMES) / 2,
        frames=rng.integers(0, 256, (NUM_FRAMES, SIDE, SIDE, 3), np.uint8),
        faces=rng.integers(0, 256, (NUM_FRAMES, SIDE, SIDE, 3), np.uint8),
        face_mask=np.ones(NUM_FRAMES, bool),
        region_masks=masks,
        waveform=rng.normal(size=64_000).astype(np.float32),
        utterances=tuple(
            Utterance(index=i, start_sec=2 * i, end_sec=2 * i + 2, text=text, source="asr")
            for i, text in enumerate(TEXTS)
        ),
        clues=CLUES,
        speech=(Span(0.1, 3.9),),
    )
    return scene_of(TINY, clip, clip.people[0], judged(clip, clip.people[0])[0])


def left(scene: Scene) -> set[int]:
    return {one.id for one in scene.clues}


def changed(before: np.ndarray, after: np.ndarray) -> list[int]:
    return np.flatnonzero((before != after).any(axis=(1, 2, 3))).tolist()


def test_without_nothing_the_scene_is_itself(scene: Scene) -> None:
    assert without(scene, []) is scene


def test_a_voice_is_silent_for_its_clues_stretch_and_no_clue_is_heard_in_it(scene: Scene) -> None:
    rest = without(scene, [replace_clue(HIGH, end_sec=2.0)])
    assert rest.waveform is not None and scene.waveform is not None
    assert not rest.waveform[:32_000].any() and (rest.waveform[32_000:] == scene.waveform[32_000:]).all()
    assert rest.speech == (Span(2.0, 3.9),)
    first, second = rest.chunk.utterances
    assert not has_speech(first, rest.speech) and has_speech(second, rest.speech)
    assert left(scene) - left(rest) == {HIGH.id, FAST.id}
    assert changed(scene.frames, rest.frames) == [] and rest.chunk == scene.chunk
    assert without(scene, [HIGH, LOUD]).heard is None


def test_where_hardly_any_voice_is_left_there_is_none(scene: Scene) -> None:
    """Nor a clue of it, though the clue's own stretch was shorter than the utterance."""
    rest = without(scene, [replace_clue(HIGH, start_sec=0.2, end_sec=1.9)])
    assert not has_speech(rest.chunk.utterances[0], rest.speech)
    assert FAST.id not in left(rest) and LOUD.id in left(rest)


def replace_clue(one: Clue, **fields: Any) -> Clue:
    return one.model_copy(update=fields)


def test_a_region_is_blurred_in_views_of_its_time_alone(scene: Scene) -> None:
    rest = without(scene, [SMILE])
    assert changed(scene.faces, rest.faces) == [1, 2]
    assert (rest.faces[:, :42] == scene.faces[:, :42]).all()  # above the mouth
    assert rest.faces[1, 45:].std() < scene.faces[1, 45:].std() / 4
    assert left(scene) - left(rest) == {SMILE.id, PRESSED.id}  # the same mouth, within the time
    assert changed(scene.frames, rest.frames) == []  # where the face is in them is not known
    assert left(without(scene, [PRESSED])) == left(scene) - {PRESSED.id}  # the smile lasts longer
    assert rest.waveform is scene.waveform


def test_and_where_the_track_has_it_in_whole_frames(scene: Scene) -> None:
    """A face without turn at (150, 50) of a picture of 200 x 100: the mouth is 10 below, 8 wide to each side."""
    shape = np.zeros((NUM_FRAMES, 70, 3), np.float16)
    shape[:, 48:68, 0] = np.linspace(-0.8, 0.8, 20)
    shape[:, 48:68, 1] = 1 + 0.2 * np.sin(np.arange(20))
    boxes = np.tile([[0.6, 0.2, 0.9, 0.8]], (NUM_FRAMES, 1)).astype(np.float32)
    track = FaceTrack(
        scene.times_sec, boxes, np.zeros((NUM_FRAMES, 52), np.float32), shape=shape,
        pose=np.zeros((NUM_FRAMES, 3), np.float32), place=np.tile([[150, 50, 10]], (NUM_FRAMES, 1)).astype(np.float32),
    )  # fmt: skip
    rest = without(replace(scene, track=track), [SMILE])
    assert changed(scene.frames, rest.frames) == [1, 2]
    rows, columns = np.nonzero((rest.frames[1] != scene.frames[1]).any(-1))
    assert abs(rows.mean() - 0.6 * SIDE) < 2 and abs(columns.mean() - 0.75 * SIDE) < 2
    assert np.ptp(rows) < SIDE / 4 and np.ptp(columns) < SIDE / 4
    unknown = replace(track, shape=np.full_like(shape, np.nan))
    rows, columns = np.nonzero((without(replace(scene, track=unknown), [SMILE]).frames[1] != scene.frames[1]).any(-1))
    assert (rows.min(), rows.max()) == (round(0.2 * SIDE), round(0.8 * SIDE) - 1)  # the whole face


@pytest.mark.parametrize(("one", "frozen"), [(NOD, [5]), (FLASH, [])])
def test_a_movement_stands_still(scene: Scene, one: Clue, frozen: list[int]) -> None:
    """The nod's onset is a frame of its own; the flash begins with a frame, and has no other."""
    rest = without(scene, [one])
    assert is_movement(one)
    assert changed(scene.frames, rest.frames) == changed(scene.faces, rest.faces) == frozen
    assert all((rest.frames[row] == scene.frames[4]).all() for row in frozen)
    assert left(scene) - left(rest) == ({NOD.id, FLASH.id} if one is NOD else {FLASH.id})


def test_between_frames_a_movement_is_frozen_as_it_was_before(scene: Scene) -> None:
    rest = without(scene, [replace_clue(NOD, start_sec=1.8, end_sec=2.2)])
    assert changed(scene.frames, rest.frames) == [4] and (rest.frames[4] == scene.frames[3]).all()


def test_words_are_dropped_wherever_an_utterance_says_them(scene: Scene) -> None:
    rest = without(scene, [JOY])
    assert [one.text for one in rest.chunk.utterances] == [", I am so !", TEXTS[1]]
    assert [one.text for one in without(scene, [NOT_SAD]).chunk.utterances] == [TEXTS[0], "I am very at all."]
    assert left(scene) - left(rest) == {JOY.id}
    assert rest.waveform is scene.waveform and changed(scene.frames, rest.frames) == []


def test_of_words_none_may_be_left(scene: Scene) -> None:
    alone = Utterance(index=0, start_sec=0, end_sec=2, text="Happy!", source="asr")
    rest = without(replace(scene, chunk=type(scene.chunk)((alone,))), [JOY])
    assert rest.chunk.utterances[0].text == ""


@pytest.mark.parametrize(
    ("text", "language", "detail", "found"),
    [
        ("Isn\N{RIGHT SINGLE QUOTATION MARK}t it sad?", "en", "isn't", ["Isn\N{RIGHT SINGLE QUOTATION MARK}t"]),
        ("Maybe. I guess, I guess so.", "en", "maybe, i guess", ["Maybe", "I", "guess", "I", "guess"]),
        ("Unhappy people", "en", "happy", []),
        ("我很高兴", "zh", "高兴", ["高兴"]),
        ("Ich bin traurig", None, "traurig", ["traurig"]),
        ("not then, now and here sad", "en", "not sad", []),  # too far apart
    ],
)
def test_words_of_a_clue_are_found(text: str, language: str | None, detail: str, found: list[str]) -> None:
    utterance = Utterance(index=0, start_sec=0, end_sec=2, text=text, language=language, source="asr")
    assert [text[start:end] for start, end in words_of(utterance, detail)] == found


def test_a_blur_leaves_what_lies_outside_of_it() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    area = np.zeros((32, 32), bool)
    assert blurred(picture, area) is picture
    area[8:16, 8:16] = True
    after = blurred(picture, area)
    assert (after[~area] == picture[~area]).all() and after[area].std() < picture[area].std() / 4
