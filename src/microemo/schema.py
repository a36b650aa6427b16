"""The types that flow through the pipeline: what was perceived (``Clip``) and what was understood (``ResultRecord``).

``ResultRecord`` and all below it are frozen pydantic models with one serialiser: they are ``result.json``. ``Clip``
and ``FaceTrack`` carry arrays between perception and the model, and are plain frozen dataclasses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from jaxtyping import Bool, Float, Float16, UInt8
from pydantic import BaseModel, ConfigDict, Field

from microemo.errors import InputError
from microemo.spans import Span

SCHEMA_VERSION: Literal[2] = 2

Modality = Literal["face", "voice", "words"]
UtteranceSource = Literal["asr", "subtitle", "window"]
Outcome = Literal["borne_out", "contradicted", "unmeasurable", "outside_knowledge"]


class Record(BaseModel):
    """Frozen, and strict about its fields: a typo in a field's name is an error, not a silent extra."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClipInfo(Record):
    """What kind of media the clip is. Times in seconds from the clip's first presented sample."""

    path: str
    duration_sec: float = Field(ge=0)
    has_video: bool
    has_audio: bool
    width: int = Field(0, ge=0, description="Of the upright picture as it was measured, in pixels; 0 without video")
    height: int = Field(0, ge=0)
    face_seconds: float = Field(ge=0, description="Time in which the main person's face was found")
    audio_track: int | None = Field(None, description="Which of several was heard, counted from 1; None: the only one")


class Person(Record):
    """Somebody who is seen or heard in the clip."""

    id: str = Field(description="P1, P2, … in order of first appearance")
    name: str | None = Field(default=None, description="As subtitles name them")
    face_seconds: float = Field(ge=0, description="Time in which their face was found")
    speech_seconds: float = Field(ge=0, description="Time in which they speak")
    key_frame_sec: float | None = Field(default=None, description="Time of the sampled frame that shows the face best")


class Utterance(Record):
    """A spoken utterance or, without speech, a span of the clip: start <= t < end, in seconds."""

    index: int = Field(ge=0)
    start_sec: float = Field(ge=0)
    end_sec: float
    text: str = ""
    person: str | None = Field(default=None, description="Id of who speaks; where nobody does, of the main person")
    speaker: str | None = Field(default=None, description="Their name in subtitles; else their id, if several speak")
    overlap_sec: float = Field(default=0, ge=0, description="Seconds of it in which somebody else speaks as well")
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
    person: str | None = Field(default=None, description="Id of the person who shows it")
    modality: Modality
    region: str = Field(description="Of the face: brows, eyes, mouth, cheeks, jaw, head, gaze, as the table of clues "
                        "has it; else 'voice' or 'words'")  # fmt: skip
    kind: str = Field(description="FACS name of a facial action (brow_lowerer) or a kind of vocal or verbal clue")
    start_sec: float = Field(description="Onset")
    apex_sec: float = Field(description="Moment of the strongest deviation")
    end_sec: float = Field(description="Offset")
    value: float = Field(description="At the apex")
    baseline: float
    strength: float = Field(ge=0, le=1, description="Deviation from the baseline, on a scale common to all kinds")
    detail: str = Field(default="", description="Of words: the words; of a long pause: what it is before")
    side: Literal["left", "right"] | None = Field(default=None, description="The person's own, of a one-sided action")
    intensity: Literal["A", "B", "C", "D", "E"] | None = Field(
        default=None, description="FACS's, from trace to maximum"
    )
    confidence: float | None = Field(default=None, ge=0, le=1, description="That it happened, where that can be said")


class Emotion(Record):
    label: str
    confidence: float = Field(ge=0, le=1, description="Of an utterance's first label calibrated; see docs/result.md")


class Claim(Record):
    """One statement of an explanation, typed, and what the measures say of it.

    ``action`` is a kind of clue, or what the series tell beside these; empty where nothing could observe it. Times are
    those that the statement names.
    """

    text: str
    outcome: Outcome
    clues: tuple[int, ...] = Field(default=(), description="Ids of the clues that it tells of")
    person: str | None = None
    modality: Modality | None = Field(default=None, description="None of what nobody could see or hear")
    region: str = ""
    action: str = ""
    direction: Literal["raised", "lowered"] | None = Field(default=None, description="Of a measure of the voice")
    side: Literal["left", "right"] | None = Field(default=None, description="The person's own")
    intensity: Literal["slight", "strong", "extreme"] | None = None
    negated: bool = False
    start_sec: float | None = None
    end_sec: float | None = None
    weight: float | None = Field(
        default=None, description="Log of the likelihood ratio of its clue for the first label; below 0: against it"
    )

    @property
    def is_borne_out(self) -> bool:
        """Whether the explanation may say it without reserve."""
        return self.outcome == "borne_out"


