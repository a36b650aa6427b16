"""Label-paired conversations, for the ablation study (paper 4.4): clips of 2 to 5 utterances that all differ.

Each utterance has a face, a voice and words of its own label, or only some of these; sometimes one of them is in
conflict. Between utterances there may be another face, of an emotion that no utterance has: a window that is cut in
time leaves it out. Times are counted in the encoder's audio features (50 a second), so that sound and windows agree;
the model reads means of five of these (10 a second), a fifth of the work.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from microemo.errors import InputError
from microemo.model.audio import FEATURES_PER_SEC, SAMPLE_RATE
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance
from microemo.model.whisper import CHUNK_SEC
from microemo.schema import Modality
from microemo.spans import Span
from microemo.train.examples import Labelled, labelled_slots
from recipes.nano.faces import FACE_FAMILIES
from recipes.nano.pairs import EDGE_SEC, Pairs, VoiceClip

NUM_UTTERANCES = range(2, 6)
NUM_HELD_OUT = 300
MODALITIES: tuple[Modality, ...] = ("face", "voice", "words")
PRESENT = tuple(shown for num in (1, 2, 3) for shown in combinations(MODALITIES, num))  # all equally likely
CONFLICT_SHARE = 0.4  # where the label is still determined
GAP_SHARE = 0.5  # of utterances that come after a gap
INTRUDER_SHARE = 0.5  # of gaps with a face
POOLED = 5  # audio features to one
QUIET_LEVEL = 1e-3  # of a quiet room's noise, where speech reaches 1
SILENT_LENGTH = (75, 150)  # of an utterance without a voice, in audio features
GAP_LENGTH = (40, 100)


Regions = Literal["own", "one", "another's"]
"""A face's clue regions: as they were found, all of the face as a single one, or those of another face."""


@dataclass(frozen=True)
class UtteranceTruth:
    """The label of an utterance, and the family that each of its modalities shows.

    At most one modality shows another family than the label: any of three, or words beside a face or a voice alone.
    ``has_regions`` is whether clue regions were found in its face.
    """

    family: str
    shows: Mapping[Modality, str]
    has_regions: bool

    @property
    def conflict(self) -> Modality | None:
        return next((modality for modality, family in self.shows.items() if family != self.family), None)


@dataclass(frozen=True)
class Conversation:
    """A clip: ``spans`` are its windows in seconds, one an utterance; ``intruders`` the families between utterances."""

    features: Features
    utterances: tuple[PromptUtterance, ...]
    spans: tuple[Span, ...]
    truths: tuple[UtteranceTruth, ...]
    intruders: tuple[str, ...]
    speaker: str

    @property
    def together(self) -> list[bool]:
        """Whether there are both a face and a voice, utterance by utterance."""
        return [{"face", "voice"} <= truth.shows.keys() for truth in self.truths]

    @property
    def labelled(self) -> Labelled:
        """The windows that show their utterance's label."""
        agreeing = [
            frozenset(m for m, family in truth.shows.items() if family == truth.family) for truth in self.truths
        ]
        return labelled_slots([truth.family for truth in self.truths], agreeing)


@dataclass
class _ConversationDraft:
    """A clip in the making; ``now`` is its length so far, in audio features."""

    now: int = 0
    faces: list[tuple[Span, int | None]] = field(default_factory=list)  # when which one is seen, if any
    voices: list[tuple[int, VoiceClip, range]] = field(default_factory=list)  # start, clip, and which of its features
    utterances: list[PromptUtterance] = field(default_factory=list)
    truths: list[UtteranceTruth] = field(default_factory=list)
    intruders: list[str] = field(default_factory=list)


