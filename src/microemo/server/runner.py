"""Takes the queue's jobs to the worker, one after another."""

import threading

from microemo.errors import MicroEmoError
from microemo.server.jobs import Job, Progress
from microemo.server.places import Places
from microemo.server.store import Store
from microemo.server.worker import Task, Worker, WorkerDiedError


class Runner:
    """A thread between the store and the worker. Progress is kept here: it means nothing after a restart."""

    def __init__(self, store: Store, places: Places, worker: Worker) -> None:
        self._store, self._places, self._worker = store, places, worker
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closing = False
        self._current: str | None = None
        self._progress: Progress | None = None
        self._thread = threading.Thread(target=self._work, name="runner", daemon=True)

    def start(self) -> None:
        """Go on where the last server stopped. Raises ``MicroEmoError`` where the model cannot be loaded."""
        self._worker.start()
        self._store.recover()
        self._places.sweep(self._store.ids())
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def close(self) -> None:
        """Stop at once; a job that runs will run again."""
        self._closing = True
        self._wake.set()
        self._worker.kill()
        while self._thread.is_alive():  # it may have started another worker meanwhile
            self._worker.kill()
            self._thread.join(0.1)

    def cancel(self, job_id: str) -> None:
        """Stop a job of which the store no longer knows, and remove its files."""
        with self._lock:
            if self._current == job_id:
                self._worker.kill()
        self._places.remove(job_id)

    def progress(self, job_id: str) -> Progress | None:
        current, progress = self._current, self._progress
        return progress if current == job_id else None

    def _work(self) -> None:
        while not self._closing:
            self._wake.clear()
            with self._lock:
                job = None if self._closing else self._store.claim()
                self._progress, self._current = None, job.id if job else None
            if job is None:
                self._wake.wait()
            else:
                self._run(job)

    def _run(self, job: Job) -> None:
        try:
            error = self._worker.run(self._task(job), self._note)
        except WorkerDiedError as death:
            error = f"the worker process stopped ({death})"
        except MicroEmoError as problem:
            error = str(problem)
        if self._closing:
            return
        with self._lock:
            self._current = None
        folder = self._places.results(job.id)
        files = sorted(path.name for path in folder.iterdir()) if folder.is_dir() and not error else ()
        self._store.finish(job.id, error, files)
        if self._store.get(job.id) is None:  # deleted before the worker had it
            self._places.remove(job.id)

    def _task(self, job: Job) -> Task:
        sources = self._store.sources(job.id)
        if sources is None:
            raise MicroEmoError("the job was deleted")
        media, subtitles, neutral = (
            name and self._places.source(job.id, sources, name)
            for name in (sources.media, sources.subtitles, sources.neutral)
        )
        assert media
        folder = self._places.results(job.id)
        return Task(job.name, media, subtitles or None, neutral or None, job.options, folder)

    def _note(self, step: str, completed: float, total: float | None, /) -> None:
        self._progress = Progress(step=step, completed=completed, total=total)
