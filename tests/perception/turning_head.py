"""Tracks of a made head: its pose, its lids and where its eyes look, as functions of time."""

from collections.abc import Callable, Sequence

import numpy as np

from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.regions import REGION_NAMES
from microemo.schema import FaceTrack

Level = float | Callable[[np.ndarray], np.ndarray]
EYES = ((-1.5, -0.5), (0.5, 1.5))  # corners of the right and the left eye, from the person's right to their left
OPEN = 0.3


def eyes(aperture: np.ndarray) -> np.ndarray:
    """Shapes, (N, 70, 3), whose lids are so far apart, in widths of the eye."""
    shape = np.zeros((len(aperture), 70, 3))
    for first, (right, left) in zip((36, 42), EYES, strict=True):
        shape[:, first : first + 6, 0] = np.linspace(right, left, 4)[[0, 1, 2, 3, 2, 1]]
        shape[:, first + 1 : first + 3, 1] = -aperture[:, None] / 2
        shape[:, first + 4 : first + 6, 1] = aperture[:, None] / 2
    return shape.astype(np.float16)


def head(
    duration_sec: float = 6.0,
    fps: float = 25,
    pitch: Level = 0.0,
    yaw: Level = 0.0,
    roll: Level = 0.0,
    aperture: Level = OPEN,
    down: Level = 0.0,
    left: Level = 0.0,
    hidden: Sequence[str] = (),
) -> FaceTrack:
    """Angles in degrees, as ``FaceTrack.pose`` has them; ``down`` and ``left`` are where the eyes look, -1 to 1."""
    times_sec = np.arange(round(duration_sec * fps)) / fps

    def over_time(level: Level) -> np.ndarray:
        return np.broadcast_to(level(times_sec) if callable(level) else level, times_sec.shape).astype(float)

    blendshapes = np.zeros((len(times_sec), len(BLENDSHAPES)))
    looks = {"Down": over_time(down), "Up": -over_time(down), "OutLeft": over_time(left), "InRight": over_time(left)}
    looks |= {"InLeft": -over_time(left), "OutRight": -over_time(left)}
    for way, level in looks.items():
        names = (f"eyeLook{way}Left", f"eyeLook{way}Right") if way in ("Down", "Up") else (f"eyeLook{way}",)
        blendshapes[:, [BLENDSHAPES.index(name) for name in names]] = np.maximum(level, 0)[:, None]
    return FaceTrack(
        times_sec,
        np.tile([0.3, 0.3, 0.6, 0.7], (len(times_sec), 1)),
        blendshapes,
        np.tile([name in hidden for name in REGION_NAMES], (len(times_sec), 1)),
        np.stack([over_time(angle) for angle in (pitch, yaw, roll)], axis=1).astype(np.float32),
        eyes(over_time(aperture)),
    )


def between(start_sec: float, end_sec: float, level: float, rest: float = 0.0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda times_sec: np.where((times_sec >= start_sec) & (times_sec < end_sec), level, rest)


def wave(start_sec: float, cycles: float, hertz: float, swing: float) -> Callable[[np.ndarray], np.ndarray]:
    """To and fro, ``swing`` from one end to the other, at rest before and after."""
    end_sec = start_sec + cycles / hertz
    return lambda times_sec: (
        between(start_sec, end_sec, swing / 2)(times_sec) * np.sin(2 * np.pi * hertz * (times_sec - start_sec))
    )