class Conversations:
    """Conversations of one split, by one speaker each; no material crosses splits."""

    def __init__(
        self,
        features: Path,
        split: str,
        room: Float[Tensor, "F L D"],
        num_fixed: int | None = None,
        regions: Regions = "own",
    ) -> None:
        """``room`` are the features where nobody speaks (``quiet``).

        ``num_fixed`` clips are the same whatever ``rng``; without it, each is drawn anew.

        Raises ``InputError`` where the folder lacks a file, or no speaker has every emotion.
        """
        self.pairs = Pairs(features, split)
        self.pairs.faces["region_masks"] = _regions(self.pairs.faces["region_masks"], regions)
        self.room = room
        self.num_fixed = num_fixed
        self.voices: dict[str, dict[str, list[VoiceClip]]] = {}
        for family in FACE_FAMILIES:
            for voice in self.pairs.voices_of[family]:
                self.voices.setdefault(voice.speaker, {}).setdefault(family, []).append(voice)
        self.speakers = sorted(speaker for speaker, of in self.voices.items() if len(of) == len(FACE_FAMILIES))
        if not self.speakers:
            raise InputError(
                f"{features}: no speaker of {split} has a voice of each emotion ({', '.join(FACE_FAMILIES)})"
            )

    def __len__(self) -> int:
        return self.num_fixed or len(self.pairs)

    def difficulty(self, index: int) -> float:
        """The number of utterances."""
        return NUM_UTTERANCES[index % len(NUM_UTTERANCES)]

    def example(self, index: int, rng: random.Random) -> Conversation:
        """A random conversation of as many utterances as the index says, or the fixed one of that index."""
        if self.num_fixed:
            rng = random.Random(index)
        draft, speaker = _ConversationDraft(), rng.choice(self.speakers)
        families = rng.sample(FACE_FAMILIES, NUM_UTTERANCES[index % len(NUM_UTTERANCES)])
        for family in families:
            if rng.random() < GAP_SHARE:
                self._gap(draft, families, rng)
            self._utterance(draft, family, speaker, rng)
        return Conversation(
            features=self._features(draft),
            utterances=tuple(draft.utterances),
            spans=tuple(utterance.span for utterance in draft.utterances),
            truths=tuple(draft.truths),
            intruders=tuple(draft.intruders),
            speaker=speaker,
        )

    def _gap(self, draft: _ConversationDraft, families: Sequence[str], rng: random.Random) -> None:
        start, face = draft.now, None
        draft.now += rng.randint(*GAP_LENGTH)
        if rng.random() < INTRUDER_SHARE:
            intruder = rng.choice([family for family in FACE_FAMILIES if family not in families])
            draft.intruders.append(intruder)
            face = rng.choice(self.pairs.faces_of[intruder])
        draft.faces.append((Span(start / FEATURES_PER_SEC, draft.now / FEATURES_PER_SEC), face))

    def _utterance(self, draft: _ConversationDraft, family: str, speaker: str, rng: random.Random) -> None:
        shows = _shows(family, rng)
        if "voice" in shows:
            span = _speak(draft, rng.choice(self.voices[speaker][shows["voice"]]), rng)
        else:
            start_sec = draft.now / FEATURES_PER_SEC
            draft.now += rng.randint(*SILENT_LENGTH)
            span = Span(start_sec, draft.now / FEATURES_PER_SEC)
        face = rng.choice(self.pairs.faces_of[shows["face"]]) if "face" in shows else None
        text = rng.choice(self.pairs.lines[shows["words"]]) if "words" in shows else ""
        draft.faces.append((span, face))
        draft.utterances.append(PromptUtterance(*span, text))
        draft.truths.append(UtteranceTruth(family, shows, face is not None and bool(self.pairs.faces["found"][face])))

    def _features(self, draft: _ConversationDraft) -> Features:
        audio, times = self._sound(draft) if draft.voices else (None, None)
        faces, rows = self.pairs.faces, [face for _, face in draft.faces]
        if all(row is None for row in rows):
            return Features(audio=audio, audio_times_sec=times)
        return Features(
            times_sec=tuple((span.start_sec + span.end_sec) / 2 for span, _ in draft.faces),
            frames=_pictures(faces["frames"], rows),
            faces=_pictures(faces["faces"], rows),
            region_masks=_pictures(faces["region_masks"], rows),
            audio=audio,
            audio_times_sec=times,
        )

    def _sound(self, draft: _ConversationDraft) -> tuple[Float[Tensor, "F L D"], tuple[float, ...]]:
        """The voices in a quiet room, as if they had been encoded where they are now; and the features' times.

        The encoder's features depend on the position in time. A voice's features lose the room's at the position of its
        recording and gain the room's at its position in the clip: else a whole clip's sound would not say when
        something is said.
        """
        audio = self._room_at(range(draft.now))
        for begin, voice, recorded in draft.voices:
            features = voice.features[recorded.start : recorded.stop].float()
            audio[begin : begin + len(recorded)] += features - self._room_at(recorded)
        pooled = torch.stack([some.mean(0) for some in audio.split(POOLED)])
        return pooled, tuple((index + 0.5) * POOLED / FEATURES_PER_SEC for index in range(len(pooled)))

    def _room_at(self, positions: range) -> Float[Tensor, "F L D"]:
        """The encoder begins anew in each chunk."""
        return self.room[torch.arange(positions.start, positions.stop) % len(self.room)]


