"""The engine of one machine: worker processes, each with a model of its own, replaced if a clip kills them."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from microemo.batch.stages import Stages
from microemo.batch.store import Store
from microemo.batch.work import Engine, Job, analyse, default_workers, lost, one_thread
from microemo.errors import MicroEmoError

PROCESSES = multiprocessing.get_context("forkserver")  # which has imported all, and no threads yet
TRIES = 2  # of a clip whose worker dies


def engine(workers: int | None) -> Engine:
    """So many workers; by default as processors and memory allow, and on a GPU, which they would share, one."""
    return partial(run, workers=workers)


def run(jobs: Sequence[Job], stages: Stages, store: Store, workers: int | None) -> Iterator[str]:
    """See ``Engine``. A worker that dies, for want of memory or by a fault in a decoder, is replaced, and its clip
    tried once more.
    """
    workers = workers or (default_workers() if stages.pipeline.device.type == "cpu" else 1)
    PROCESSES.set_forkserver_preload([__name__])
    waiting = deque((job, TRIES) for job in jobs)
    team = [Worker(stages, store) for _ in range(min(workers, len(jobs)))]
    try:
        while waiting or any(worker.task for worker in team):
            for worker in team:
                if waiting and worker.task is None:
                    worker.begin(*waiting.popleft())
            ready = wait([worker.connection for worker in team if worker.task])
            for worker in team:
                if worker.task and worker.connection in ready:
                    job, tries = worker.task
                    if worker.has_done():
                        yield job.key
                    elif tries > 1:
                        waiting.appendleft((job, tries - 1))
                    else:
                        lost(job, store)
                        yield job.key
    finally:
        for worker in team:
            worker.stop()


class Worker:
    """A process that analyses clips, and the clip at which it is, with how often that may be tried."""

    connection: Connection
    _process: BaseProcess
    _has_started: bool

    def __init__(self, stages: Stages, store: Store) -> None:
        self._for = stages, store
        self.task: tuple[Job, int] | None = None
        self._hire()

    def begin(self, job: Job, tries: int) -> None:
        """Raises ``MicroEmoError`` where no worker gets as far as to a clip."""
        self._wait_for_start()
        self.task = job, tries
        with suppress(OSError):  # it has died idle, which shows at the next reading
            self.connection.send(job)

    def has_done(self) -> bool:
        """Whether the clip is done; if not, the process has died of it, and there is a new one.

        Raises ``MicroEmoError`` where no clip can be done.
        """
        self.task = None
        try:
            problem: MicroEmoError | None = self.connection.recv()
        except (EOFError, OSError):
            self.stop()
            self._hire()
            return False
        if problem is not None:
            raise problem
        return True

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self.connection.close()

    def _wait_for_start(self) -> None:
        if not self._has_started:
            try:
                self._has_started = self.connection.recv()
            except (EOFError, OSError) as error:
                hint = "a program of your own must call it under: if __name__ == '__main__'"
                raise MicroEmoError(f"workers end before they begin; {hint}") from error

    def _hire(self) -> None:
        self._has_started = False
        self.connection, theirs = PROCESSES.Pipe()
        self._process = PROCESSES.Process(target=_serve, args=(theirs, *self._for), daemon=True)
        self._process.start()
        theirs.close()  # so that its death ends what is read here


def _serve(connection: Connection, stages: Stages, store: Store) -> None:
    """A worker's life. It ends with its parent's, and it is the parent whom the user interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    one_thread()
    connection.send(True)
    while True:
        job = connection.recv()
        try:
            analyse(job, stages, store)
            connection.send(None)
        except MicroEmoError as error:
            connection.send(error)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGKILL)
