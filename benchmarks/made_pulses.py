"""Faces that are still but for pulses of one facial action: a picture warped by its landmarks, head swaying a little.

What a real face does all at once (skin that folds, teeth that show, light that changes) is not in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from microemo.perception.regions import LEFT_EYE, RIGHT_EYE

SIDE = 320
NOISE = 2.0  # grey levels, of the camera
SWAY, TURN, SWELL = 0.008, 0.8, 0.006  # of the face's size, degrees, of its size: slow, of a head that is held still
REACH = 0.22  # of a landmark's pull, in pupil distances

# Where each action pulls landmarks at full strength, in pupil distances: outwards (from the face's middle) and down.
ACTIONS: dict[str, dict[tuple[int, ...], tuple[float, float]]] = {
    "AU1": {(107, 66, 55, 336, 296, 285): (0, -0.12)},
    "AU2": {(105, 63, 70, 334, 293, 300): (0, -0.12)},
    "AU4": {(107, 66, 55, 336, 296, 285): (-0.04, 0.09), (105, 334): (-0.02, 0.05)},
    "AU5": {(159, 160, 158, 386, 385, 387): (0, -0.045)},
    "AU10": {(0, 37, 267, 40, 270): (0, -0.09), (98, 327): (0.01, -0.04)},
    "AU12": {(61, 291): (0.1, -0.1), (50, 280): (0.02, -0.03)},
    "AU15": {(61, 291): (0.02, 0.09)},
}
BLINK = {(159, 160, 158, 386, 385, 387): (0.0, 0.16)}


@dataclass(frozen=True)
class Pulse:
    """An action that comes and goes: from ``start_sec`` on for ``sec``, up to ``size`` of its full strength."""

    action: str
    size: float
    start_sec: float
    sec: float

    def at(self, time_sec: float) -> float:
        place = (time_sec - self.start_sec) / self.sec
        return self.size * float(np.sin(np.pi * place) ** 2) if 0 < place < 1 else 0.0


def pictures(
    face: np.ndarray, points: np.ndarray, pulses: Sequence[Pulse], sec: float, fps: float, rng: np.random.Generator
) -> np.ndarray:
    """(N, SIDE, SIDE, 3) RGB: ``face`` of that size, ``points`` its landmarks in pixels."""
    fields = {action: field(points, pulls) for action, pulls in {**ACTIONS, "blink": BLINK}.items()}
    sway, noise = _sway(rng), rng.normal(0, NOISE, (SIDE + 64, SIDE + 64, 3)).astype(np.float32)
    made = []
    for index in range(round(sec * fps)):
        row, column = rng.integers(0, 64, 2)
        moved = _moved(face, points, pulses, fields, index / fps, sway)
        made.append(np.clip(moved + noise[row : row + SIDE, column : column + SIDE], 0, 255).astype(np.uint8))
    return np.stack(made)


def field(points: np.ndarray, pulls: dict[tuple[int, ...], tuple[float, float]]) -> np.ndarray:
    """(SIDE, SIDE, 2) pixels: how far each place is pulled, at full strength."""
    right, left = points[list(RIGHT_EYE)].mean(0), points[list(LEFT_EYE)].mean(0)
    apart, middle = float(np.linalg.norm(left - right)), (left + right)[0] / 2
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    moved, weight = np.zeros((SIDE, SIDE, 2), np.float32), np.zeros((SIDE, SIDE), np.float32)
    for group, (out, down) in pulls.items():
        for index in group:
            x, y = points[index]
            near = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (REACH * apart * 0.6) ** 2))
            moved += near[..., None] * np.array([np.sign(x - middle) * out, down], np.float32) * apart
            weight += near
    return moved / np.maximum(weight, 1)[..., None]


def _sway(rng: np.random.Generator) -> np.ndarray:
    """(4, 3, 2): of shifts, turn and swelling three slow waves each, with rate and phase."""
    return np.stack([rng.uniform(0.1, 0.6, (4, 3)), rng.uniform(0, 2 * np.pi, (4, 3))], axis=-1)


def _moved(face, points, pulses, fields, time_sec, sway) -> np.ndarray:  # type: ignore[no-untyped-def]
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    for pulse in pulses:
        if strength := pulse.at(time_sec):
            columns = columns - strength * fields[pulse.action][..., 0]
            rows = rows - strength * fields[pulse.action][..., 1]
    moved = cv2.remap(face, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    size = float(np.ptp(points[:, 1]))
    x, y, turn, swell = np.sin(2 * np.pi * sway[..., 0] * time_sec + sway[..., 1]).mean(axis=1)
    middle = points.mean(0)
    head = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), TURN * turn, 1 + SWELL * swell)
    head[:, 2] += SWAY * size * np.array([x, y])
    return cv2.warpAffine(moved, head, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)


def write(path: Path, pictures: np.ndarray, fps: float, crf: int = 23) -> Path:
    """An mp4 in H.264 without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=Fraction(fps).limit_denominator(1001), options={"crf": str(crf)})
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], "yuv420p"
        for image in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path