class Effect(Record):
    """What a told clue does to the first label: the label's confidence with the clue, less that without it."""

    clue: int = Field(description="Id of the clue")
    label: str
    change: float = Field(ge=-1, le=1, description="Above 0: without the clue the label would be less sure")


class Answer(Record):
    """What the person feels over some span of time, and why. What is not borne out stays out of ``explanation``."""

    emotions: tuple[Emotion, ...] = ()
    possible: tuple[str, ...] = Field(
        (), description="Families of emotion that together hold the truth in 90 % of cases, the likeliest first"
    )
    explanation: str = ""
    claims: tuple[Claim, ...] = ()
    effects: tuple[Effect, ...] = Field((), description="Of the told clues, where they were asked for")


class UtteranceAnswer(Answer, Utterance):
    """An utterance and the answer about it."""


class PersonAnswer(Person):
    """A person, what they feel over the whole clip, and what their face shows while others speak."""

    overall: Answer = Answer()
    listening: tuple[UtteranceAnswer, ...] = ()


class ModelInfo(Record):
    name: str
    version: str = Field(description="Of the model's weights, as its config.json has it")
    weights_sha256: str


class ResultRecord(Record):
    """All that is said about one clip: ``result.json``. ``microemo.Result`` adds what one does with it."""

    schema_version: Literal[2] = SCHEMA_VERSION
    clip: ClipInfo
    people: tuple[PersonAnswer, ...] = ()
    main_person: str | None = Field(default=None, description="Id of the person whom ``overall`` is about")
    overall: Answer
    utterances: tuple[UtteranceAnswer, ...]
    clues: tuple[Clue, ...]
    abstained: bool = Field(description="True where there was neither a person nor a voice to judge by")
    warnings: tuple[str, ...] = ()
    model: ModelInfo
    microemo_version: str

    def timeline(self, person: str | None) -> tuple[UtteranceAnswer, ...]:
        """One person's answers in order of time: where they speak, and where they listen. None: of nobody known."""
        own = [utterance for utterance in self.utterances if utterance.person == person]
        listening = [answer for one in self.people if one.id == person for answer in one.listening]
        return tuple(sorted([*own, *listening], key=lambda answer: (answer.start_sec, answer.index)))


UNKNOWN: dict[str, tuple[tuple[int, ...], Any]] = {
    "pose": ((3,), np.float32),
    "shape": ((70, 3), np.float16),
    "place": ((3,), np.float32),
    "touched": ((7,), np.float32),
    "folds": ((2,), np.float32),
}
"""Columns of a track that are NaN unless given: a row's shape and type."""


@dataclass(frozen=True)
class FaceTrack:
    """One person's face through the clip, a row per frame in which it was found.

    times_sec     (N,)      presentation times, increasing
    boxes         (N, 4)    left, top, right, bottom in [0, 1] of the frame
    blendshapes   (N, 52)   MediaPipe's blendshape scores, 0-1, in the order of ``faces.BLENDSHAPES``
    hidden        (N, R)    which clue regions could not be seen, in the order of ``regions.REGIONS``; None: all could
    pose          (N, 3)    pitch, yaw and roll of the head in degrees (``face_shape``); NaN where not known
    shape         (N, 70, 3)  the face as if turned to the camera, in the order of ``face_shape.SHAPE_POINTS``
    place         (N, 3)    where that is: x, y and unit of the shape in pixels
    folds         (N, 2)    contrast of wrinkles at the root of the nose, left and right (``nose_folds``)
    touched       (N, R)    1 for hidden regions that a hand covers, 0 for others; NaN where no hand was looked for
    """

    times_sec: Float[np.ndarray, " N"]
    boxes: Float[np.ndarray, "N 4"]
    blendshapes: Float[np.ndarray, "N 52"]
    hidden: Bool[np.ndarray, "N R"] | None = None
    pose: Float[np.ndarray, "N 3"] = None  # type: ignore[assignment]  # unknown, until ``__post_init__``
    shape: Float16[np.ndarray, "N 70 3"] = None  # type: ignore[assignment]
    place: Float[np.ndarray, "N 3"] = None  # type: ignore[assignment]
    folds: Float[np.ndarray, "N 2"] = None  # type: ignore[assignment]
    touched: Float[np.ndarray, "N R"] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for name, (row, kind) in UNKNOWN.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, np.full((len(self.times_sec), *row), np.nan, kind))

    def rows(self, chosen: slice) -> "FaceTrack":
        return FaceTrack.made_of([self], lambda columns: columns[0][chosen])

    @staticmethod
    def made_of(tracks: "Sequence[FaceTrack]", make: Callable[[list[np.ndarray]], np.ndarray]) -> "FaceTrack":
        """Each column made of the same one of all tracks; what one of them does not know is not known."""
        columns: dict[str, Any] = {}
        for field in fields(FaceTrack):
            found = [getattr(track, field.name) for track in tracks]
            columns[field.name] = None if any(column is None for column in found) else make(found)
        return FaceTrack(**columns)


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
    """A sampled frame kept for the report: the picture and one person's landmarks in it, if found.

    ``path`` is how their face moves from there to their next key frame: rows of time, x, y and size in pixels of the
    recording, as ``FaceTrack.place`` has them, and roll in degrees.
    """

    time_sec: float
    jpeg: bytes
    landmarks: Float[np.ndarray, "478 2"] | None  # x, y in [0, 1] of the frame
    person: str | None = None
    path: Float[np.ndarray, "M 5"] | None = None


