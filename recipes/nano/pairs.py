"""Label-paired training clips: a face, a voice and words that carry the same label, put together at random.

There is no labelled talking-face video to train on, so clips are made: each utterance takes a face, a voice and a
line of words of its own label, or only some of them. A pairing never crosses a split. The answer to learn is a label,
in a word for it at the voice's strength; what else is said of them nobody has written, but a grammar half of the time.
"""

import json
import random
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor

from microemo.errors import InputError
from microemo.lexicon import FAMILIES
from microemo.model.features import Features, features_in
from microemo.model.language import Text
from microemo.model.prompt import PromptUtterance, prompt_utterances, question_about
from microemo.perception.clues import number
from microemo.perception.face_clues import face_clues
from microemo.perception.word_clues import word_clues
from microemo.schema import Clue, FaceTrack, Modality, Utterance
from microemo.spans import Span
from microemo.train.examples import Example, Turn, labelled_slots
from microemo.train.written import answer
from recipes.descriptions.table import Label
from recipes.nano.faces import EVERY, FACE_FAMILIES
from recipes.nano.features import SpokenUtterance
from recipes.nano.shades import Shades
from recipes.nano.told import told

NUM_FRAMES = 2  # of a face that may talk; of one that keeps still, more than one would only repeat it
TALKING_SHARE = 0.5  # of the frames of a face that speaks
EDGE_SEC = 0.2  # an utterance is never cut twice in the same place
SILENT_SEC = (1.5, 5.0)  # length of an utterance without a voice
SHARES = {"voice": 30, "face": 30, "both": 24, "joined": 10, "words": 6}  # of what an utterance shows


@dataclass(frozen=True)
class VoiceClip:
    features: Float[Tensor, "F L D"]
    speaker: str
    utterances: tuple[SpokenUtterance, ...]


@dataclass
class UtteranceDraft:
    """An utterance in the making, from 0 s on: its label, and what carries it."""

    end_sec: float
    family: str
    text: str = ""
    face: int | None = None
    audio: Float[Tensor, "F L D"] | None = None
    intensity: float | None = None
    clues: list[Clue] = field(default_factory=list)

    @property
    def shown(self) -> frozenset[Modality]:
        there: dict[Modality, bool] = {"face": self.face is not None, "voice": self.audio is not None}
        return frozenset(modality for modality, is_there in there.items() if is_there)


