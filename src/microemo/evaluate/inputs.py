"""What the user names, as tables by task: one file, or a folder with a file for each task of MER-UniBench."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from microemo.errors import InputError
from microemo.evaluate import tables
from microemo.evaluate.evaluation import File
from microemo.evaluate.records import Table
from microemo.evaluate.unibench import TASKS, Task

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".npz")


@dataclass(frozen=True)
class Source:
    """A table and the file that it was read from; ``extracted`` if labels were found in its texts."""

    task: Task
    file: File
    table: Table
    extracted: bool = False


def truths(path: Path, task: str | None = None, split: str | None = None) -> list[Source]:
    """The truth of each task. A single file is of the task named, else of what its rows hold: labels or sentiments.

    Raises ``InputError`` as ``tables.read`` does, and on a task that is not of MER-UniBench.
    """
    if task is not None and task not in TASKS:
        raise InputError(f"{task}: no such task; one of {', '.join(TASKS)}")
    files = _files_of_tasks(path)
    if files and task is None:
        return [_source(TASKS[stem], file, split) for stem, file in files.items()]
    table = tables.read(path, split)
    of = TASKS[task] if task else _task(path, table)
    return [Source(of, _file(path, table, of.name), table)]


def predictions(path: Path, of: list[Source]) -> dict[str, Source]:
    """A system's tables by the name of the task; of a benchmark's folder, of those tasks that it has.

    Raises ``InputError`` as ``tables.read`` does, and where there is none.
    """
    files = _files_of_tasks(path)
    if not files:
        if len(of) > 1:
            raise InputError(f"{path}: not a folder with files of tasks ({', '.join(TASKS)}), as the truth is")
        return {of[0].task.name: _source(of[0].task, path)}
    wanted = {source.task.name for source in of}
    found = {TASKS[stem].name: _source(TASKS[stem], file) for stem, file in files.items() if TASKS[stem].name in wanted}
    if not found:
        raise InputError(f"{path}: has no file of {', '.join(sorted(wanted))}")
    return found


def _source(task: Task, path: Path, split: str | None = None) -> Source:
    table = tables.read(path, split)
    return Source(task, _file(path, table, task.name), table)


def _file(path: Path, table: Table, task: str) -> File:
    return File(task=task, path=str(path), sha256=_sha256(path), num_clips=len(table))


def _task(path: Path, table: Table) -> Task:
    labelled = any(row.labels is not None or row.text for row in table.values())
    return Task(path.stem, "open" if labelled else "sentiment")


def _files_of_tasks(path: Path) -> dict[str, Path]:
    """Files in a folder that are named after tasks, in the benchmark's order; nothing if it is no such folder."""
    return {
        stem: file
        for stem in TASKS
        for suffix in SUFFIXES
        if path.is_dir() and (file := path / f"{stem}{suffix}").is_file()
    }


def _sha256(path: Path) -> str:
    """Of a file; of a folder of results, of all that is read of it."""
    digest = hashlib.sha256()
    for file in sorted(_content(path)):
        digest.update(hashlib.sha256(file.read_bytes()).digest() if path.is_dir() else file.read_bytes())
    return digest.hexdigest()


def _content(path: Path) -> Iterator[Path]:
    yield from path.rglob("result.json") if path.is_dir() else [path]
