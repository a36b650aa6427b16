"""A clip's work, whoever does it: analyse it unless that is done, and keep what became of it."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import torch

from microemo.batch.stages import Stages
from microemo.batch.store import Outcome, Store
from microemo.data.manifest import Sample
from microemo.errors import InputError, MicroEmoError, reason
from microemo.result import Result

Made = TypeVar("Made")
WORKER_GB = 4  # what a worker takes at its peak, with the pages of files that it reads
DIED = "whoever analysed it died, more than once; too little memory, or a fault in a decoder"


@dataclass(frozen=True)
class Job:
    """A content to be analysed: the key of its folder, and one of the clips that have it."""

    key: str
    sample: Sample


class Engine(Protocol):
    """Does all jobs, in any order, keeps what becomes of each in the store, and yields its key when that is done.

    Raises ``MicroEmoError`` where no job can be done: for want of weights, of room, of a device.
    """

    def __call__(self, jobs: Sequence[Job], stages: Stages, store: Store) -> Iterator[str]: ...


def default_workers() -> int:
    """As many as there are processors that this process may use, and memory for."""
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return max(1, min(len(os.sched_getaffinity(0)), int(memory_gb / WORKER_GB)))


def one_thread() -> None:
    """To be called in each worker: sums in one order, so that however many they are, every answer is the same."""
    torch.set_num_threads(1)


def analyse(job: Job, stages: Stages, store: Store) -> None:
    """Both halves in this process, while others who want the same clip wait."""
    with store.claimed(job.key):
        if store.outcome(job.key) is None:
            keep(job.key, attempt(lambda: stages.understand(stages.perceive(job.sample))), stages, store)


def attempt(make: Callable[[], Made]) -> Made | Outcome:
    """What is made, or why not. Raises ``MicroEmoError`` where that is no matter of the clip."""
    try:
        return make()
    except InputError as error:
        return Outcome(error=reason(error))
    except MicroEmoError:
        raise
    except Exception as error:  # a batch of days must not end with one clip, whatever the model trips over
        return Outcome(error=reason(error))


def keep(key: str, found: Result | Outcome, stages: Stages, store: Store) -> None:
    """A clip's folder, of a result or of a failure. Whoever calls has claimed the clip."""

    def write(folder: Path) -> None:
        if isinstance(found, Result):
            stages.write(found, folder)

    if isinstance(found, Outcome):
        store.keep(key, found)
        return
    try:
        store.keep(key, Outcome(), write)
    except MicroEmoError:
        raise
    except Exception as error:  # a report that trips over one result
        store.keep(key, Outcome(error=reason(error)))


def lost(job: Job, store: Store) -> None:
    """Note of a clip that whoever analyses it dies."""
    with store.claimed(job.key):
        if store.outcome(job.key) is None:
            store.keep(job.key, Outcome(error=f"{job.sample.path}: {DIED}"))
