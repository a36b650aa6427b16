"""What can be run on a clip: a system; and the models that systems are made of."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from microemo.errors import InputError
from microemo.predict import prompts
from microemo.predict.clips import ClipEntry
from microemo.predict.material import Material, gather
from microemo.predict.settings import Modality, Settings
from microemo.schema import Record

THOUGHTS = re.compile(r".*</think>", re.DOTALL)


class Part(Record):
    """What a part of a pair was asked, and answered."""

    role: str
    system: str
    prompt: str
    text: str


@dataclass(frozen=True)
class Answer:
    """What a system says of a clip: a description and, if the system itself names them, labels.

    modalities  what it was given
    subtitle    the words that it was given, or recognised itself
    """

    text: str
    modalities: tuple[Modality, ...]
    subtitle: str = ""
    labels: tuple[str, ...] | None = None
    confidences: tuple[float, ...] = ()
    parts: tuple[Part, ...] = ()


class System(Protocol):
    """Describes clips. ``question`` is what it is asked about each; None where it has questions of its own."""

    @property
    def name(self) -> str: ...

    @property
    def question(self) -> str | None: ...

    def describe(self, clip: ClipEntry) -> Answer:
        """Raises ``InputError`` where the clip cannot be used, or the system says nothing of it."""


class Model(Protocol):
    """Answers a text about pictures and sound that come with it. ``modalities`` are those that it can read."""

    @property
    def name(self) -> str: ...

    @property
    def modalities(self) -> Collection[Modality]: ...

    def reply(self, material: Material, text: str) -> str:
        """The model's reply to the text, about those of the material's frames and sound that it can read."""


@dataclass(frozen=True)
class Single:
    """One model that is given all that it can read."""

    model: Model
    question: str
    settings: Settings

    @property
    def name(self) -> str:
        return self.model.name

    def describe(self, clip: ClipEntry) -> Answer:
        material = gather(clip, self.model.modalities, self.settings)
        text = ask(self.model, material, prompts.with_subtitle(self.question, material.subtitle))
        return Answer(text, material.modalities, material.subtitle)


def ask(model: Model, material: Material, text: str) -> str:
    """A model's reply without what it thought aloud before. Raises ``InputError`` where nothing is left."""
    reply = THOUGHTS.sub("", model.reply(material, text)).strip()
    if not reply:
        raise InputError(f"{model.name}: replied nothing; allow longer answers, or ask it otherwise")
    return reply
