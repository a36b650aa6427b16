"""Label-paired training clips: a face, a voice and words that carry the same label, put together at random.

There is no labelled talking-face video to train on, so clips are made: each utterance takes a face, a voice and a
line of words of its own label, or only some of them. A pairing never crosses a split.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.torch import load_file
from torch import Tensor

from microemo.data import describe
from microemo.data.association import Association, Counts
from microemo.errors import InputError
from microemo.model.microemo import Features
from microemo.model.prompt import OVERALL_QUESTION, prompt_utterances, utterance_question
from microemo.perception.clues import number
from microemo.perception.face_clues import face_clues
from microemo.perception.word_clues import word_clues
from microemo.schema import Clue, FaceTrack, Modality, Utterance
from microemo.train.examples import Example, labelled_slots
from microemo.train.features import NORMAL, Spoken
from microemo.vocabulary import FAMILIES

FACE_FAMILIES = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")  # FER2013's order
FRAMES_PER_PART = 2  # a still face: more would only repeat it
EDGE_SEC = 0.2  # an utterance is never cut twice in the same place
SILENT_SEC = (1.5, 5.0)  # length of an utterance without a voice


@dataclass(frozen=True)
class VoiceClip:
    features: Tensor  # (F, L, D)
    utterances: tuple[Spoken, ...]


@dataclass
class Part:
    """An utterance in the making: its time, its label, and what carries it."""

    start_sec: float
    end_sec: float
    family: str
    intensity: float
    text: str = ""
    face: int | None = None
    spoken: bool = False
    clues: list[Clue] = field(default_factory=list)


class Pairs:
    """Faces, voices and words of one split, and examples put together from them."""

    def __init__(self, features: Path, split: str, association: Association | None = None) -> None:
        """``features`` is a folder of ``train/features.py``; ``association`` is counted in this split if not given.

        Raises ``InputError`` where the folder lacks a file.
        """
        try:
            self.faces = load_file(features / f"faces_{split}.safetensors")
            self.voices = list(_voices(features / f"voices_{split}"))
            self.lines: dict[str, list[str]] = json.loads((features / f"lines_{split}.json").read_text())
        except OSError as error:
            raise InputError(
                f"{features}: no features of {split} ({error}); microemo.train.features writes them"
            ) from None
        labels = [FACE_FAMILIES[label] for label in self.faces["labels"].tolist()]
        self.faces_of = {family: [i for i, label in enumerate(labels) if label == family] for family in FACE_FAMILIES}
        self.voices_of: dict[str, list[VoiceClip]] = defaultdict(list)
        for voice in self.voices:
            if len(voice.utterances) == 1:
                self.voices_of[voice.utterances[0].family].append(voice)
        self.joined = [voice for voice in self.voices if len(voice.utterances) > 1]
        self.face_clues = [self._clues_of_face(index) for index in range(len(labels))]
        self.association = association or self._association()

    def __len__(self) -> int:
        """Faces and voices; how many examples can be put together of them is no number of interest."""
        return len(self.face_clues) + len(self.voices)

    def _clues_of_face(self, index: int) -> list[Clue]:
        """A picture is a face that keeps still: its clues last, here, from 0 to 1 s."""
        if not self.faces["found"][index]:
            return []
        shapes = self.faces["blendshapes"][index].numpy()
        track = FaceTrack(np.array([0.0, 0.5]), np.zeros((2, 4), np.float32), np.stack([shapes, shapes]))
        return face_clues(track)

    def _association(self) -> Association:
        """Log of how much likelier each kind of clue is in a family than in all; rare kinds are drawn towards 0."""
        counts = Counts()
        for index, clues in enumerate(self.face_clues):
            if self.faces["found"][index]:
                counts.add(FACE_FAMILIES[int(self.faces["labels"][index])], "face", clues)
        for clip in self.voices:
            for utterance in clip.utterances:
                counts.add(utterance.family, "voice", utterance.clues)
        for family, lines in self.lines.items():
            for line in lines:
                counts.add(family, "words", _clues_of_words(line, 0, 1))
        return counts.log_odds()

    def example(self, index: int, rng: random.Random) -> Example:
        """A random clip, question and answer, whatever the index; the same state of ``rng`` gives the same example."""
        shares = {"voice": 26, "face": 24, "both": 20, "words": 6, "joined": 14 if self.joined else 0, "silent": 10}
        kind = rng.choices(list(shares), list(shares.values()))[0]
        audio: Tensor | None = None
        if kind in ("voice", "both"):
            family = rng.choice(FAMILIES)
            clip = rng.choice(self.voices_of[family])
            audio, parts = clip.features, [self._spoken(clip.utterances[0], rng)]
        elif kind == "joined":
            clip = rng.choice(self.joined)
            audio, parts = clip.features, [self._spoken(utterance, rng) for utterance in clip.utterances]
        else:
            parts = self._silent(1 if kind != "silent" else rng.choice((2, 3)), rng)
        if kind in ("face", "both", "silent") or (kind == "joined" and rng.random() < 0.6):
            for part in parts:
                self._show_face(part, rng)
        if kind == "words" or (kind == "both" and rng.random() < 0.3):
            for part in parts:
                part.text = self._line(part.family, rng) or part.text
        return self._finish(parts, audio, rng)

    def _spoken(self, utterance: Spoken, rng: random.Random) -> Part:
        text = utterance.text if rng.random() < 0.8 else ""
        start = max(0.0, utterance.start_sec + rng.uniform(-EDGE_SEC, EDGE_SEC))
        end = max(start + 0.3, utterance.end_sec + rng.uniform(-EDGE_SEC, EDGE_SEC))
        part = Part(start, end, utterance.family, utterance.intensity, text, spoken=True)
        part.clues += utterance.clues
        return part

    def _silent(self, num: int, rng: random.Random) -> list[Part]:
        parts, start = [], 0.0
        for _ in range(num):
            end = round(start + rng.uniform(*SILENT_SEC), 1)
            parts.append(Part(start, end, rng.choice(FACE_FAMILIES), NORMAL))
            start = end
        return parts

    def _show_face(self, part: Part, rng: random.Random) -> None:
        if part.family not in self.faces_of:  # nobody looks "calm" in FER2013
            return
        part.face = rng.choice(self.faces_of[part.family])
        part.clues += [
            clue.model_copy(update={"start_sec": part.start_sec, "apex_sec": part.start_sec, "end_sec": part.end_sec})
            for clue in self.face_clues[part.face]
        ]

    def _line(self, family: str, rng: random.Random) -> str | None:
        return rng.choice(self.lines[family]) if family in self.lines else None

    def _finish(self, parts: list[Part], audio: Tensor | None, rng: random.Random) -> Example:
        for part in parts:
            part.clues += _clues_of_words(part.text, part.start_sec, part.end_sec)
        clues = number(clue for part in parts for clue in part.clues)
        utterances = [
            Utterance(index=i, start_sec=part.start_sec, end_sec=part.end_sec, text=part.text, source="asr")
            for i, part in enumerate(parts)
        ]
        prompted = prompt_utterances(utterances, clues)
        listed = [{id_ for id_, _ in utterance.clues} for utterance in prompted]
        stories = [
            (part.family, part.intensity, [clue for clue in clues if clue.id in ids and _within(clue, part)])
            for part, ids in zip(parts, listed, strict=True)
        ]
        asked = rng.randrange(len(parts)) if rng.random() < 0.7 else None
        question = OVERALL_QUESTION
        if asked is not None:
            question, stories = utterance_question(parts[asked].start_sec, parts[asked].end_sec), [stories[asked]]
        return Example(
            features=self._features(parts, audio),
            utterances=prompted,
            question=question,
            answer=describe.answer(stories, self.association, rng),
            labelled=labelled_slots([part.family for part in parts], [_shown(part) for part in parts]),
        )

    def _features(self, parts: list[Part], audio: Tensor | None) -> Features:
        times: list[float] = []
        rows: list[int] = []
        for part in parts:
            if part.face is not None:
                length = (part.end_sec - part.start_sec) / FRAMES_PER_PART
                times += [part.start_sec + (place + 0.25) * length for place in range(FRAMES_PER_PART)]
                rows += [part.face] * FRAMES_PER_PART
        if not rows:
            return Features(audio=audio)
        return Features(
            times_sec=tuple(times),
            frames=self.faces["frames"][rows].float(),
            faces=self.faces["faces"][rows].float(),
            region_masks=self.faces["region_masks"][rows].float(),
            audio=audio,
        )


def _shown(part: Part) -> frozenset[Modality]:
    there: dict[Modality, bool] = {"face": part.face is not None, "voice": part.spoken}
    return frozenset(modality for modality, is_there in there.items() if is_there)


def _within(clue: Clue, part: Part) -> bool:
    return clue.start_sec < part.end_sec and clue.end_sec > part.start_sec


def _clues_of_words(text: str, start_sec: float, end_sec: float) -> list[Clue]:
    if not text:
        return []
    return word_clues([Utterance(index=0, start_sec=start_sec, end_sec=end_sec, text=text, source="asr")])


def _voices(path: Path) -> Iterable[VoiceClip]:
    features, position = load_file(path.with_suffix(".safetensors"))["features"], 0
    for line in path.with_suffix(".jsonl").read_text().splitlines():
        row = json.loads(line)
        utterances = tuple(
            Spoken(**{**part, "clues": tuple(Clue.model_validate(clue) for clue in part["clues"])})
            for part in row["utterances"]
        )
        yield VoiceClip(features[position : position + row["num_features"]], utterances)
        position += row["num_features"]
