"""Our own model in the comparison, by the way that ``microemo analyze`` takes."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from microemo.media.probe import probe
from microemo.predict.clips import ClipEntry
from microemo.predict.settings import Modality
from microemo.predict.system import Answer

if TYPE_CHECKING:
    from microemo.pipeline import Pipeline
    from microemo.result import Result


@dataclass(frozen=True)
class Own:
    """A checkpoint of ours. It reads the file itself, has questions of its own, and names labels."""

    name: str
    pipeline: "Pipeline"
    asr: bool
    question: None = None

    def describe(self, clip: ClipEntry) -> Answer:
        """The overall answer. A subtitle from the manifest, which has no times, is said throughout the clip."""
        if clip.subtitle:
            with tempfile.TemporaryDirectory() as folder:
                subtitles = _subtitles(clip, Path(folder))
                result = self.pipeline.analyze(clip.path, subtitles=subtitles, asr=False)
        else:
            result = self.pipeline.analyze(clip.path, asr=self.asr)
        return Answer(
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


def _subtitles(clip: ClipEntry, folder: Path) -> Path:
    import pysubs2

    duration_ms = round(probe(clip.path).duration_sec * 1000)
    event = pysubs2.SSAEvent(start=0, end=duration_ms)
    event.plaintext = clip.subtitle
    file = folder / "subtitle.srt"
    subtitles = pysubs2.SSAFile()
    subtitles.append(event)
    subtitles.save(str(file))
    return file
