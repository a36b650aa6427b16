"""What was measured frame by frame, as tables under the names that labs know."""

import csv
from pathlib import Path

import numpy as np
import pytest
from report_samples import make_result

from microemo.errors import InputError
from microemo.perception.face_shape import NO_SHAPE
from microemo.perception.series import face_series
from microemo.report import columns
from microemo.report import series as tables
from microemo.schema import ClipInfo, FaceTrack, Series

INFO = ClipInfo(
    path="talk.mp4", duration_sec=0.4, has_video=True, has_audio=True, face_seconds=0.2, width=640, height=360
)
TIMES = np.arange(10) / 25
SEEN = slice(3, 8)  # of the ten frames


def series_of(person: str = "P1") -> Series:
    """A face that looks straight ahead, its middle at x = 320, y = 180, its unit 50 pixels."""
    count = len(TIMES[SEEN])
    shape = np.zeros((count, *NO_SHAPE.shape), np.float16)
    shape[:, 8] = [0, 1.5, 0.25]  # the chin
    track = FaceTrack(
        TIMES[SEEN], np.tile(np.float32([0.25, 0.1, 0.75, 0.9]), (count, 1)), np.full((count, 52), 0.5, np.float32),
        None, np.tile(np.float32([0, 0, 90]), (count, 1)), shape, np.tile(np.float32([320, 180, 50]), (count, 1)),
    )  # fmt: skip
    measured = {"au04_intensity": np.full(count, 2.5), "au12_intensity": np.full(count, 0.5)}
    gaze = {"gaze_pitch_deg": np.full(count, 10.0), "gaze_yaw_deg": np.full(count, -5.0)}
    face = {**face_series(track, TIMES), **measured, **gaze}
    voice = {"time_sec": np.array([0.0, 0.016]), "f0_hz": np.array([np.nan, 200.0])}
    utterances = {"utterance": np.array([0.0]), "jitter_percent": np.array([0.5])}
    return Series(person, face, voice, utterances, track, TIMES)


def test_openface_has_its_714_columns() -> None:
    table = columns.table(series_of(), INFO, "openface")
    assert len(table) == 714
    assert list(table)[:8] == [
        "frame", "face_id", "timestamp", "confidence", "success", "gaze_0_x", "gaze_0_y", "gaze_0_z",
    ]  # fmt: skip
    assert list(table)[-2:] == ["AU28_c", "AU45_c"]
    assert table["frame"].tolist() == list(range(1, 11))
    assert table["success"].tolist() == [0] * 3 + [1] * 5 + [0] * 2
    assert table["AU04_r"][5] == pytest.approx(2.5) and table["AU04_c"][5] == 1 and table["AU12_c"][5] == 0
    assert np.isnan(table["AU04_r"][0]) and np.isnan(table["AU09_r"]).all() and np.isnan(table["AU09_c"]).all()
    assert table["pose_Rz"][5] == pytest.approx(np.pi / 2)


def test_landmarks_are_where_they_were_in_the_picture() -> None:
    """A head on its side: the chin, below the middle of the face, is left of it in the picture."""
    for scheme in ("openface", "pyfeat"):
        table = columns.table(series_of(), INFO, scheme)
        assert (table["x_8"][5], table["y_8"][5]) == (pytest.approx(320 - 75), pytest.approx(180, abs=1e-6))
        assert np.isnan(table["x_8"][0])
    table = columns.table(series_of(), INFO, "libreface")
    assert table["lm_mp_152_x"][5] == pytest.approx((320 - 75) / 640)


def test_pyfeat_has_pixels_and_a_row_of_nan_without_a_face() -> None:
    table = columns.table(series_of(), INFO, "pyfeat")
    box = [table[f"FaceRect{name}"][4] for name in ("X", "Width", "Height")]
    assert box == pytest.approx([160, 320, 288], abs=1e-3)
    assert table["AU04"][4] == 0.5 and table["frame"][4] == 4 and table["browDownLeft"][4] == 0.5
    no_face = {name for name, values in table.items() if not np.isnan(values[0])}
    assert no_face == {"FrameHeight", "FrameWidth", "frame", "approx_time", "Identity"}


def test_a_scheme_that_there_is_not() -> None:
    with pytest.raises(InputError, match=r"openfeat: no such column names; choose from microemo, openface"):
        columns.table(series_of(), INFO, "openfeat")


@pytest.mark.parametrize("scheme", ["microemo", "openface", "pyfeat", "libreface"])
def test_every_table_is_written_with_rows_of_one_length(tmp_path: Path, scheme: str) -> None:
    face, voice, utterances = tables.save([series_of("P1"), series_of("P2")], INFO, tmp_path, scheme)
    rows = list(csv.reader(face.open()))
    assert len({len(row) for row in rows}) == 1 and len(set(rows[0])) == len(rows[0])
    assert len(rows) == 1 + 2 * (5 if scheme == "microemo" else 10)
    assert list(csv.reader(voice.open()))[:3] == [
        ["person", "time_sec", "f0_hz"], ["P1", "0", ""], ["P1", "0.016", "200"],
    ]  # fmt: skip
    assert utterances.read_text() == "person,utterance,jitter_percent\nP1,0,0.5\nP2,0,0.5\n"


def test_our_own_names_have_units_and_count_the_video_s_frames(tmp_path: Path) -> None:
    rows = list(csv.DictReader(tables.save([series_of()], INFO, tmp_path)[0].open()))
    assert [row["frame"] for row in rows] == ["4", "5", "6", "7", "8"]
    assert rows[0]["time_sec"] == "0.12" and rows[0]["pose_roll_deg"] == "90"
    assert rows[0]["blendshape_brow_down_left"] == "0.5" and all(name == name.lower() for name in rows[0])


def test_a_result_writes_its_series_into_its_folder(tmp_path: Path) -> None:
    result = make_result(tmp_path / "talk.mp4").illustrated([], [series_of()])
    assert [path.relative_to(tmp_path / "out").as_posix() for path in result.save_series(tmp_path / "out")] == [
        "talk/face_series.csv", "talk/voice_series.csv", "talk/voice_utterances.csv",
    ]  # fmt: skip
    assert make_result(tmp_path / "talk.mp4").save_series(tmp_path) == []
