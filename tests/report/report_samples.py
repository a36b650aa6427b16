"""A rich synthetic result with its clip and its recording."""

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from microemo.result import Result
from microemo.schema import (
    Answer,
    Claim,
    ClipInfo,
    Clue,
    Emotion,
    KeyFrame,
    Modality,
    ModelInfo,
    UtteranceAnswer,
)

DURATION_SEC = 4.0


def make_video(path: Path, video_codec: str = "libx264", audio_codec: str = "aac") -> Path:
    """Four seconds of a grey picture that brightens, with a tone."""
    with av.open(path, "w") as target:
        video = target.add_stream(video_codec, rate=10)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio = target.add_stream(audio_codec, rate=44_100, layout="mono")
        for index in range(int(10 * DURATION_SEC)):
            picture = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 6 * index, np.uint8), "rgb24")
            target.mux(video.encode(picture))
        target.mux(video.encode(None))
        tone = np.sin(2 * np.pi * 220 * np.arange(int(44_100 * DURATION_SEC)) / 44_100).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(tone[None] / 2, "fltp", "mono")
        sound.rate, sound.pts = 44_100, 0
        resampler = av.AudioResampler(audio.codec_context.format, "mono", 44_100, frame_size=1152)
        for piece in [*resampler.resample(sound), *resampler.resample(None)]:
            target.mux(audio.encode(piece))
        target.mux(audio.encode(None))
    return path


def make_clue(
    id: int,
    modality: Modality,
    region: str,
    kind: str,
    times_sec: tuple[float, float, float],
    person: str | None = None,
) -> Clue:
    start_sec, apex_sec, end_sec = times_sec
    detail = "unbelievable" if modality == "words" else ""
    return Clue(
        id=id, modality=modality, region=region, kind=kind, start_sec=start_sec, apex_sec=apex_sec, end_sec=end_sec,
        value=0.7, baseline=0.1, strength=0.6, detail=detail, person=person,
    )  # fmt: skip


CLUES = (
    make_clue(1, "face", "brows", "brow_lowerer", (0.4, 0.9, 1.6)),
    make_clue(2, "voice", "voice", "pitch_raised", (0.2, 1.1, 1.8)),
    make_clue(3, "face", "mouth", "lip_corner_puller", (2.1, 3.0, 3.9)),
    make_clue(4, "face", "mouth", "jaw_drop", (2.5, 2.8, 3.2)),
    make_clue(5, "words", "words", "surprise_word", (1.0, 1.2, 1.5)),
)


def answer(*labels: str, explanation: str, **claims: int) -> dict[str, Any]:
    """Fields of an answer; each claim is a phrase of the explanation with _ for spaces, and its clue."""
    modality = {clue.id: clue.modality for clue in CLUES}
    supported = [
        Claim(text=text.replace("_", " "), modality=modality[clue], clues=(clue,), outcome="borne_out")
        for text, clue in claims.items()
    ]
    unsupported = Claim(text="the hands tremble", modality="face", outcome="contradicted")
    return {
        "emotions": tuple(Emotion(label=label, confidence=0.8 / rank) for rank, label in enumerate(labels, start=1)),
        "explanation": explanation,
        "claims": (*supported, unsupported),
    }


def make_result(path: Path, **changes: Any) -> Result:
    fields: dict[str, Any] = {
        "clip": ClipInfo(
            path=str(path), duration_sec=DURATION_SEC, has_video=True, has_audio=True, face_seconds=3.8
        ),
        "overall": Answer(
            **answer("amused", "annoyed", explanation="First a frown, then a smile grows.", a_frown=1, a_smile_grows=3)
        ),
        "utterances": (
            UtteranceAnswer(
                index=0, start_sec=0.0, end_sec=2.0, text="That is unbelievable.", speaker="A", source="asr",
                **answer("annoyed", explanation="The brows go down, the voice goes up.", The_brows_go_down=1,
                         the_voice_goes_up=2),
            ),
            UtteranceAnswer(
                index=1, start_sec=2.0, end_sec=4.0, text="Oh well, why not?", speaker="B", source="asr",
                **answer("amused", "flabbergasted", explanation="A smile, the jaw drops.", A_smile=3, the_jaw_drops=4),
            ),
        ),
        "clues": CLUES,
        "abstained": False,
        "warnings": ("A second face is seen for 1.2 s and left out.",),
        "model": ModelInfo(name="tiny", version="1", weights_sha256="0123456789abcdef" * 4),
        "microemo_version": "0.1.0",
    }  # fmt: skip
    return Result(**{**fields, **changes})


def make_key_frames() -> tuple[KeyFrame, ...]:
    """One each half second; the first has no face."""
    turn = np.arange(478) * 2.4
    radius = np.sqrt(np.arange(478) / 478)
    face = np.stack([0.5 + 0.15 * radius * np.cos(turn), 0.5 + 0.3 * radius * np.sin(turn)], axis=1)
    jpeg = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))[1].tobytes()
    return tuple(
        KeyFrame(time_sec, jpeg, face.astype(np.float32) if time_sec else None)
        for time_sec in np.arange(0, DURATION_SEC, 0.5).tolist()
    )


KEY_FRAMES = make_key_frames()
