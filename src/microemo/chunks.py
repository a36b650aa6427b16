"""Clips in chunks: a few utterances at a time are encoded and asked about, so that memory does not grow with length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8

from microemo.claims.readings import Evidence
from microemo.config import ModelConfig
from microemo.media.audio import SAMPLE_RATE
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, moved, prompt_utterances
from microemo.schema import Clip, Clue, FaceTrack, Participant, Utterance
from microemo.spans import Span, common, outside

MAX_UTTERANCES = 8
MAX_SEC = 60.0
MIN_VOICED_SEC = 0.4


@dataclass(frozen=True)
class Chunk:
    """Utterances that are answered together, in time order; spans that show nobody may lie between them."""

    utterances: tuple[Utterance, ...]

    @property
    def span(self) -> Span:
        """From the first moment of any of its utterances to the last."""
        return Span(
            min(utterance.start_sec for utterance in self.utterances),
            max(utterance.end_sec for utterance in self.utterances),
        )


def chunks(utterances: Sequence[Utterance]) -> list[Chunk]:
    """At most ``MAX_UTTERANCES`` utterances and, unless a single one is longer, ``MAX_SEC`` seconds each."""
    groups: list[list[Utterance]] = []
    for utterance in utterances:
        group = groups[-1] if groups else []
        if group and len(group) < MAX_UTTERANCES and utterance.end_sec - group[0].start_sec <= MAX_SEC:
            group.append(utterance)
        else:
            groups.append([utterance])
    return [Chunk(tuple(group)) for group in groups]


def judged(clip: Clip, person: Participant) -> list[Chunk]:
    """Those of a person's utterances in which they can be judged, in chunks."""
    return chunks([utterance for utterance in person.utterances if shows_person(clip, person, utterance)])


def shows_person(clip: Clip, person: Participant, utterance: Utterance) -> bool:
    """Whether a person can be judged in an utterance at all: their face was found in it, or they speak in it."""
    first, end = np.searchsorted(clip.frame_times_sec, utterance.span)
    return (
        bool(person.face_mask[first:end].any())
        or has_speech(utterance, person.speech)
        or (bool(utterance.text) and utterance.source == "subtitle")
    )


def has_speech(utterance: Utterance, speech: Sequence[Span]) -> bool:
    """Whether a person speaks in the utterance; ``speech`` are their spans of speech.

    The breath of a voice that its edges leave in a silent window is no speech.
    """
    start, end = utterance.span
    voiced_sec = sum(max(0.0, min(end, ends) - max(start, begins)) for begins, ends in speech)
    return voiced_sec >= min(MIN_VOICED_SEC, (end - start) / 2)


