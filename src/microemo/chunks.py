"""Clips in chunks: a few utterances at a time are encoded and asked about, so that memory does not grow with length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from microemo.config import ModelConfig
from microemo.media.audio import SAMPLE_RATE
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, moved, prompt_utterances
from microemo.schema import Clip, Clue, Participant, Utterance
from microemo.spans import Span

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


def prompt_of(config: ModelConfig, clues: Sequence[Clue], chunk: Chunk) -> list[PromptUtterance]:
    """What the prompt says of a chunk's utterances, in seconds from its start."""
    listed = clues if config.clue_text else ()
    return [moved(entry, -chunk.span.start_sec) for entry in prompt_utterances(chunk.utterances, listed)]


def encode(model: MicroEmo, clip: Clip, person: Participant, chunk: Chunk) -> Features:
    """A chunk as the model reads it: its frames, and its sound if the person speaks; in seconds from its start."""
    start, end = chunk.span
    times = clip.frame_times_sec
    inside = (times >= start) & (times < end)
    if model.config.local_view == "face":  # such a model has learnt from faces alone
        inside &= person.face_mask
    frames = np.flatnonzero(inside)
    features = Features()
    if clip.waveform is not None and any(has_speech(utterance, person.speech) for utterance in chunk.utterances):
        samples = clip.waveform[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
        sound, sound_times = model.encode_sound(torch.from_numpy(np.array(samples)))
        features = replace(features, audio=sound, audio_times_sec=sound_times)
    if len(frames):
        faces, masks = views_at(person, frames)
        pictures, views = model.encode_frames(
            torch.from_numpy(np.array(clip.frames[frames])),
            torch.from_numpy(faces),
            torch.from_numpy(person.face_mask[frames]),
        )
        features = replace(
            features,
            times_sec=tuple(float(times[frame] - start) for frame in frames),
            frames=pictures,
            faces=views,
            region_masks=torch.from_numpy(masks),
        )
    return features.to(model.device)


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
