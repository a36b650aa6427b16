"""A batch from beginning to end: find the clips, do what is not done, and put the study together."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from microemo.batch import dataset, inputs, local, ray
from microemo.batch.dataset import Entry
from microemo.batch.stages import Stages
from microemo.batch.store import Content, Store
from microemo.batch.work import Engine, Job
from microemo.data.manifest import Sample
from microemo.hooks import Hook, silent

ENGINES: dict[str, Callable[[int | None], Engine]] = {"local": local.engine, "ray": ray.engine}
READERS = 8  # files that are read at a time, to know their content


@dataclass(frozen=True)
class Batch:
    """What became of the clips that were asked for, of one shard or of all.

    done         names of those with a result
    failed       why others have none, by their names, or by their places in a manifest
    left_alone   files in the folders that are no media by their names
    num_new      contents that this run analysed; the others were done, or are the same as another clip's
    num_missing  clips of other shards with which nothing is done yet
    dataset      folder of the data set; None while clips are missing
    """

    done: tuple[str, ...]
    failed: Mapping[str, str]
    left_alone: tuple[Path, ...]
    num_new: int
    num_missing: int
    dataset: Path | None


def run(
    given: Sequence[str],
    out: Path,
    stages: Stages,
    engine: str = "local",
    workers: int | None = None,
    shard: tuple[int, int] = (1, 1),
    retry_failed: bool = False,
    hook: Hook = silent,
) -> Batch:
    """Analyse what ``given`` names (see ``inputs.find``) into ``out``, and write the data set of the study.

    ``shard`` (i, n) takes every n-th clip, for n runs side by side; whichever is the last to finish writes the data
    set. What is done stays done, and what failed as well unless ``retry_failed``. The hook's steps are "read" and
    "analyze", in clips. Raises ``InputError`` where nothing can be read or written at all, ``WeightsError`` where there
    is no such model, and ``MicroEmoError`` where what an engine needs is not there.
    """
    dataset.needed()
    stages.needed()
    work = ENGINES[engine](workers)
    study = inputs.find(given, out)
    own = inputs.share(study.samples, shard)
    store = Store(out.absolute())
    jobs = _jobs(own, _look(own, store, hook), stages, store, retry_failed)
    if jobs:
        hook("analyze", 0, len(jobs))
        for number, _ in enumerate(work(jobs, stages, store), start=1):
            hook("analyze", number, len(jobs))
    found = {sample.name: _entry(sample, stages, store) for sample in study.samples}
    entries = [entry for entry in found.values() if entry is not None]
    mine = [entry for entry in (found[sample.name] for sample in own) if entry is not None]
    num_missing = len(found) - len(entries)
    return Batch(
        done=tuple(entry.sample.name for entry in mine if entry.error is None),
        failed={entry.sample.name: entry.error for entry in mine if entry.error is not None}
        | {fault.place: fault.reason for fault in study.faults},
        left_alone=study.left_alone,
        num_new=len(jobs),
        num_missing=num_missing,
        dataset=None if num_missing else dataset.write(store, entries),
    )


def _look(samples: Sequence[Sample], store: Store, hook: Hook) -> list[Content]:
    """The content of each clip, as it is now."""
    contents: list[Content] = []
    hook("read", 0, len(samples))
    with ThreadPoolExecutor(READERS) as readers:
        for content in readers.map(store.look, samples):
            contents.append(content)
            hook("read", len(contents), len(samples))
    return contents


def _jobs(
    samples: Sequence[Sample], contents: Sequence[Content], stages: Stages, store: Store, retry_failed: bool
) -> list[Job]:
    """Each content once that is not done."""
    jobs: dict[str, Job] = {}
    for sample, content in zip(samples, contents, strict=True):
        if content.sha256 is not None and (key := stages.key(content.sha256)) not in jobs:
            if retry_failed:
                store.forget_failed(key)
            if store.outcome(key) is None:
                jobs[key] = Job(key, sample)
    return list(jobs.values())


def _entry(sample: Sample, stages: Stages, store: Store) -> Entry | None:
    """How a clip stands in the data set; None if nothing is done with it yet."""
    content = store.content(sample.name)
    if content is None:
        return None
    if content.sha256 is None:
        return Entry(sample, None, content.error)
    key = stages.key(content.sha256)
    outcome = store.outcome(key)
    return Entry(sample, key, outcome.error) if outcome else None
