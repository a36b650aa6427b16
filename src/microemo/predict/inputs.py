"""What every system is given of a clip: sampled frames, the sound, and the words spoken."""

import base64
import io
import wave
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from microemo.errors import InputError
from microemo.media import audio, video
from microemo.media.probe import MediaInfo, probe
from microemo.media.video import Frame
from microemo.predict.clips import ClipEntry
from microemo.predict.settings import MODALITIES, Modality, PredictionSettings

MAX_SIDE = 448  # pixels; a face stays legible, and a frame costs a chat model a few hundred tokens
JPEG_QUALITY = 90


@dataclass(frozen=True)
class ModelInputs:
    """Frames in time order, all of one size; 16 kHz mono sound; the words, "" if not known."""

    frames: tuple[Frame, ...] = ()
    sound: Float32[np.ndarray, " N"] | None = None
    subtitle: str = ""
    duration_sec: float = 0.0

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those that are present."""
        there = {"video": bool(self.frames), "audio": self.sound is not None, "text": bool(self.subtitle)}
        return tuple(modality for modality in MODALITIES if there[modality])


def load_inputs(clip: ClipEntry, readable: Collection[Modality], settings: PredictionSettings) -> ModelInputs:
    """What the settings allow and a system can read; nothing else is decoded.

    Raises ``InputError`` if the file cannot be used or holds none of it.
    """
    from microemo.perception.audio_tracks import choose_audio_track

    wanted = [modality for modality in settings.modalities if modality in readable]
    info = probe(clip.path, audio_track=choose_audio_track(clip.path))
    listen = settings.asr and "text" in wanted and not clip.subtitle
    sound = audio.waveform(info) if info.has_audio and ("audio" in wanted or listen) else None
    words = _recognised(sound, info.duration_sec) if listen and sound is not None else clip.subtitle
    sampled = info.has_video and "video" in wanted
    inputs = ModelInputs(
        frames=_sample_frames(info, settings.num_frames) if sampled else (),
        sound=sound if "audio" in wanted else None,
        subtitle=words if "text" in wanted else "",
        duration_sec=info.duration_sec,
    )
    if not inputs.modalities:
        raise InputError(f"{clip.path}: has no {' and no '.join(wanted) or 'modality'} to be given to this model")
    return inputs


def _sample_frames(info: MediaInfo, num_frames: int) -> tuple[Frame, ...]:
    """The frames on display in the middles of ``num_frames`` equal spans of the clip; each once.

    Of the video, no more is held than the frames that are kept.
    """
    times_sec = [(span + 0.5) * info.duration_sec / num_frames for span in range(num_frames)]
    kept: list[Frame] = []
    for frame in on_display(video.frames(info), times_sec):
        height, width = kept[0].image.shape[:2] if kept else _bounded(frame.image.shape[0], frame.image.shape[1])
        kept.append(Frame(frame.time_sec, _resized(frame.image, height, width)))
    return tuple(kept)


def on_display(frames: Iterable[Frame], times_sec: Iterable[float]) -> Iterator[Frame]:
    """Of a stream of frames, those on display at the times, which increase; before the first frame, that."""
    times = iter(times_sec)
    due_sec = next(times, None)
    shown: Frame | None = None
    for frame in frames:
        passed = False
        while shown and due_sec is not None and frame.time_sec > due_sec:
            passed, due_sec = True, next(times, None)
        if passed and shown:
            yield shown
        if due_sec is None:
            return
        shown = frame
    if shown and due_sec is not None:
        yield shown


def _bounded(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, MAX_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _resized(image: UInt8[np.ndarray, "h w 3"], height: int, width: int) -> UInt8[np.ndarray, "H W 3"]:
    import cv2

    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _recognised(sound: Float32[np.ndarray, " N"], duration_sec: float) -> str:
    """The words that our speech recognition finds."""
    from microemo import weights
    from microemo.perception.utterances import find_speech

    speech = find_speech(sound, duration_sec, asr_model_dir=weights.path("whisper_base"))
    return " ".join(utterance.text for utterance in speech.utterances if utterance.text)


def jpeg_url(frame: Frame) -> str:
    """A frame as a data URL."""
    import cv2

    bgr = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def wav_base64(sound: Float32[np.ndarray, " N"]) -> str:
    """Sound as a 16-bit WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(audio.SAMPLE_RATE)
        writer.writeframes((sound * 32767).round().astype("<i2").tobytes())
    return base64.b64encode(file.getvalue()).decode()
