"""The loop of ``microemo predict``: one system on every clip, one row for each, even where it fails."""

import time
from dataclasses import dataclass
from pathlib import Path

from microemo.errors import InputError, reason
from microemo.hooks import Hook, silent
from microemo.predict import clips as manifest
from microemo.predict import predictions, prompts, specs
from microemo.predict.clips import ClipEntry
from microemo.predict.predictions import Prediction
from microemo.predict.settings import DEFAULT_LOADING, DEFAULT_SETTINGS, LoadOptions, PredictionSettings
from microemo.predict.system import System


@dataclass(frozen=True)
class PredictionRun:
    """Names of the clips that this run answered, that the file answered before, and that failed."""

    answered: tuple[str, ...]
    kept: tuple[str, ...]
    failed: tuple[str, ...]


def predict(
    clips: Path,
    model: str,
    out: Path,
    prompt: str = "reasoning",
    settings: PredictionSettings = DEFAULT_SETTINGS,
    loading: LoadOptions = DEFAULT_LOADING,
    resume: bool = False,
    hook: Hook = silent,
) -> PredictionRun:
    """Run a model (see ``specs``) on all clips (see ``clips``), and append its predictions to ``out``.

    ``prompt`` is the name of a question in ``prompts.toml``, or a question. A clip that fails gets a row that says
    why, and the others go on. With ``resume``, clips that ``out`` answers are left alone, and those that failed are
    tried again. The hook's step is "predict", in clips. Raises ``InputError`` or ``WeightsError`` where nothing can
    be run at all: no such clips or model, or an ``out`` that is there already or holds something else.
    """
    entries = manifest.read(clips)
    question = prompts.question(prompt)
    if out.exists() and not resume:
        raise InputError(f"{out} exists; resume it, or name another file")
    system = specs.build(model, question, settings, loading, hook)
    made_by = system.name, prompts.sha256(system.question), settings
    answered = predictions.keep_answers(out, made_by) if out.exists() else set()
    return _run(entries, system, settings, out, answered, hook)


def _run(
    entries: tuple[ClipEntry, ...],
    system: System,
    settings: PredictionSettings,
    out: Path,
    answered: set[str],
    hook: Hook,
) -> PredictionRun:
    rows: list[Prediction] = []
    todo = [entry for entry in entries if entry.name not in answered]
    hook("predict", 0, len(todo))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("ab", buffering=0) as file:
            for entry in todo:
                rows.append(_row(entry, system, settings))
                file.write(rows[-1].line())
                hook("predict", len(rows), len(todo))
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}); name another file") from error
    return PredictionRun(
        answered=tuple(row.name for row in rows if row.error is None),
        kept=tuple(entry.name for entry in entries if entry.name in answered),
        failed=tuple(row.name for row in rows if row.error is not None),
    )


def _row(entry: ClipEntry, system: System, settings: PredictionSettings) -> Prediction:
    """The system's prediction for a clip, or a row that says why there is none."""
    begun = time.perf_counter()
    try:
        output = vars(system.predict(entry))
    except Exception as error:  # a batch of hours must not end with one clip, whatever the model trips over
        output = {"error": reason(error)}
    return Prediction(
        name=entry.name,
        system=system.name,
        prompt=system.question,
        prompt_sha256=prompts.sha256(system.question),
        settings=settings,
        speaker=entry.speaker,
        seconds=round(time.perf_counter() - begun, 3),
        **output,
    )
