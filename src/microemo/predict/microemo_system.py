"""Our own model, run as ``microemo analyze`` runs it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from microemo.media.probe import probe
from microemo.media.subtitles import Cue
from microemo.predict.clips import ClipEntry
from microemo.predict.settings import Modality
from microemo.predict.system import SystemOutput

if TYPE_CHECKING:
    from microemo.pipeline import Pipeline
    from microemo.result import Result


@dataclass(frozen=True)
class MicroEmoSystem:
    """A checkpoint of ours: it reads the file itself, has questions of its own, and names labels."""

    name: str
    pipeline: "Pipeline"
    asr: bool
    question: None = None

    def predict(self, clip: ClipEntry) -> SystemOutput:
        """The overall answer. The manifest's subtitle, which has no times, becomes one cue as long as the clip."""
        if clip.subtitle:
            cue = Cue(0.0, probe(clip.path).duration_sec, clip.subtitle)
            result = self.pipeline.analyze(clip.path, subtitles=[cue], asr=False)
        else:
            result = self.pipeline.analyze(clip.path, asr=self.asr)
        return SystemOutput(
            text=result.overall.explanation,
            modalities=_modalities(result),
            subtitle=" ".join(utterance.text for utterance in result.utterances if utterance.text),
            labels=tuple(emotion.label for emotion in result.overall.emotions),
            confidences=tuple(emotion.confidence for emotion in result.overall.emotions),
        )


def _modalities(result: "Result") -> tuple[Modality, ...]:
    there: dict[Modality, bool] = {
        "video": result.clip.has_video,
        "audio": result.clip.has_audio,
        "text": any(utterance.text for utterance in result.utterances),
    }
    return tuple(modality for modality, is_there in there.items() if is_there)