class Pairs:
    """Faces, voices and words of one split, and examples put together from them."""

    def __init__(
        self,
        features: Path,
        split: str,
        speakers: Container[str] | None = None,
        shades: Shades | None = None,
        pictures: slice = EVERY,
    ) -> None:
        """``features`` is a folder of ``recipes.nano.features``; ``speakers``: whose voices are taken, if not all;
        ``pictures``: which faces are.

        Answers are the families' names, or drawn from ``shades``.

        Raises ``InputError`` where the folder lacks a file.
        """
        try:
            faces = load_file(features / f"faces_{split}.safetensors")
            self.faces = {name: tensor[pictures] for name, tensor in faces.items()}
            voices = _voices(features / f"voices_{split}")
            self.voices = [voice for voice in voices if speakers is None or voice.speaker in speakers]
            self.lines: dict[str, list[str]] = json.loads((features / f"lines_{split}.json").read_text())
        except OSError as error:
            raise InputError(
                f"{features}: no features of {split} ({error}); recipes.nano.features writes them"
            ) from None
        self.shades = shades
        labels = [FACE_FAMILIES[label] for label in self.faces["labels"].tolist()]
        self.faces_of = {family: [i for i, label in enumerate(labels) if label == family] for family in FACE_FAMILIES}
        self.voices_of: dict[str, list[VoiceClip]] = defaultdict(list)
        for voice in self.voices:
            if len(voice.utterances) == 1:
                self.voices_of[voice.utterances[0].family].append(voice)
        self.joined = [voice for voice in self.voices if len(voice.utterances) > 1]

    def __len__(self) -> int:
        """Faces and voices; how many examples can be put together of them is no number of interest."""
        return len(self.faces["labels"]) + len(self.voices)

    @cached_property
    def face_clues(self) -> list[list[Clue]]:
        return [self._clues_of_face(index) for index in range(len(self.faces["labels"]))]

    def _clues_of_face(self, index: int) -> list[Clue]:
        """A picture is a face that keeps still: its clues last, here, from 0 to 1 s."""
        if not self.faces["found"][index]:
            return []
        blendshapes, shape, pose = (self.faces[name][[index] * 2].numpy() for name in ("blendshapes", "shape", "pose"))
        boxes = np.zeros((2, 4), np.float32)
        return face_clues(FaceTrack(np.array([0.0, 0.5]), boxes, blendshapes, pose=pose, shape=shape))

    def example(self, index: int, rng: random.Random) -> Example:
        """A random utterance and its label, whatever the index; the same state of ``rng`` gives the same example.

        Alone in its prompt, and asked about by its times or as the whole, which it is.
        """
        kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
        if kind in ("face", "words"):
            draft = UtteranceDraft(rng.uniform(*SILENT_SEC), self._seen_family(rng))
        elif kind == "joined" and self.joined:
            draft = self._spoken(rng.choice(self.joined), rng)
        else:
            draft = self._spoken(rng.choice(self.voices_of[rng.choice(FAMILIES)]), rng)
        if kind in ("face", "both") or (kind == "joined" and rng.random() < 0.5):
            self._show_face(draft, rng)
        if kind == "words" or (kind == "both" and rng.random() < 0.3):
            draft.text = self._line(draft.family, rng) or draft.text
        return self._finish(draft, rng)

    def _seen_family(self, rng: random.Random) -> str:
        """As often as there are faces of it, so that few are disgusted."""
        return rng.choices(FACE_FAMILIES, [len(self.faces_of[family]) for family in FACE_FAMILIES])[0]

    def _spoken(self, clip: VoiceClip, rng: random.Random) -> UtteranceDraft:
        """One of a clip's utterances, cut out not quite where it begins and ends."""
        utterance = rng.choice(clip.utterances)
        start = max(0.0, utterance.start_sec + rng.uniform(-EDGE_SEC, EDGE_SEC))
        end = max(start + 0.3, utterance.end_sec + rng.uniform(-EDGE_SEC, EDGE_SEC))
        return UtteranceDraft(
            end - start,
            utterance.family,
            utterance.text if rng.random() < 0.8 else "",
            audio=clip.features[features_in(len(clip.features), Span(start, end))],
            intensity=utterance.intensity,
            clues=[_lasting(clue, end - start) for clue in utterance.clues],
        )

    def _show_face(self, draft: UtteranceDraft, rng: random.Random) -> None:
        if draft.family not in self.faces_of:  # nobody looks "calm" in FER2013
            return
        draft.face = rng.choice(self.faces_of[draft.family])
        draft.clues += [_lasting(clue, draft.end_sec) for clue in self.face_clues[draft.face]]

    def _line(self, family: str, rng: random.Random) -> str | None:
        return rng.choice(self.lines[family]) if family in self.lines else None

    def _finish(self, draft: UtteranceDraft, rng: random.Random) -> Example:
        clues = number(draft.clues + _clues_of_words(draft.text, 0, draft.end_sec))
        utterance = Utterance(index=0, start_sec=0, end_sec=draft.end_sec, text=draft.text, source="asr")
        (prompted,) = prompt_utterances([utterance], clues)
        return Example(
            features=self._features(draft, rng),
            utterances=[prompted],
            turns=[Turn(question_about([prompted], rng.choice((0, None))), self._answer(draft, prompted, clues, rng))],
            labelled=labelled_slots([draft.family], [draft.shown]),
        )

    def _answer(
        self, draft: UtteranceDraft, prompted: PromptUtterance, clues: Sequence[Clue], rng: random.Random
    ) -> Text:
        """The family's name, or what is said of it by ``shades``, and of the clues that the prompt lists."""
        if self.shades is None:
            return Text(draft.family, is_whole=False)
        listed = {clue.id: clue.id for clue in prompted.clues}
        own = [clue for clue in clues if clue.id in listed]
        label = Label(person="", family=draft.family, intensity=draft.intensity)
        said = told(label, self.shades, own, draft.end_sec, rng)
        return Text(answer(said, listed)) if said.description else Text(said.labels[0], is_whole=False)

    def _features(self, draft: UtteranceDraft, rng: random.Random) -> Features:
        if draft.face is None:
            return Features(audio=draft.audio)
        can_talk = draft.audio is not None and bool(self.faces["found"][draft.face])
        rows = [draft.face] * (NUM_FRAMES if can_talk else 1)
        length = draft.end_sec / len(rows)
        talks = [can_talk and rng.random() < TALKING_SHARE for _ in rows]

        def views(name: str) -> Tensor:
            """Of a talking face there is the aligned view alone, which does for the frame as well."""
            return torch.stack([self.faces["talking" if talk else name][draft.face] for talk in talks]).float()

        return Features(
            times_sec=tuple((place + 0.25) * length for place in range(len(rows))),
            frames=views("frames"),
            faces=views("faces"),
            region_masks=self.faces["region_masks"][rows].float(),
            audio=draft.audio,
        )


def _lasting(clue: Clue, end_sec: float) -> Clue:
    return clue.model_copy(update={"start_sec": 0.0, "apex_sec": 0.0, "end_sec": end_sec})


def _clues_of_words(text: str, start_sec: float, end_sec: float) -> list[Clue]:
    if not text:
        return []
    return word_clues([Utterance(index=0, start_sec=start_sec, end_sec=end_sec, text=text, source="asr")])


def _voices(path: Path) -> Iterable[VoiceClip]:
    features, position = load_file(path.with_suffix(".safetensors"))["features"], 0
    for line in path.with_suffix(".jsonl").read_text().splitlines():
        row = json.loads(line)
        utterances = tuple(
            SpokenUtterance(**{**fields, "clues": tuple(Clue.model_validate(clue) for clue in fields["clues"])})
            for fields in row["utterances"]
        )
        yield VoiceClip(features[position : position + row["num_features"]], row["speaker"], utterances)
        position += row["num_features"]
