"""The face's series under the column names that labs know: OpenFace 2, py-feat 2, LibreFace 2, and our own.

A scheme makes one person's table of a ``Series``; what we do not measure is NaN. Units are each package's own: OpenFace
has radians and intensities of 0 to 5, py-feat and LibreFace degrees, py-feat activations of 0 to 1.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int

from microemo.errors import InputError
from microemo.perception.face_shape import SHAPE_POINTS, in_picture
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.series import snake
from microemo.schema import ClipInfo, Series

Table = dict[str, Float[np.ndarray, " N"]]
Scheme = Literal["microemo", "openface", "pyfeat", "libreface"]

OPENFACE_INTENSITIES = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
OPENFACE_PRESENCES = (*OPENFACE_INTENSITIES[:-1], 28, 45)
PYFEAT_ACTIONS = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
PYFEAT_EMOTIONS = ("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "valence", "arousal")
LIBREFACE_PRESENCES = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
LIBREFACE_INTENSITIES = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
PRESENT = 1.0  # the intensity at which a clue begins
FULL = 5.0  # the intensity of a full-blown action


def check_scheme(name: str) -> Scheme:
    """Raises ``InputError`` on a scheme that there is not."""
    if name not in SCHEMES:
        raise InputError(f"{name}: no such column names; choose from {', '.join(get_args(Scheme))}")
    return name  # type: ignore[return-value]


def table(series: Series, info: ClipInfo, scheme: Scheme = "microemo") -> Table:
    """One person's face, a row a frame. Raises ``InputError`` on a scheme that there is not."""
    return SCHEMES[check_scheme(scheme)](series, info)


def microemo(series: Series, info: ClipInfo) -> Table:
    """As measured: a row a frame that shows the face."""
    return dict(series.face)


def openface(series: Series, info: ClipInfo) -> Table:
    """OpenFace 2: a row a frame of the video; ``success`` says whether the face was found."""
    rows = _Rows(series)
    x, y = _landmarks(rows)
    gaze = {f"gaze_{eye}_{axis}": rows.missing for eye in (0, 1) for axis in "xyz"}
    lids = _missing(rows, [f"eye_lmk_{axis}_{point}" for axis in "xyXYZ" for point in range(56)])
    body = _missing(rows, [f"{axis}_{point}" for axis in "XYZ" for point in range(68)])
    model = _missing(rows, ["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty", *(f"p_{mode}" for mode in range(34))])
    return {
        "frame": rows.numbers.astype(float),
        "face_id": np.full(rows.count, float(series.person[1:]) - 1),
        "timestamp": series.frame_times_sec,
        "confidence": rows.missing,
        "success": rows.found.astype(float),
        **gaze,
        "gaze_angle_x": np.radians(rows["gaze_yaw_deg"]),
        "gaze_angle_y": np.radians(rows["gaze_pitch_deg"]),
        **lids,
        **_missing(rows, ["pose_Tx", "pose_Ty", "pose_Tz"]),
        "pose_Rx": np.radians(rows["pose_pitch_deg"]),
        "pose_Ry": np.radians(rows["pose_yaw_deg"]),
        "pose_Rz": np.radians(rows["pose_roll_deg"]),
        **x,
        **y,
        **body,
        **model,
        **{f"AU{unit:02}_r": rows.intensity(unit) for unit in OPENFACE_INTENSITIES},
        **{f"AU{unit:02}_c": _present(rows.intensity(unit)) for unit in OPENFACE_PRESENCES},
    }


