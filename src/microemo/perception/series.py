"""What was measured of a person through time, as tidy columns: a row a frame of the face, a row a step of the voice.

Names are in lower case with their units. Action units (``au04``: both sides; ``au04_left``) are activations of 0 to 1.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from microemo.clues import facial_actions
from microemo.perception.face_clues import MAX_YAW, by_shot, knows_rest, resting_levels, risen
from microemo.perception.facial_actions import activations
from microemo.perception.head_clues import head_series
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.resting import lasting, strength
from microemo.perception.visibility import seen_blendshapes
from microemo.perception.voice_clues import MEASURES, Reading, Voice
from microemo.perception.voice_series import voice_series
from microemo.schema import Columns, FaceTrack
from microemo.spans import Span, inside

OF_UTTERANCES = {
    "f0_range_semitones": "f0_range",
    "f0_final_rise_semitones": "f0_final",
    "loudness_db": "loudness",
    "alpha_ratio_db": "alpha_ratio",
    "articulation_rate_hz": "articulation_rate",
    "longest_pause_sec": "longest_pause",
}
QUALITIES = {
    "jitter_percent": "jitter",
    "shimmer_percent": "shimmer",
    "hnr_db": "hnr",
    "h1_h2_db": "h1_h2",
    "cpp_db": "cpp",
    "tremor_percent": "tremor",
    "tremor_hz": "tremor_hz",
}
MAX_INTENSITY = 5.0  # as OpenFace has it: E of FACS


def face_series(
    track: FaceTrack,
    frame_times_sec: Float[np.ndarray, " F"],
    shots: Sequence[Span] = (),
    speech: Sequence[Span] = (),
    neutral: FaceTrack | None = None,
) -> Columns:
    """The columns of a face, with a row a row of its track; ``frame_times_sec`` are those of all frames of the video.

    Nothing where the face is never seen; NaN where something cannot be told. What is measured against the person's own
    rest is so as clues are: shot by shot, by stretches without ``speech``, or by their ``neutral`` face.
    """
    if not len(track.times_sec):
        return {}
    pieces = [{**head_series(shot), **facial_series(shot, speech, neutral)} for shot in by_shot(track, shots)]
    measured = {
        "frame": np.searchsorted(frame_times_sec, track.times_sec) + 1,
        **dict(zip(("face_left", "face_top", "face_right", "face_bottom"), track.boxes.T, strict=True)),
        **{name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]},
        **dict(zip(map(snake, BLENDSHAPES), seen_blendshapes(track).T, strict=True)),
    }
    return {
        "time_sec": track.times_sec,
        **{name: values.astype(np.float32, copy=False) for name, values in measured.items()},
    }


def facial_series(
    track: FaceTrack, speech: Sequence[Span] = (), neutral: FaceTrack | None = None
) -> dict[str, Float[np.ndarray, " N"]]:
    """Every action unit in one shot, NaN where it is hidden or unknown.

    au12              activation of both sides together, 0 to 1
    au12_intensity    0 to 5, how far that is above the person's rest: 1 is where most clues begin, 5 full-blown; NaN of
                      brows as long as they are up from the first moment on (``face_clues.risen``)
    au12_left, _right, _asymmetry   activation of each side, and left less right; of actions that have sides, and the
                      last in faces that are turned by no more than ``MAX_YAW``
    """
    actions = activations(track)
    rest, is_certain = resting_levels(track, actions, speech, neutral), knows_rest(track, neutral)
    is_ahead = np.isfinite(track.shape[:, 0, 0]) & ~(np.abs(track.pose[:, 1]) > MAX_YAW)
    columns: dict[str, Float[np.ndarray, " N"]] = {}
    for action in facial_actions():
        name, sides = f"au{int(action.action_unit[2:]):02d}", actions[action.kind]
        level = rest[action.kind].both if action.kind in rest else np.nan
        columns[name] = sides.both
        lasts = lasting(action, track.times_sec, strength(action, sides.both, level))
        if not is_certain:
            lasts = risen(action, track.times_sec, lasts)
        columns[f"{name}_intensity"] = MAX_INTENSITY * np.clip(lasts, 0, 1)
        if action.has_sides:
            columns |= {f"{name}_left": sides.left, f"{name}_right": sides.right}
            columns[f"{name}_asymmetry"] = np.where(is_ahead, sides.left - sides.right, np.nan)
    return columns


def voice_columns(waveform: Float[np.ndarray, " n"], speech: Sequence[Span]) -> Columns:
    """The columns of a voice (``VoiceSeries``) with a row every 16 ms while the person speaks; nothing of silence."""
    measured = vars(voice_series(waveform, speech)) if speech else {}
    if not measured:
        return {}
    speaking = inside(measured["time_sec"], speech)
    return {name: column[speaking] for name, column in measured.items()}


def utterance_columns(voices: Sequence[Voice]) -> Columns:
    """A row an utterance, of its voice as a whole; NaN where that cannot be measured. Units are in the names."""
    if not voices:
        return {}
    columns = {
        "utterance": [voice.utterance.index for voice in voices],
        "start_sec": [voice.span.start_sec for voice in voices],
        "end_sec": [voice.span.end_sec for voice in voices],
        "f0_median_hz": [100 * 2 ** (float(np.median(voice.f0)) / 12) for voice in voices],
        **{name: [_value(MEASURES[measure](voice)) for voice in voices] for name, measure in OF_UTTERANCES.items()},
        **{name: [getattr(voice.quality, field) for voice in voices] for name, field in QUALITIES.items()},
    }
    return {name: np.array(values, np.float64) for name, values in columns.items()}


def _value(reading: Reading | None) -> float:
    return reading.value if reading else np.nan


def snake(name: str) -> str:
    """A blendshape's name as a column has it: "browDownLeft" is "blendshape_brow_down_left"."""
    return "blendshape_" + "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
