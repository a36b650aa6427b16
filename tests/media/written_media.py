"""Writes small media files of every kind, so that no test needs a file of the world."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

VIDEO_CODECS = {".mp4": "libx264", ".mov": "libx264", ".mkv": "libx264", ".webm": "libvpx", ".avi": "mpeg4"}
AUDIO_CODECS = {".mp4": "aac", ".mov": "aac", ".mkv": "flac", ".webm": "libopus", ".avi": "pcm_s16le"}
AUDIO_CODECS |= {".wav": "pcm_s16le", ".mp3": "libmp3lame", ".m4a": "aac", ".flac": "flac"}


def write_media(
    path: Path,
    images: Sequence[np.ndarray] = (),
    times_sec: Sequence[float] | None = None,
    *,
    sound: np.ndarray | None = None,
    rate: int = 48000,
    sound_start_sec: float = 0.0,
    pix_fmt: str = "yuv420p",
    codec: str | None = None,
    rotation: float = 0,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Images are (h, w, 3) RGB at ``times_sec`` (default 25 a second); sound is float32, (channels, samples)."""
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata.update(metadata or {})
        video = audio = None
        if len(images):
            video = container.add_stream(codec or VIDEO_CODECS[path.suffix], rate=25)
            video.height, video.width = images[0].shape[:2]
            video.pix_fmt = pix_fmt
            if path.suffix != ".avi":
                video.codec_context.time_base = Fraction(1, 1000)
            if aspect:
                video.codec_context.sample_aspect_ratio = aspect
            if rotation:
                video.set_display_rotation(rotation)
        if sound is not None:
            audio = container.add_stream(
                AUDIO_CODECS[path.suffix], rate=rate, layout="mono" if len(sound) == 1 else "stereo"
            )
        for i, image in enumerate(images):
            assert video is not None
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            second = i / 25 if times_sec is None else times_sec[i]
            frame.pts = i if path.suffix == ".avi" else round(second * 1000)
            frame.time_base = Fraction(1, 25) if path.suffix == ".avi" else Fraction(1, 1000)
            container.mux(video.encode(frame))
        if video:
            container.mux(video.encode(None))
        if audio:
            assert sound is not None
            interleaved = np.ascontiguousarray(sound.T).reshape(1, -1).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=audio.layout.name)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = round(sound_start_sec * rate)
            resampler = av.AudioResampler(audio.format, audio.layout, rate, audio.codec_context.frame_size or None)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
    return path
