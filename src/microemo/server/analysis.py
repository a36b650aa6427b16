"""What the worker does with a task: analyse it, and write what ``microemo analyze`` writes."""

from pathlib import Path

from microemo import files, report
from microemo.hooks import Hook
from microemo.report import html
from microemo.result import Result
from microemo.server.worker import Analyze, Task


def load(model: str, device: str) -> Analyze:
    """A model, ready for tasks. Raises ``WeightsError`` where there is none, ``MicroEmoError`` without the device."""
    from microemo import pipeline

    pipe = pipeline.load(model, device)

    def analyze(task: Task, hook: Hook) -> None:
        options = task.options.model_dump(exclude={"columns", "formats"})
        result = pipe.analyze(task.media, subtitles=task.subtitles, neutral=task.neutral, hook=hook, **options)
        save(result, task)

    return analyze


def save(result: Result, task: Task) -> None:
    """Write the files; none tells where the server keeps the recording, which the report has embedded.

    The report knows that it is served, so that what is corrected in it comes here.
    """
    named = _named(result, task)
    here = named.model_copy(update={"clip": result.clip})
    files.write(task.folder / html.FILENAME, html.render(here, result.key_frames, served=True))
    report.save(named, task.folder, ["json", *sorted({*task.options.formats} - {"json", "html"})], result.key_frames)
    if task.options.columns is not None:
        report.series.save(result.series, named.clip, task.folder, task.options.columns)


def _named(result: Result, task: Task) -> Result:
    paths = [path for path in (task.media, task.subtitles, task.neutral) if path is not None]
    warnings = tuple(_without_folders(warning, paths) for warning in result.warnings)
    clip = result.clip.model_copy(update={"path": task.name})
    return result.model_copy(update={"clip": clip, "warnings": warnings})


def _without_folders(text: str, paths: list[Path]) -> str:
    for path in paths:
        text = text.replace(str(path), path.name)
    return text