def splits(features: Path, model: MicroEmo, regions: Regions = "own") -> tuple[Conversations, Conversations]:
    """To train and to validate on, for models with that encoder. Raises ``InputError`` as ``Conversations``."""
    room = quiet(model)
    held_out = Conversations(features, "held_out", room, NUM_HELD_OUT, regions)
    return Conversations(features, "train", room, regions=regions), held_out


@torch.no_grad()
def quiet(model: MicroEmo) -> Float[Tensor, "F L D"]:
    """The frozen audio encoder's features of faint noise, one for each position in a chunk."""
    return model.encode_sound(noise())[0].cpu()


def noise() -> Float[Tensor, " N"]:
    """What there is to hear in a quiet room, for a chunk of the encoder."""
    return QUIET_LEVEL * torch.randn(CHUNK_SEC * SAMPLE_RATE, generator=torch.Generator().manual_seed(0))


def _shows(family: str, rng: random.Random) -> dict[Modality, str]:
    """What is present, and whose label it carries: most of it the utterance's, and words yield to face and voice."""
    present = rng.choice(PRESENT)
    shows = dict.fromkeys(present, family)
    deniable = present if len(present) == 3 else [m for m in present if m == "words" and len(present) == 2]
    if deniable and rng.random() < CONFLICT_SHARE:
        shows[rng.choice(deniable)] = rng.choice([other for other in FACE_FAMILIES if other != family])
    return shows


def _speak(draft: _ConversationDraft, voice: VoiceClip, rng: random.Random) -> Span:
    """Put in what is said, without the pauses around it; from when to when, as imprecisely as it is recognised."""
    (spoken,) = voice.utterances
    first = max(0, round((spoken.start_sec - EDGE_SEC) * FEATURES_PER_SEC))
    last = min(len(voice.features), round((spoken.end_sec + EDGE_SEC) * FEATURES_PER_SEC))
    draft.voices.append((draft.now, voice, range(first, last)))
    before, after = draft.now / FEATURES_PER_SEC, (draft.now + last - first) / FEATURES_PER_SEC
    draft.now += last - first
    moved_by = before - first / FEATURES_PER_SEC
    start = spoken.start_sec + moved_by + rng.uniform(-EDGE_SEC, EDGE_SEC)
    end = spoken.end_sec + moved_by + rng.uniform(-EDGE_SEC, EDGE_SEC)
    return Span(max(before, start), min(after, end))


def _regions(masks: Float[Tensor, "N R P"], regions: Regions) -> Float[Tensor, "N R P"]:
    """Other regions for the faces that have any."""
    has_any = masks.flatten(1).any(1)
    changed = masks.clone()
    if regions == "one":
        changed[has_any] = torch.zeros_like(masks[has_any])
        changed[has_any, 0] = 1
    elif regions == "another's":
        changed[has_any] = masks[has_any].roll(1, 0)
    return changed


def _pictures(tensor: Float[Tensor, "N A D"], rows: Sequence[int | None]) -> Float[Tensor, "T A D"]:
    """Rows of faces; zeros where nobody is seen."""
    result = torch.zeros(len(rows), *tensor.shape[1:])
    seen = [index for index, row in enumerate(rows) if row is not None]
    result[seen] = tensor[[row for row in rows if row is not None]].float()
    return result
