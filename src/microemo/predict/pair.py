"""Two describers and a combiner, as in "SALMONN + mPLUG-Owl" (paper Table 1, after EMER)."""

from dataclasses import dataclass, replace

from microemo.predict import prompts
from microemo.predict.clips import ClipEntry
from microemo.predict.material import Material, gather
from microemo.predict.settings import MODALITIES, Settings
from microemo.predict.system import Answer, Model, Part, ask


@dataclass(frozen=True)
class Pair:
    """``audio`` only hears a clip, ``video`` only sees it; ``combine`` reads what both say, and the subtitle."""

    audio: Model
    video: Model
    combine: Model
    question: str
    settings: Settings

    @property
    def name(self) -> str:
        return f"audio={self.audio.name},video={self.video.name},combine={self.combine.name}"

    def describe(self, clip: ClipEntry) -> Answer:
        """A describer with nothing to describe, as in a silent clip, is not asked."""
        material = gather(clip, MODALITIES, self.settings)
        parts = []
        if material.sound is not None:
            parts.append(_part("audio", self.audio, replace(material, frames=()), prompts.audio()))
        if material.frames:
            parts.append(_part("video", self.video, replace(material, sound=None), prompts.video()))
        said = {part.role: part.text for part in parts}
        combined = prompts.combine(said.get("audio", ""), said.get("video", ""), material.subtitle, self.question)
        parts.append(_part("combine", self.combine, Material(), combined))
        return Answer(parts[-1].text, material.modalities, material.subtitle, parts=tuple(parts))


def _part(role: str, model: Model, material: Material, prompt: str) -> Part:
    return Part(role=role, system=model.name, prompt=prompt, text=ask(model, material, prompt))
