"""The engine of a cluster: the two halves of the pipeline as two stages of Ray Data, which shares them out."""

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from microemo.batch.stages import Stages
from microemo.batch.store import Outcome, Store
from microemo.batch.work import Engine, Job, attempt, default_workers, keep, lost, one_thread
from microemo.errors import MicroEmoError
from microemo.extras import require
from microemo.schema import Clip

RETRIES = 2  # of a clip whose worker dies
PASSES = 2  # through all that came to nothing: where a whole machine goes, clips lose all retries in a moment

Row = dict[str, Any]


def engine(workers: int | None) -> Engine:
    """The cluster of ``RAY_ADDRESS``, else one of this machine, of so many processors.

    Raises ``MicroEmoError`` where Ray is not installed, and where workers are asked of a cluster that is there.
    """
    require("ray.data", "ray")
    if workers is not None and "RAY_ADDRESS" in os.environ:
        raise MicroEmoError("--workers: the cluster of RAY_ADDRESS has as many as it has; leave the option out")
    return partial(run, workers=workers or default_workers())


def run(jobs: Sequence[Job], stages: Stages, store: Store, workers: int) -> Iterator[str]:
    """See ``Engine``. All machines see the same folders by the same paths.

    A model has a GPU to itself, and perception a processor; without GPUs each half takes half of a processor, so that
    neither waits for the other's. A clip whose worker dies, or its machine, is tried again elsewhere.
    """
    ray, data = require("ray", "ray"), require("ray.data", "ray")
    if not ray.is_initialized():
        _join(ray, workers)
    waiting = {job.key: job for job in jobs}
    for _ in range(PASSES):
        for row in _rows(data, list(waiting.values()), stages, store, ray.cluster_resources()).iter_rows():
            if row["problem"]:
                raise MicroEmoError(row["problem"])
            if (job := waiting.pop(row["job"].key, None)) is not None:
                yield job.key
        if not waiting:
            return
    if len(waiting) == len(jobs) > 1:
        raise MicroEmoError(f"Ray: none of {len(jobs)} clips came back; is microemo installed on all its machines?")
    for job in waiting.values():
        lost(job, store)
        yield job.key


def _rows(data: Any, jobs: Sequence[Job], stages: Stages, store: Store, there: Mapping[str, float]) -> Any:
    """The jobs through both stages, on what is there of a cluster."""
    context = data.DataContext.get_current()
    context.max_errored_blocks = -1  # a clip that was tried often enough, and is then named
    context.enable_progress_bars = False  # ours is shown
    num_gpus = int(there.get("GPU", 0))
    with warnings.catch_warnings():  # how often to try again is no argument from Ray 2.64 on, which is kept out
        warnings.simplefilter("ignore")
        return (
            data.from_items([{"job": job} for job in jobs], override_num_blocks=len(jobs))
            .map(partial(perceive, stages=stages, store=store), num_cpus=1 if num_gpus else 0.5, max_retries=RETRIES)
            .map(
                Understand,
                fn_constructor_args=(stages, store),
                compute=data.ActorPoolStrategy(min_size=1, max_size=num_gpus or int(there["CPU"])),
                num_cpus=0 if num_gpus else 0.5,
                num_gpus=1 if num_gpus else 0,
                max_task_retries=RETRIES,
            )
        )


def perceive(row: Row, stages: Stages, store: Store) -> Row:
    """The first stage: the job with its clip, or with why there is none."""
    one_thread()
    job: Job = row["job"]
    if store.outcome(job.key) is not None:
        return _row(job, lambda: None)
    return _row(job, lambda: attempt(lambda: stages.perceive(job.sample)))


class Understand:
    """The second stage, which holds a model: the clip's folder."""

    def __init__(self, stages: Stages, store: Store) -> None:
        one_thread()
        self._stages, self._store = stages, store

    def __call__(self, row: Row) -> Row:
        return row | {"found": None} if row["found"] is None else _row(row["job"], lambda: self._keep(**row))

    def _keep(self, job: Job, found: Clip | Outcome, **_: Any) -> None:
        stages, store = self._stages, self._store
        with store.claimed(job.key):
            if store.outcome(job.key) is None:
                result = found if isinstance(found, Outcome) else attempt(lambda: stages.understand(found))
                keep(job.key, result, stages, store)


def _row(job: Job, make: Callable[[], Any]) -> Row:
    """A job with what is made of it; ``problem`` is why no job can be done, "" where there is no such reason."""
    try:
        return {"job": job, "found": make(), "problem": ""}
    except MicroEmoError as error:
        return {"job": job, "found": None, "problem": str(error)}


def _join(ray: Any, workers: int) -> None:
    """A cluster that is there, or one of this machine."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what fails is named by us
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    address = os.environ.get("RAY_ADDRESS")
    here = {} if address else {"address": "local", "num_cpus": workers, "include_dashboard": False}
    try:
        ray.init(**quiet, **here)
    except Exception as error:  # of no type of its own, where Ray's processes are too slow to start
        raise MicroEmoError(
            f"Ray {f'at {address} cannot be joined' if address else 'did not start'}: {error}"
        ) from error
