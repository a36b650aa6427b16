"""Similar examples in the prompt, by their labels (PRC-Emo: Li et al. 2025, demonstration retrieval).

Each utterance of a conversation is told with the labels of the training faces and voices that are most like its own,
by the cosine of the frozen encoders' mean features; never of its own speaker, nor of the same picture.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from microemo.model.features import frames_in, sound_in
from microemo.model.microemo import MicroEmo
from recipes.nano.faces import FACE_FAMILIES
from recipes.nano.pairs import Pairs
from studies.ablation.conversations import NUM_HELD_OUT, Conversation, Conversations, quiet

NUM_SIMILAR = 5
SAME = 0.999  # cosine from which on a picture is the same one


class Store:
    """Faces and voices of the training split by their mean features, with their labels."""

    def __init__(self, pairs: Pairs) -> None:
        found = pairs.faces["found"]
        self.faces = _units(pairs.faces["faces"][found].float().mean(1))
        self.face_labels = [FACE_FAMILIES[label] for label in pairs.faces["labels"][found].tolist()]
        alone = [voice for family in FACE_FAMILIES for voice in pairs.voices_of[family]]
        self.voices = _units(torch.stack([voice.features.float().mean(0).flatten() for voice in alone]))
        self.voice_labels = [voice.utterances[0].family for voice in alone]
        self.speakers = [voice.speaker for voice in alone]

    def like_face(self, face: Float[Tensor, "N D"]) -> list[str]:
        """The labels of the faces most like the mean of these views."""
        alike = self.faces @ _units(face.mean(0))
        return _labels(alike.masked_fill(alike > SAME, -1.0), self.face_labels)

    def like_voice(self, voice: Float[Tensor, "F L D"], speaker: str) -> list[str]:
        """The labels of the voices most like the mean of these features, of other speakers."""
        alike = self.voices @ _units(voice.mean(0).flatten())
        own = torch.tensor([other == speaker for other in self.speakers])
        return _labels(alike.masked_fill(own, -1.0), self.voice_labels)


class Demonstrated(Conversations):
    """Conversations whose utterances are told with the labels of what is most like them."""

    store: Store

    def example(self, index: int, rng: random.Random) -> Conversation:
        clip = super().example(index, rng)
        told = [
            replace(entry, text=f"{entry.text} (Like: {', '.join(similar)})".strip()) if similar else entry
            for entry, similar in zip(clip.utterances, self._similar(clip), strict=True)
        ]
        return replace(clip, utterances=tuple(told))

    def _similar(self, clip: Conversation) -> list[list[str]]:
        features, found = clip.features, []
        for span, truth in zip(clip.spans, clip.truths, strict=True):
            labels: list[str] = []
            if truth.has_regions and features.faces is not None:
                labels += self.store.like_face(features.faces[frames_in(features.times_sec, span)].mean(1))
            if "voice" in truth.shows and features.audio is not None:
                labels += self.store.like_voice(features.audio[sound_in(features, span)], clip.speaker)
            found.append([label for label, _ in Counter(labels).most_common()])
        return found


def demonstrated(features: Path, model: MicroEmo) -> tuple[Demonstrated, Demonstrated]:
    """To train and to validate on; both look up what is in the training split. Raises ``InputError`` as those do."""
    room = quiet(model)
    train = Demonstrated(features, "train", room)
    held_out = Demonstrated(features, "held_out", room, NUM_HELD_OUT)
    train.store = held_out.store = Store(train.pairs)
    return train, held_out


def _units(rows: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
    return F.normalize(rows, dim=-1)


def _labels(alike: Float[Tensor, " N"], labels: Sequence[str]) -> list[str]:
    return [labels[place] for place in alike.topk(min(NUM_SIMILAR, len(labels))).indices.tolist()]
