"""A system predicts what the person in a clip feels; chat models are what most systems are made of."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from microemo.errors import InputError
from microemo.predict import prompts
from microemo.predict.clips import ClipEntry
from microemo.predict.inputs import ModelInputs, load_inputs
from microemo.predict.settings import Modality, PredictionSettings
from microemo.schema import Record

REASONING_TRACE = re.compile(r".*</think>", re.DOTALL)


class ModelReply(Record):
    """What one model of a pair was prompted with, in which role (audio, video or combine), and its reply."""

    role: str
    model: str
    prompt: str
    text: str


@dataclass(frozen=True)
class SystemOutput:
    """A description of what the person feels and, if the system itself names them, labels with confidences.

    modalities  what the system was given
    subtitle    the words that it was given, or recognised itself
    replies     of a pair, the reply of each model
    """

    text: str
    modalities: tuple[Modality, ...]
    subtitle: str = ""
    labels: tuple[str, ...] | None = None
    confidences: tuple[float, ...] = ()
    replies: tuple[ModelReply, ...] = ()


class System(Protocol):
    """Predicts from clips. ``question`` is what it is asked about each; None if it has questions of its own."""

    @property
    def name(self) -> str: ...

    @property
    def question(self) -> str | None: ...

    def predict(self, clip: ClipEntry) -> SystemOutput:
        """Raises ``InputError`` if the clip cannot be used or the system gives no answer."""


class ChatModel(Protocol):
    """Replies to a prompt of frames, sound and text. ``modalities`` are those that it can read."""

    @property
    def name(self) -> str: ...

    @property
    def modalities(self) -> Collection[Modality]: ...

    def generate(self, inputs: ModelInputs, text: str) -> str:
        """The reply to the text, with those of the frames and the sound that the model can read."""


@dataclass(frozen=True)
class SingleModelSystem:
    """One model, given all modalities that it can read."""

    model: ChatModel
    question: str
    settings: PredictionSettings

    @property
    def name(self) -> str:
        return self.model.name

    def predict(self, clip: ClipEntry) -> SystemOutput:
        inputs = load_inputs(clip, self.model.modalities, self.settings)
        text = final_answer(self.model, inputs, prompts.with_subtitle(self.question, inputs.subtitle))
        return SystemOutput(text, inputs.modalities, inputs.subtitle)


def final_answer(model: ChatModel, inputs: ModelInputs, text: str) -> str:
    """A model's reply without its reasoning trace. Raises ``InputError`` if nothing is left."""
    reply = REASONING_TRACE.sub("", model.generate(inputs, text)).strip()
    if not reply:
        raise InputError(f"{model.name}: replied nothing; allow longer answers, or ask it otherwise")
    return reply
