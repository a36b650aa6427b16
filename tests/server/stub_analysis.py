"""Stands in for the model, in a real worker process: what a recording says is what it does."""

import os
import time
from pathlib import Path

from microemo.errors import InputError
from microemo.hooks import Hook
from microemo.server.worker import Analyze, Task


def load() -> Analyze:
    return analyze


def analyze(task: Task, hook: Hook) -> None:
    text = task.media.read_bytes()
    hook("listen", 0, 2)
    if text.startswith(b"bad"):
        raise InputError(f"{task.media} cannot be opened: it is neither video nor audio")
    if text.startswith(b"bug"):
        raise RuntimeError("first line\nsecond line")
    if text.startswith(b"crash"):
        os._exit(9)
    if text.startswith(b"slow"):
        task.folder.mkdir(parents=True)
        (task.folder / "part").touch()
        hook("faces", 1, None)
        while not Path(os.environ["MICROEMO_TEST_GATE"]).exists():
            time.sleep(0.02)
    hook("listen", 2, 2)
    task.folder.mkdir(parents=True, exist_ok=True)
    said = f"{task.name} {len(text)} {text[:20]!r} {task.options.language} {task.options.why}"
    for other in (task.subtitles, task.neutral):
        said += f" {other.name}={other.read_text()}" if other else ""
    (task.folder / "result.json").write_text(f'{{"said": "{said}"}}'.replace("\\", ""))
    (task.folder / "report.html").write_text("<!doctype html><title>report</title>")


def load_nothing() -> Analyze:
    raise InputError("nano: no such model")