def pyfeat(series: Series, info: ClipInfo) -> Table:
    """py-feat 2's Detectorv2: a row a frame of the video, NaN where there is no face."""
    rows = _Rows(series)
    left, top, right, bottom = (rows[f"face_{side}"] for side in ("left", "top", "right", "bottom"))
    x, y = _landmarks(rows)
    mesh = _missing(rows, [f"mesh_{axis}_{point}" for axis in "xyz" for point in range(478)])
    return {
        "FaceRectX": left * info.width,
        "FaceRectY": top * info.height,
        "FaceRectWidth": (right - left) * info.width,
        "FaceRectHeight": (bottom - top) * info.height,
        "FaceScore": rows.missing,
        **x,
        **y,
        "Pitch": rows["pose_pitch_deg"],
        "Roll": rows["pose_roll_deg"],
        "Yaw": rows["pose_yaw_deg"],
        **_missing(rows, ["X", "Y", "Z"]),
        **{f"AU{unit:02}": rows.intensity(unit) / FULL for unit in PYFEAT_ACTIONS},
        **_missing(rows, PYFEAT_EMOTIONS),
        "gaze_pitch": rows["gaze_pitch_deg"],
        "gaze_yaw": rows["gaze_yaw_deg"],
        "gaze_angle": np.hypot(rows["gaze_pitch_deg"], rows["gaze_yaw_deg"]),
        **_missing(rows, [f"Identity_{place}" for place in range(1, 513)]),
        **mesh,
        **{name: rows[snake(name)] for place, name in enumerate(BLENDSHAPES)},
        "FrameHeight": np.full(rows.count, float(info.height)),
        "FrameWidth": np.full(rows.count, float(info.width)),
        "frame": rows.numbers.astype(float) - 1,
        "approx_time": series.frame_times_sec,
        "Identity": np.full(rows.count, float(series.person[1:]) - 1),
    }


def libreface(series: Series, info: ClipInfo) -> Table:
    """LibreFace 2: a row a frame of the video; the column named in ms holds seconds, as LibreFace's own does."""
    rows = _Rows(series)
    points = rows.points / [max(info.width, 1), max(info.height, 1)]
    mesh = _missing(rows, [f"lm_mp_{point}_{axis}" for point in range(478) for axis in "xyz"])
    for place, point in enumerate(SHAPE_POINTS):
        mesh[f"lm_mp_{point}_x"], mesh[f"lm_mp_{point}_y"] = points[:, place].T
    return {
        "frame_idx": rows.numbers.astype(float) - 1,
        "frame_time_in_ms": series.frame_times_sec,
        "pitch": rows["pose_pitch_deg"],
        "yaw": rows["pose_yaw_deg"],
        "roll": rows["pose_roll_deg"],
        **mesh,
        **{f"au_{unit}": _present(rows.intensity(unit)) for unit in LIBREFACE_PRESENCES},
        **{f"au_{unit}_intensity": rows.intensity(unit) for unit in LIBREFACE_INTENSITIES},
        "facial_expression": rows.missing,
        "gaze_yaw": rows["gaze_yaw_deg"],
        "gaze_pitch": rows["gaze_pitch_deg"],
    }


SCHEMES: Mapping[Scheme, Callable[[Series, ClipInfo], Table]] = {
    "microemo": microemo,
    "openface": openface,
    "pyfeat": pyfeat,
    "libreface": libreface,
}


class _Rows:
    """A series spread over all frames of the video, NaN in those that do not show the face."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._at: Int[np.ndarray, " N"] = series.face["frame"].astype(int) - 1
        self.count = len(series.frame_times_sec)
        self.numbers = np.arange(1, self.count + 1)
        self.found = np.isin(self.numbers - 1, self._at)
        self.missing = np.full(self.count, np.nan)

    def __getitem__(self, column: str) -> Float[np.ndarray, " F"]:
        return self.of_track(self._series.face[column])

    def intensity(self, unit: int) -> Float[np.ndarray, " F"]:
        """An action unit's intensity, 0 to 5, above the person's rest; NaN where it cannot be told."""
        name = f"au{unit:02}_intensity"
        return self[name] if name in self._series.face else self.missing

    def of_track(self, values: Float[np.ndarray, "N ..."]) -> Float[np.ndarray, "F ..."]:
        spread = np.full((self.count, *values.shape[1:]), np.nan)
        spread[self._at] = values
        return spread

    @property
    def points(self) -> Float[np.ndarray, "F 70 2"]:
        track = self._series.track
        return self.of_track(in_picture(track.shape, track.pose, track.place))


def _landmarks(rows: _Rows) -> tuple[Table, Table]:
    """The 68 points in pixels, all x and all y."""
    points = rows.points
    x, y = ({f"{axis}_{point}": points[:, point, place] for point in range(68)} for place, axis in enumerate("xy"))
    return x, y


def _missing(rows: _Rows, names: Iterable[str]) -> Table:
    return dict.fromkeys(names, rows.missing)


def _present(intensity: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    return np.where(np.isnan(intensity), np.nan, intensity >= PRESENT)
