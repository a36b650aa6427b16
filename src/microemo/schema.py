"""The types that flow through the pipeline: what was perceived (``Clip``) and what was understood (``ResultRecord``).

``ResultRecord`` and all below it are frozen pydantic models with one serialiser: they are ``result.json``. ``Clip``
and ``FaceTrack`` carry arrays between perception and the model, and are plain frozen dataclasses.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from jaxtyping import Bool, Float, UInt8
from pydantic import BaseModel, ConfigDict, Field

from microemo.spans import Span

SCHEMA_VERSION: Literal[1] = 1

Modality = Literal["face", "voice", "words"]
UtteranceSource = Literal["asr", "subtitle", "window"]


class Record(BaseModel):
    """Frozen, and strict about its fields: a typo in a field's name is an error, not a silent extra."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClipInfo(Record):
    """What kind of media the clip is. Times in seconds from the clip's first presented sample."""

    path: str
    duration_sec: float = Field(ge=0)
    has_video: bool
    has_audio: bool
    face_seconds: float = Field(ge=0, description="Time in which the main person's face was found")


class Utterance(Record):
    """A spoken utterance or, without speech, a span of the clip: start <= t < end, in seconds."""

    index: int = Field(ge=0)
    start_sec: float = Field(ge=0)
    end_sec: float
    text: str = ""
    speaker: str | None = None
    language: str | None = Field(default=None, description="ISO 639-1 code of the words; None where unknown")
    source: UtteranceSource

    @property
    def span(self) -> Span:
        return Span(self.start_sec, self.end_sec)


class Clue(Record):
    """One measured observation: what moved, when, and how far from the person's own baseline.

    ``value`` and ``baseline`` are in the unit of the kind: blendshape activation (0-1) for facial actions, hertz,
    decibels, syllables per second and so on for the voice, a polarity from -1 to 1 for words.
    """

    id: int = Field(ge=1, description="Unique in the clip; what [n] in a generated text refers to")
    modality: Modality
    region: str = Field(description="Of the face: brows, eyes, mouth, cheeks, jaw, as the table of clues has it; "
                        "else 'voice' or 'words'")  # fmt: skip
    kind: str = Field(description="FACS name of a facial action (brow_lowerer) or a kind of vocal or verbal clue")
    start_sec: float = Field(description="Onset")
    apex_sec: float = Field(description="Moment of the strongest deviation")
    end_sec: float = Field(description="Offset")
    value: float = Field(description="At the apex")
    baseline: float
    strength: float = Field(ge=0, le=1, description="Deviation from the baseline, on a scale common to all kinds")
    detail: str = Field(default="", description="For words: the word or phrase itself")


class Emotion(Record):
    label: str
    confidence: float = Field(ge=0, le=1, description="Of an utterance's first label calibrated; see docs/result.md")


class Claim(Record):
    """One statement of the explanation, and whether the measured clues bear it out."""

    text: str
    modality: Modality
    clue: int | None = Field(description="Id of the clue that it points at, if any")
    verified: bool


class Answer(Record):
    """What the person feels over some span of time, and why. Unverified claims stay out of ``explanation``."""

    emotions: tuple[Emotion, ...] = ()
    explanation: str = ""
    claims: tuple[Claim, ...] = ()


class UtteranceAnswer(Answer, Utterance):
    """An utterance and the answer about it."""


class ModelInfo(Record):
    name: str
    version: str = Field(description="Of the model's weights, as its config.json has it")
    weights_sha256: str


class ResultRecord(Record):
    """All that is said about one clip: ``result.json``. ``microemo.Result`` adds what one does with it."""

    schema_version: Literal[1] = SCHEMA_VERSION
    clip: ClipInfo
    overall: Answer
    utterances: tuple[UtteranceAnswer, ...]
    clues: tuple[Clue, ...]
    abstained: bool = Field(description="True where there was neither a person nor a voice to judge by")
    warnings: tuple[str, ...] = ()
    model: ModelInfo
    microemo_version: str


@dataclass(frozen=True)
class FaceTrack:
    """One person's face through the clip, a row per frame in which it was found.

    times_sec     (N,)      presentation times, increasing
    boxes         (N, 4)    left, top, right, bottom in [0, 1] of the frame
    blendshapes   (N, 52)   MediaPipe's blendshape scores, 0-1, in the order of ``faces.BLENDSHAPES``
    """

    times_sec: Float[np.ndarray, " N"]
    boxes: Float[np.ndarray, "N 4"]
    blendshapes: Float[np.ndarray, "N 52"]


class Arrays(Protocol):
    """Arrays of one shape, read by index as one array of them all is; they need not lie in memory."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> Any: ...
    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...


@dataclass(frozen=True)
class KeyFrame:
    """A sampled frame kept for the report: the picture and the main person's landmarks in it, if found."""

    time_sec: float
    jpeg: bytes
    landmarks: Float[np.ndarray, "478 2"] | None  # x, y in [0, 1] of the frame


@dataclass(frozen=True)
class Clip:
    """All that perception found in one media file: what the model reads, what training caches.

    frame_times_sec  (T,)           the T sampled frames; T = 0 without video
    frames           (T, S, S, 3)   whole frames, squashed to the encoder's size
    faces            (T, S, S, 3)   what has the clue regions: aligned views of the main person's face (or the frames
                                    themselves), black where it was not found
    face_mask        (T,)           True where the face was found
    region_masks     (T, R, P)      soft patch masks of the clue regions in ``faces``
    waveform         (N,)           16 kHz mono in [-1, 1]; None without audio
    speech           spans (from, to, in seconds) in which somebody speaks
    """

    info: ClipInfo
    frame_times_sec: Float[np.ndarray, " T"]
    frames: UInt8[Arrays, "T S S 3"]
    faces: UInt8[Arrays, "T S S 3"]
    face_mask: Bool[np.ndarray, " T"]
    region_masks: Float[Arrays, "T R P"]
    waveform: Float[np.ndarray, " N"] | None
    utterances: tuple[Utterance, ...]
    clues: tuple[Clue, ...]
    speech: tuple[Span, ...] = ()
    key_frames: tuple[KeyFrame, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return Path(self.info.path)
