"""What was measured of a person through time, as tidy columns: a row a frame of the face, a row a step of the voice.

Names are in lower case with their units. Action units (``au04``: both sides; ``au04_left``) are activations of 0 to 1.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from microemo.perception.facial_actions import facial_series
from microemo.perception.head_clues import head_series
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.visibility import seen_blendshapes
from microemo.perception.voice_series import voice_series
from microemo.schema import Columns, FaceTrack
from microemo.spans import Span, inside


def face_series(track: FaceTrack, frame_times_sec: Float[np.ndarray, " F"]) -> Columns:
    """The columns of a face, with a row a row of its track; ``frame_times_sec`` are those of all frames of the video.

    Nothing where the face is never seen; NaN where something cannot be told.
    """
    if not len(track.times_sec):
        return {}
    sides = zip(("left", "top", "right", "bottom"), track.boxes.T, strict=True)
    frame = np.searchsorted(frame_times_sec, track.times_sec).astype(np.float64) + 1
    measured = {
        "frame": frame,
        **{f"face_{side}": values for side, values in sides},
        **head_series(track),
        **facial_series(track),
        **dict(zip(map(_snake, BLENDSHAPES), seen_blendshapes(track).T, strict=True)),
    }
    return {
        "time_sec": track.times_sec,
        **{name: values.astype(np.float32, copy=False) for name, values in measured.items()},
    }


def voice_columns(waveform: Float[np.ndarray, " n"], speech: Sequence[Span]) -> Columns:
    """The columns of a voice (``VoiceSeries``) with a row every 16 ms while the person speaks; nothing of silence."""
    measured = vars(voice_series(waveform, speech)) if speech else {}
    if not measured:
        return {}
    speaking = inside(measured["time_sec"], speech)
    return {name: column[speaking].astype(np.float32) for name, column in measured.items()}


def _snake(name: str) -> str:
    """A blendshape's name as a column has it: "browDownLeft" is "blendshape_brow_down_left"."""
    return "blendshape_" + "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