def prompt_of(
    config: ModelConfig, clues: Sequence[Clue], chunk: Chunk, speech: Sequence[Span], times_sec: Sequence[float]
) -> list[PromptUtterance]:
    """What the prompt says of a chunk's utterances, in seconds from its start, as ``times_sec`` of its frames are."""
    listed = clues if config.clue_text else ()
    entries = [moved(entry, -chunk.span.start_sec) for entry in prompt_utterances(chunk.utterances, listed)]
    if config.local_view == "frame":  # such a model reads the whole picture, and all of the sound
        return entries
    return [
        replace(
            entry,
            seen=any(entry.start_sec <= time < entry.end_sec for time in times_sec),
            heard=has_speech(utterance, speech),
        )
        for entry, utterance in zip(entries, chunk.utterances, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class Scene:
    """A person in a chunk: all that the model is given, before it is encoded. Times in seconds of the clip.

    evidence      what was measured of them in the clip
    speech        spans in which they speak
    waveform      (N,)           16 kHz mono of the chunk's span; None without audio
    times_sec     (n,)           the sampled frames within the span that the model reads
    frames        (n, S, S, 3)   whole
    face_mask     (n,)           True where the face was found
    faces         (n, S, S, 3)   views of the face; black where it was not found
    region_masks  (n, R, P)      of the clue regions in these; zero where it was not found
    track         the face in all frames of the clip; None of people who are made of arrays
    size          width and height in pixels of the picture in which it was measured
    """

    chunk: Chunk
    evidence: Evidence
    speech: tuple[Span, ...]
    waveform: Float[np.ndarray, " N"] | None
    times_sec: Float[np.ndarray, " n"]
    frames: UInt8[np.ndarray, "n S S 3"]
    face_mask: Bool[np.ndarray, " n"]
    faces: UInt8[np.ndarray, "n S S 3"]
    region_masks: Float[np.ndarray, "n R P"]
    track: FaceTrack | None
    size: tuple[int, int]

    @property
    def clues(self) -> tuple[Clue, ...]:
        return tuple(self.evidence.clues)

    @property
    def heard(self) -> Float[np.ndarray, " N"] | None:
        """The sound, if the person speaks in any of the utterances."""
        speaks = any(has_speech(utterance, self.speech) for utterance in self.chunk.utterances)
        return self.waveform if speaks else None


def scene_of(config: ModelConfig, clip: Clip, person: Participant, chunk: Chunk) -> Scene:
    """A person in a chunk of a clip."""
    start, end = chunk.span
    times = clip.frame_times_sec
    inside = (times >= start) & (times < end)
    if config.local_view == "face":  # such a model has learnt from faces alone
        inside &= person.face_mask
    rows = np.flatnonzero(inside)
    faces, masks = views_at(person, rows)
    return Scene(
        chunk=chunk,
        evidence=Evidence.of(person, clip.info),
        speech=person.speech,
        waveform=_sound(config, clip, person, chunk.span),
        times_sec=times[rows],
        frames=np.array(clip.frames[rows]),
        face_mask=person.face_mask[rows],
        faces=faces,
        region_masks=masks,
        track=person.series.track if person.series else None,
        size=(clip.info.width, clip.info.height),
    )


def _sound(config: ModelConfig, clip: Clip, person: Participant, span: Span) -> Float[np.ndarray, " N"] | None:
    """The clip's sound in a span, silent where others speak and the person does not; None without sound."""
    if clip.waveform is None:
        return None
    first, last = (int(sec * SAMPLE_RATE) for sec in span)
    sound = np.array(clip.waveform[first:last])
    if config.local_view == "face":  # such a model has learnt from one voice alone
        for other in clip.people:
            for start, end in common(outside(other.speech, person.speech), [span]):
                sound[int(start * SAMPLE_RATE) - first : int(end * SAMPLE_RATE) - first] = 0
    return sound


def encode(model: MicroEmo, scene: Scene) -> Features:
    """A scene as the model reads it: its frames, and its sound if the person speaks; in seconds from its start."""
    features = _with_sound(model, scene, Features())
    if len(scene.times_sec):
        pictures, views = _pictures(model, scene, np.arange(len(scene.times_sec)))
        features = replace(
            features,
            times_sec=tuple(float(time - scene.chunk.span.start_sec) for time in scene.times_sec),
            frames=pictures,
            faces=views,
            region_masks=torch.from_numpy(scene.region_masks),
        )
    return features.to(model.device)


def encode_changed(model: MicroEmo, scene: Scene, before: Scene, features: Features) -> Features:
    """``encode`` of a scene in which only some sound or some frames are others than ``before``, whose features these
    are: what is the same is not encoded again.
    """
    if scene.heard is not before.heard:
        features = _with_sound(model, scene, features)
    axes = (1, 2, 3)
    other = (scene.frames != before.frames).any(axes) | (scene.faces != before.faces).any(axes)
    if features.frames is not None and features.faces is not None and other.any():
        rows = np.flatnonzero(other)
        frames, faces = features.frames.clone(), features.faces.clone()
        pictures, views = _pictures(model, scene, rows)
        frames[rows], faces[rows] = pictures.to(frames), views.to(faces)
        features = replace(features, frames=frames, faces=faces, region_masks=torch.from_numpy(scene.region_masks))
    return features.to(model.device)


def _with_sound(model: MicroEmo, scene: Scene, features: Features) -> Features:
    """The features with those of the scene's sound."""
    if scene.heard is None:
        return replace(features, audio=None, audio_times_sec=None)
    sound, times_sec = model.encode_sound(torch.from_numpy(scene.heard))
    return replace(features, audio=sound, audio_times_sec=times_sec)


def _pictures(
    model: MicroEmo, scene: Scene, rows: Int[np.ndarray, " n"]
) -> tuple[Float[torch.Tensor, "n N D"], Float[torch.Tensor, "n N D"]]:
    """Patch tokens of some of the frames, and of the face in them."""
    frames, faces, mask = (torch.from_numpy(array[rows]) for array in (scene.frames, scene.faces, scene.face_mask))
    return model.encode_frames(frames, faces, mask)


def views_at(
    person: Participant, frames: Int[np.ndarray, " n"]
) -> tuple[UInt8[np.ndarray, "n S S 3"], Float[np.ndarray, "n R P"]]:
    """The person's face and its masks in some of the sampled frames; black, and zero, where it was not found."""
    seen = person.face_mask[frames]
    rows = (np.cumsum(person.face_mask) - 1)[frames[seen]]
    faces = np.zeros((len(frames), *person.views.shape[1:]), np.uint8)
    masks = np.zeros((len(frames), *person.view_masks.shape[1:]), np.float32)
    faces[seen], masks[seen] = person.views[rows], person.view_masks[rows]
    return faces, masks
