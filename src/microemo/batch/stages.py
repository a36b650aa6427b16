"""What is done with a clip, and how: the settings that shape an answer, and the two halves of the pipeline with them.

Whoever analyses clips, in a process of its own or on another machine, has ``Stages`` of its own, and so a model that is
loaded once.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from microemo import __version__, files, report
from microemo.data.manifest import Sample
from microemo.data.measure import cues_of
from microemo.model import checkpoint
from microemo.pipeline import Pipeline, load, perceive
from microemo.report import series
from microemo.report.columns import Scheme
from microemo.result import Result
from microemo.schema import Clip, Record


class Settings(Record):
    """What shapes a clip's folder besides its content, its model and the version of this program.

    ``formats`` are those of ``report``, and ``columns`` the names of the series' columns, None for no series; the rest
    is as ``Pipeline.analyze`` has it.
    """

    asr: bool = True
    language: str | None = None
    diarize: bool | None = None
    audio_track: int | None = None
    why: bool = False
    formats: tuple[str, ...] = report.DEFAULT_FORMATS
    columns: Scheme | None = None


@dataclass(frozen=True)
class Stages:
    """The way from a clip to its folder, in three steps. ``model`` is a name or a folder, as ``load`` has it."""

    model: str
    settings: Settings
    device: str = "auto"

    @property
    def pipeline(self) -> Pipeline:
        """The one of this process."""
        return _pipeline(self.model, self.device)

    @cached_property
    def sha256(self) -> str:
        """Of all that shapes an answer besides the clip. Raises ``WeightsError`` where there is no such model."""
        parts = (self.pipeline.directory / name for name in (checkpoint.CONFIG, checkpoint.WEIGHTS, checkpoint.WORDS))
        model = [files.sha256(part) for part in parts if part.exists()]
        return _sha256([__version__, model, self.settings.model_dump(mode="json")])

    def needed(self) -> None:
        """Raises ``WeightsError`` where there is no such model; to be asked before the work."""
        self.key("")

    def key(self, content_sha256: str) -> str:
        """The name of a clip's folder."""
        return _sha256([content_sha256, self.sha256])[:32]

    def perceive(self, sample: Sample) -> Clip:
        """Media and perception, which need no model. Raises ``InputError`` where a file cannot be used."""
        chosen, mine = self.settings, self.pipeline
        return perceive(
            sample.path.absolute(), mine.config, cues_of(sample), chosen.asr, sound=sample.audio, device=mine.device,
            language=chosen.language, diarize=chosen.diarize, audio_track=chosen.audio_track,
        )  # fmt: skip

    def understand(self, clip: Clip) -> Result:
        """The model's answers."""
        return self.pipeline.understand(clip, why=self.settings.why)

    def write(self, result: Result, folder: Path) -> None:
        """All that the settings ask for, and always ``result.json``. Raises ``InputError`` where there is no room."""
        report.save(result, folder, list(dict.fromkeys(("json", *self.settings.formats))), result.key_frames)
        if self.settings.columns is not None:
            series.save(result.series, result.clip, folder, self.settings.columns)


@cache
def _pipeline(model: str, device: str) -> Pipeline:
    return load(model, device)


def _sha256(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
