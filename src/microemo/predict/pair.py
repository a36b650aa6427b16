"""Two describers and a combiner, as in "SALMONN + mPLUG-Owl" (paper Table 1, after EMER)."""

from dataclasses import dataclass, replace

from microemo.predict import prompts
from microemo.predict.clips import ClipEntry
from microemo.predict.inputs import ModelInputs, load_inputs
from microemo.predict.settings import MODALITIES, PredictionSettings
from microemo.predict.system import ChatModel, ModelReply, SystemOutput, final_answer


@dataclass(frozen=True)
class PairSystem:
    """``audio`` describes the sound, ``video`` the frames; ``combine`` reads both descriptions and the subtitle."""

    audio: ChatModel
    video: ChatModel
    combine: ChatModel
    question: str
    settings: PredictionSettings

    @property
    def name(self) -> str:
        return f"audio={self.audio.name},video={self.video.name},combine={self.combine.name}"

    def predict(self, clip: ClipEntry) -> SystemOutput:
        """A describer without input, such as that of the sound of a silent clip, is left out."""
        inputs = load_inputs(clip, MODALITIES, self.settings)
        replies = []
        if inputs.sound is not None:
            replies.append(_reply("audio", self.audio, replace(inputs, frames=()), prompts.audio()))
        if inputs.frames:
            replies.append(_reply("video", self.video, replace(inputs, sound=None), prompts.video()))
        texts = {reply.role: reply.text for reply in replies}
        combined = prompts.combine(texts.get("audio", ""), texts.get("video", ""), inputs.subtitle, self.question)
        replies.append(_reply("combine", self.combine, ModelInputs(), combined))
        return SystemOutput(replies[-1].text, inputs.modalities, inputs.subtitle, replies=tuple(replies))


def _reply(role: str, model: ChatModel, inputs: ModelInputs, prompt: str) -> ModelReply:
    return ModelReply(role=role, model=model.name, prompt=prompt, text=final_answer(model, inputs, prompt))