Columns = Mapping[str, Float[np.ndarray, " N"]]


@dataclass(frozen=True)
class Series:
    """What was measured of one person through time, at the rates at which it was measured.

    person           their id
    face             columns with a row a frame that shows the face, NaN where something cannot be told (``series``)
    voice            columns with a row a step of the voice measures, while they speak
    utterances       columns with a row an utterance of theirs, of what is measured of its voice as a whole
    track            the face itself, with the same rows as ``face``
    frame_times_sec  (F,)   of all frames of the video; ``face["frame"]`` counts them from 1
    """

    person: str
    face: Columns
    voice: Columns
    utterances: Columns
    track: FaceTrack
    frame_times_sec: Float[np.ndarray, " F"]


@dataclass(frozen=True)
class Participant:
    """One person of a clip as perceived; T sampled frames, K of which show the face.

    utterances   their timeline: what they say, and what happens while others speak, then without its words
    said         the indices of those that are theirs
    clues        what they show
    speech       spans (from, to, in seconds) in which they speak
    face_mask    (T,)            True where the face was found
    views        (K, S, S, 3)    aligned views of the face (or the frames themselves), which have the clue regions
    view_masks   (K, R, P)       soft patch masks of the clue regions in ``views``
    series       what was measured through time; None of people who are made of arrays
    """

    person: Person
    utterances: tuple[Utterance, ...]
    said: frozenset[int]
    clues: tuple[Clue, ...]
    speech: tuple[Span, ...]
    face_mask: Bool[np.ndarray, " T"]
    views: UInt8[Arrays, "K S S 3"]
    view_masks: Float[Arrays, "K R P"]
    key_frames: tuple[KeyFrame, ...] = ()
    series: Series | None = None


@dataclass(frozen=True)
class Clip:
    """All that perception found in one media file: what the model reads, what training caches.

    frame_times_sec  (T,)           the T sampled frames; T = 0 without video
    frames           (T, S, S, 3)   whole frames, squashed to the encoder's size
    waveform         (N,)           16 kHz mono in [-1, 1]; None without audio
    utterances       each once, with who speaks
    people           by first appearance
    main_person      id of the one whom ``info.face_seconds`` and the overall answer are about; None without people
    """

    info: ClipInfo
    frame_times_sec: Float[np.ndarray, " T"]
    frames: UInt8[Arrays, "T S S 3"]
    waveform: Float[np.ndarray, " N"] | None
    utterances: tuple[Utterance, ...]
    people: tuple[Participant, ...]
    main_person: str | None
    key_frames: tuple[KeyFrame, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return Path(self.info.path)

    @property
    def clues(self) -> tuple[Clue, ...]:
        """Everybody's, in order of onset."""
        return tuple(sorted((clue for one in self.people for clue in one.clues), key=lambda clue: clue.id))

    def only(self, person: str | None) -> tuple[Participant, ...]:
        """The person with this id, everybody for None. Raises ``InputError`` where there is no such person."""
        if person is None:
            return self.people
        found = tuple(one for one in self.people if one.person.id == person)
        if not found:
            known = ", ".join(one.person.id for one in self.people) or "nobody"
            raise InputError(f"{self.path}: {person} is not among the people who were found; choose from: {known}")
        return found

    @property
    def main(self) -> Participant | None:
        return next((one for one in self.people if one.person.id == self.main_person), None)
