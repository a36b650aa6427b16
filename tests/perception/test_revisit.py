"""Frames in which micro-expressions begin and are strongest are sampled, whatever the other samples."""

import numpy as np
import pytest
from drawn_faces import FoundFaces, face

from microemo.clues import micro_kinds
from microemo.media.video import Frame
from microemo.perception import faces as faces_module
from microemo.perception import revisit
from microemo.perception.faces import scan
from microemo.perception.micro_expressions import MicroExpression
from microemo.schema import FaceTrack
from microemo.spans import Span


class TwoFaces(FoundFaces):
    def detect(self, frame):
        return [face(0.75, 0.5), face(0.25, 0.5)]


def video(num=30, fps=10):
    return (Frame(index / fps, np.full((90, 160, 3), 100 + index, np.uint8)) for index in range(num))


def expression(onset_sec, apex_sec, height=1.0):
    return MicroExpression(micro_kinds()[0], onset_sec, apex_sec, apex_sec + 0.1, height, 0.1)


@pytest.fixture
def fake(monkeypatch):
    for module in (faces_module, revisit):
        monkeypatch.setattr(module, "Landmarker", TwoFaces)


def spotted(monkeypatch, *expressions):
    monkeypatch.setattr(revisit, "spot", lambda track, speech: list(expressions))


def test_onset_and_apex_are_sampled_in_order(fake, monkeypatch, tmp_path):
    spotted(monkeypatch, expression(1.52, 1.68))
    seen = scan(video(), [0.0, 1.0, 1.7, 2.0], 56, 14, tmp_path, again=video)
    assert seen.frame_times_sec == pytest.approx([0.0, 1.0, 1.5, 1.7, 2.0])
    assert [int(frame[0, 0, 0]) for frame in seen.frames[:]] == [100, 110, 115, 117, 120]
    for person in seen.people:
        assert person.face_mask.all() and person.views.shape[0] == 5
        assert [int(view[28, 28, 0]) for view in person.views[:]] == [100, 110, 115, 117, 120]


def test_faces_are_given_to_who_was_there(fake, monkeypatch, tmp_path):
    spotted(monkeypatch, expression(0.5, 0.6))
    seen = scan(video(), [0.0], 56, 14, tmp_path, again=video)
    for person in seen.people:
        middles = [frame.landmarks[:, 0].mean() for frame in person.key_frames]
        assert len(middles) == 3 and np.ptp(middles) < 0.1


def test_without_any_the_video_is_not_read_again(fake, monkeypatch, tmp_path):
    spotted(monkeypatch)
    seen = scan(video(), [0.0, 1.0], 56, 14, tmp_path, again=lambda: pytest.fail("read again"))
    assert seen.frame_times_sec == pytest.approx([0.0, 1.0])


def test_there_are_no_more_than_one_for_four_samples(monkeypatch):
    heights = [0.3, 0.9, 0.5]
    spotted(monkeypatch, *(expression(index, index + 0.2, height) for index, height in enumerate(heights)))
    times_sec = np.arange(40) / 10
    track = FaceTrack(times_sec, np.zeros((40, 4), np.float32), np.zeros((40, 52), np.float32))
    assert sorted(revisit.moments([track], [Span(0, 4)], (), 4)) == pytest.approx([1.0, 1.2])
    assert sorted(revisit.moments([track], [Span(0, 4)], (), 8)) == pytest.approx([1.0, 1.2, 2.0, 2.2])
