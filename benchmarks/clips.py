"""Small test media from pictures and sounds: a still face, a voice, both, several in a row."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from microemo.media.audio import waveform
from microemo.media.probe import probe

FPS = 25
SAMPLE_RATE = 16_000
WIDTH, HEIGHT = 480, 360
FACE = 270  # pixels


def voice_of(path: Path) -> np.ndarray:
    """A take without the silence around it."""
    sound = waveform(probe(path))
    assert sound is not None
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    return np.array(sound[loud[0] : loud[-1] + 1])


def still(picture: np.ndarray) -> np.ndarray:
    """A face picture enlarged onto a grey frame of ordinary size: (H, W, 3) RGB."""
    frame = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    top, left = (HEIGHT - FACE) // 2, (WIDTH - FACE) // 2
    frame[top : top + FACE, left : left + FACE] = cv2.resize(picture, (FACE, FACE), interpolation=cv2.INTER_CUBIC)
    return frame


def write_frames(path: Path, pictures: np.ndarray, waveform: np.ndarray) -> Path:
    """An mp4 of pictures (N, H, W, 3) at ``FPS`` and a sound."""
    with av.open(str(path), "w") as container:
        picture = container.add_stream("h264", rate=FPS, options={"crf": "18"})
        picture.height, picture.width, picture.pix_fmt = *pictures.shape[1:3], "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for image in pictures:
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(picture.encode())
        _add_sound(container, sound, waveform)
    return path


def write(path: Path, stretches: Sequence[tuple[np.ndarray | None, float]], waveform: np.ndarray | None = None) -> Path:
    """An mp4 of frames shown for so many seconds each, with or without sound; or, without frames, the sound alone."""
    with av.open(str(path), "w") as container:
        shown = [(frame, seconds) for frame, seconds in stretches if frame is not None]
        picture = container.add_stream("h264", rate=FPS, options={"crf": "18"}) if shown else None
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono") if waveform is not None else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for frame, seconds in shown:
                for _ in range(round(seconds * FPS)):
                    container.mux(picture.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(picture.encode())
        if sound is not None and waveform is not None:
            _add_sound(container, sound, waveform)
    return path


def _add_sound(container: Any, stream: Any, waveform: np.ndarray) -> None:
    samples = av.AudioFrame.from_ndarray(waveform.astype(np.float32)[None], format="fltp", layout="mono")
    samples.sample_rate, samples.time_base, samples.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
    container.mux(stream.encode(samples))
    container.mux(stream.encode())
