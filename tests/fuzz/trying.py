"""Damaged inputs one after the other in a process that may hang, run out of memory or die; and what came of each."""

import multiprocessing
import random
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from damage import damaged, mangled

LONGEST_SEC = 30.0
MOST_MEMORY = 2 << 30  # bytes
ADDRESSES = 16 << 30  # bytes; libraries map far more than they hold
FINE = ("read", "refused")


@dataclass(frozen=True)
class Trial:
    """A damaged input: a kind, a good file, and the chance that damages it."""

    kind: str
    good: Path
    seed: int

    def write(self, folder: Path) -> Path:
        """Under the good file's own name, in the kind's folder, where what it names may lie."""
        path = folder / self.kind / self.good.name
        path.parent.mkdir(exist_ok=True)
        rng, content = random.Random(f"{self.kind} {self.good.name} {self.seed}"), self.good.read_bytes()
        as_json = self.good.suffix == ".json" and rng.random() < 0.8
        path.write_bytes(mangled(content, rng) if as_json else damaged(content, rng))
        return path


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: read, refused, or a fault: many lines, another exception, a hang, memory, a crash."""

    trial: Trial
    what: str
    said: str = ""

    def __str__(self) -> str:
        return f"{self.trial.kind} {self.trial.good.name} {self.trial.seed}: {self.what}: {self.said}"

    @property
    def is_fault(self) -> bool:
        return self.what not in FINE


def outcomes(trials: Sequence[Trial], folder: Path) -> Iterator[Outcome]:
    """In order; a process that hangs or dies is replaced by another."""
    context = multiprocessing.get_context("spawn")
    left = list(trials)
    while left:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, left, folder), daemon=True)
        process.start()
        theirs.close()
        ours.recv()  # it is ready
        while left:
            try:
                answered = ours.poll(LONGEST_SEC)
                what, said = ours.recv() if answered else ("hang", f"more than {LONGEST_SEC:.0f} s")
            except EOFError:
                what, said = "crash", "the process died"
            yield Outcome(left.pop(0), what, said)
            if what in ("hang", "crash", "memory"):  # a peak stays: another process goes on
                break
        process.kill()
        process.join()


def _work(answer: Connection, trials: Sequence[Trial], folder: Path) -> None:
    from reading import READ

    from microemo.bench import peak_mb
    from microemo.errors import MicroEmoError

    _limit_memory()
    answer.send("ready")
    for trial in trials:
        path, what, said = trial.write(folder), "read", ""
        try:
            READ[trial.kind](path)
        except MicroEmoError as error:
            what, said = "refused" if "\n" not in str(error) else "many lines", str(error)
        except BaseException:
            what, said = "traceback", traceback.format_exc()
        if peak_mb() * 1e6 > MOST_MEMORY:
            what, said = "memory", f"{peak_mb():.0f} MB"
        if what in FINE:
            path.unlink()
        else:
            said = f"{path.rename(path.with_name(f'{trial.seed}-{path.name}'))}: {said}"
        answer.send((what, said))


def _limit_memory() -> None:
    """A wild size ends in an error here, and not in the end of another process."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
