import numpy as np

from microemo.perception.clues import measure_clues
from microemo.perception.landmarks import BLENDSHAPES
from microemo.schema import FaceTrack, Utterance


def test_ids_follow_time_across_modalities():
    times_sec = np.arange(100) / 25
    blendshapes = np.zeros((100, 52))
    blendshapes[50:, [BLENDSHAPES.index("mouthSmileLeft"), BLENDSHAPES.index("mouthSmileRight")]] = 0.9
    track = FaceTrack(times_sec, np.tile([0.2, 0.2, 0.5, 0.6], (100, 1)), blendshapes)
    utterances = [
        Utterance(index=0, start_sec=0, end_sec=2, text="I am sad.", source="asr"),
        Utterance(index=1, start_sec=3, end_sec=4, text="Great!", source="asr"),
    ]
    clues = measure_clues(track, None, utterances, [], [])
    assert [clue.id for clue in clues] == [1, 2, 3]
    assert [clue.kind for clue in clues] == ["sadness_word", "lip_corner_puller", "joy_word"]


def test_nothing_to_measure():
    assert measure_clues(None, None, [], [], []) == ()
    silent = Utterance(index=0, start_sec=0, end_sec=1, source="window")
    assert measure_clues(None, np.zeros(16_000, np.float32), [silent], [], []) == ()
