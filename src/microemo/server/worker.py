"""The one process that holds the model: jobs are sent to it, and it can be killed without harm to the server."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from microemo.errors import MicroEmoError
from microemo.hooks import Hook

if TYPE_CHECKING:
    from microemo.server.jobs import Options

JOIN_SEC = 10.0


@dataclass(frozen=True)
class Task:
    """A job as the worker sees it: files to read, a folder to write to, and what the recording is called."""

    name: str
    media: Path
    subtitles: Path | None
    neutral: Path | None
    options: "Options"
    folder: Path


Analyze = Callable[[Task, Hook], None]
Load = Callable[[], Analyze]


class WorkerDiedError(Exception):
    """The process ended, killed or on its own, with a job in its hands."""


class Worker:
    """A process that analyses one task at a time; started when it is needed, and again after it was killed."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None

    def start(self) -> Connection:
        """The connection to a process that is ready. Raises ``MicroEmoError`` where the model cannot be loaded."""
        if self._connection is not None and self._process is not None and self._process.is_alive():
            return self._connection
        self.kill()
        spawning = multiprocessing.get_context("spawn")  # a forked process would share the server's threads' locks
        ours, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_work, args=(theirs, self._load), daemon=True)
        self._process.start()
        theirs.close()
        self._connection = ours
        try:
            problem = ours.recv()
        except (EOFError, OSError):
            raise MicroEmoError(f"the worker process did not start ({self._how_it_ended()})") from None
        if problem is not None:
            raise MicroEmoError(problem)
        return ours

    def run(self, task: Task, hook: Hook) -> str | None:
        """Analyse; why that failed, or None. Raises ``WorkerDiedError``, and as ``start``."""
        connection = self.start()
        try:
            connection.send(task)
            while isinstance(told := connection.recv(), tuple):
                hook(*told)
        except (EOFError, OSError):
            raise WorkerDiedError(self._how_it_ended()) from None
        return told or None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(JOIN_SEC)

    def _how_it_ended(self) -> str:
        assert self._process is not None
        self._process.join(JOIN_SEC)
        code = self._process.exitcode or 0
        if code == -signal.SIGKILL:
            return "killed, perhaps for want of memory"
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _work(connection: Connection, load: Load) -> None:
    """The process: first None or why there is no model; then for each task its progress, and "" or why it failed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        analyze = load()
    except Exception as error:
        connection.send(_in_a_line(error))
        return
    connection.send(None)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        connection.send(_attempt(analyze, task, lambda *told: connection.send(told)))


def _attempt(analyze: Analyze, task: Task, hook: Hook) -> str:
    try:
        analyze(task, hook)
    except Exception as error:
        message = _in_a_line(error)
        for path in filter(None, (task.media, task.subtitles, task.neutral)):
            message = message.replace(str(path), path.name)  # where a server keeps its files is its own business
        return message
    return ""


def _in_a_line(error: Exception) -> str:
    told = str(error) if isinstance(error, MicroEmoError) else f"{type(error).__name__}: {error} (unexpected)"
    return " ".join(told.split()) or type(error).__name__


def _end_with_parent() -> None:
    """A server that is killed cannot end its worker, which would go on beside the next server's."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
