"""How long each stage of the whole path takes on this machine, and in how much memory (``microemo bench``)."""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from microemo import __version__, weights
from microemo.doctor import needed_parts
from microemo.hooks import Hook, silent


@dataclass
class Stage:
    """Seconds by the clock and of all cores; and the most that the process has held up to the stage's end, in MB."""

    name: str
    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass
class Benchmark:
    """A clip's way through the stages, in order."""

    clip: str
    clip_sec: float
    utterances: int
    people: int
    stages: list[Stage]
    cores: int
    machine: str = field(default_factory=lambda: f"{platform.machine()}, {platform.system()}")
    microemo_version: str = __version__

    @property
    def whole(self) -> Stage:
        return Stage(
            "all",
            sum(stage.seconds for stage in self.stages),
            sum(stage.cpu_seconds for stage in self.stages),
            max(stage.peak_mb for stage in self.stages),
        )


class Stopwatch:
    """Whatever goes on belongs to a stage: to the hook's step that has begun and not ended, else to ``rest``."""

    def __init__(self, rest: str) -> None:
        self.stages: dict[str, Stage] = {}
        self._rest = rest
        self._since: tuple[str | None, float, float] = (rest, time.perf_counter(), time.process_time())

    def enter(self, name: str | None) -> None:
        """What goes on from now on belongs to a stage of that name; None: to none."""
        before, started, cpu_started = self._since
        now, cpu_now = time.perf_counter(), time.process_time()
        self._since = (name, now, cpu_now)
        if before is not None:
            stage = self.stages.setdefault(before, Stage(before, 0.0, 0.0, 0.0))
            stage.seconds += now - started
            stage.cpu_seconds += cpu_now - cpu_started
            stage.peak_mb = peak_mb()

    def hook(self, step: str, completed: float, total: float | None, /) -> None:
        self.enter(self._rest if completed == total else step)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A stage, and in it the hook's own; ``rest`` is what of it belongs to none of them."""
        self._rest = name
        self.enter(name)
        yield
        self.enter(None)


def peak_mb() -> float:
    """The most that this process has held since it began; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():  # where ``resource`` would give a peak of whoever started the process
        return next(float(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) * 1024 / 1e6
    try:
        import resource
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def demonstration() -> Path:
    """The demonstration clip, fetched if need be. Raises ``WeightsError`` where it cannot be had."""
    return next(weights.path("demo_clip").glob("*.mp4"))


def measure(path: Path, model: str = "nano", device: str = "auto", hook: Hook = silent) -> Benchmark:
    """The whole path of ``microemo analyze`` over one file, stage by stage, in this process; our imports count.

    What is not yet here is fetched before, which the hook is told of. Raises as ``Pipeline.analyze`` does.
    """
    for part in needed_parts():
        weights.path(part, hook)
    watch = Stopwatch("imports")
    from microemo import pipeline

    analyzer = pipeline.load(model, device)
    with watch.stage("who and clues"):
        analyzer.load_beside()
        clip = analyzer.perceive(path, hook=watch.hook)
    with watch.stage("model"):  # what of its loading is left
        _ = analyzer.model
    with watch.stage("understand"):
        result = analyzer.understand(clip, watch.hook)
    with watch.stage("report"), tempfile.TemporaryDirectory() as folder:
        result.save(folder)
    return Benchmark(
        clip=path.name,
        clip_sec=result.clip.duration_sec,
        utterances=len(result.utterances),
        people=len(result.people),
        stages=list(watch.stages.values()),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    )
