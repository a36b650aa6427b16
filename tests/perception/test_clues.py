from typing import NamedTuple

import numpy as np

from microemo.perception.clues import measure_clues, placed
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.voice_clues import voices_in
from microemo.schema import Clue, FaceTrack, Utterance


def test_ids_follow_time_across_modalities():
    times_sec = np.arange(100) / 25
    blendshapes = np.zeros((100, 52))
    blendshapes[50:, [BLENDSHAPES.index("mouthSmileLeft"), BLENDSHAPES.index("mouthSmileRight")]] = 0.9
    track = FaceTrack(times_sec, np.tile([0.2, 0.2, 0.5, 0.6], (100, 1)), blendshapes)
    utterances = [
        Utterance(index=0, start_sec=0, end_sec=2, text="I am sad.", source="asr"),
        Utterance(index=1, start_sec=3, end_sec=4, text="Great!", source="asr"),
    ]
    clues = measure_clues(track, [], utterances, [], [])
    assert [clue.id for clue in clues] == [1, 2, 3]
    assert [clue.kind for clue in clues] == ["sadness_word", "lip_corner_puller", "joy_word"]


def test_nothing_to_measure():
    assert measure_clues(None, [], [], [], []) == ()
    silent = Utterance(index=0, start_sec=0, end_sec=1, source="window")
    assert measure_clues(None, voices_in(np.zeros(16_000, np.float32), [silent], []), [silent], [], []) == ()


class Word(NamedTuple):
    text: str
    start_sec: float
    end_sec: float


def test_a_pause_is_told_by_the_word_that_it_is_before():
    pause = Clue(
        id=1, modality="voice", region="voice", kind="long_pause", start_sec=1.0, apex_sec=1.5, end_sec=2.0,
        value=1.0, baseline=0.25, strength=0.6,
    )  # fmt: skip
    words = [Word("My", 0.6, 1.0), Word(" mother,", 1.9, 2.4), Word("left.", 2.4, 2.8)]
    said = [Utterance(index=0, start_sec=0.5, end_sec=3.0, text="My mother, left.", source="asr")]
    assert placed(pause, said, words).detail == "before mother"
    assert placed(pause, said, words[:1]).detail == "" == placed(pause, said, []).detail
    assert placed(pause, said, [Word("Oh.", 3.5, 3.8)]).detail == ""  # of the next utterance
