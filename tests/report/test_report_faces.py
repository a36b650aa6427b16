"""Where faces are over the recording: outlines that follow what was measured, as far as a page needs it."""

import numpy as np
import pytest
from followed_faces import HEIGHT, SEEN, SERIES, SIZE, WIDTH, series_of
from report_samples import KEY_FRAMES

from microemo.report.faces import MAX_PER_SEC, faces, followed
from microemo.schema import ClipInfo, FaceTrack

CLIP = ClipInfo(
    path="talk.mp4", duration_sec=4, has_video=True, has_audio=True, width=WIDTH, height=HEIGHT, face_seconds=4
)
NUMBER = {"P1": 1, "P2": 2}


def test_each_key_frame_has_the_path_to_the_persons_next() -> None:
    frames = followed(SEEN, SERIES)
    own = [frame for frame in frames if frame.person == "P1"]
    assert all(np.diff(frame.path[:, 0]).min() > 0 for frame in own)
    assert sum(len(frame.path) for frame in own) == len(SERIES[0].track.times_sec)
    assert all(frame.path[0, 0] == pytest.approx(frame.time_sec, abs=0.04) for frame in own[1:])


def test_outlines_come_back_to_where_the_landmarks_were() -> None:
    face = faces(followed(SEEN, SERIES), CLIP, NUMBER)[0]
    time_sec, regions = face.shapes[2]
    frame = next(frame for frame in SEEN if frame.person == "P1" and frame.time_sec == time_sec)
    _, x, y, size, tilt = min(face.motion, key=lambda row: abs(row[0] - time_sec))
    assert (size, tilt) == (SIZE, 0)
    drawn = np.array([pair.split(",") for polygon in regions["jaw"] for pair in polygon.split()], float) * size + (x, y)
    points = np.asarray(frame.landmarks) * (WIDTH, HEIGHT)
    assert all(np.abs(points - point).sum(axis=1).min() < 1.5 for point in drawn)


def test_a_tilt_is_taken_away_and_given_back() -> None:
    track = SERIES[0].track
    tilted = FaceTrack(
        track.times_sec,
        track.boxes,
        track.blendshapes,
        place=track.place,
        pose=np.tile(np.float32([0, 0, 30]), (120, 1)),
    )
    series = (SERIES[0], series_of("P1", tilted))
    upright, turned = (faces(followed(SEEN, [one]), CLIP, NUMBER)[0] for one in series)
    one, other = (
        np.array([pair.split(",") for pair in face.shapes[0][1]["jaw"][0].split()], float) for face in (upright, turned)
    )
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    np.testing.assert_allclose(other @ turn.T, one, atol=0.02)


def test_rows_are_few_and_faces_without_a_track_are_none() -> None:
    made = faces(followed(SEEN, SERIES), CLIP, NUMBER)
    assert [face.person for face in made] == [1, 2]
    assert all(0 < len(face.motion) <= MAX_PER_SEC * 4 + 1 for face in made)
    hours = CLIP.model_copy(update={"duration_sec": 36_000.0})
    assert len(faces(followed(SEEN, SERIES), hours, NUMBER)[0].motion) == 1
    track = SERIES[0].track
    unknown = series_of("P1", FaceTrack(track.times_sec, track.boxes, track.blendshapes))
    assert faces(followed(SEEN, [unknown]), CLIP, NUMBER) == []
    assert faces(KEY_FRAMES, CLIP, NUMBER) == []
    assert followed((), SERIES) == ()
