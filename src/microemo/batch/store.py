"""The folder of a batch: what is done, and is so for good.

    clips/KEY/          a clip's results and ``job.json``, or of a clip that failed ``job.json`` alone, with the reason
    inputs/NAME.json    which content a clip of that name has, NAME being a hash of it
    dataset/            the study as Parquet (``dataset``)

A folder appears whole, by a rename, or not at all. KEY says what is in it (``Stages.key``), so that it never changes.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from microemo import files
from microemo.batch.inputs import content_sha256
from microemo.data.manifest import Sample
from microemo.errors import InputError, reason
from microemo.report import result_json
from microemo.result import Result
from microemo.schema import Record

JOB = "job.json"


class Outcome(Record):
    """What became of a clip: ``error`` is why there is no result, in one line; None if there is one."""

    error: str | None = None


class Content(Record):
    """What was found under a clip's name: its content, or why it cannot be read."""

    name: str
    sha256: str | None = None
    error: str | None = None


class Store:
    """A batch's folder. Each method that writes raises ``InputError`` where that cannot be done."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, key: str) -> Path:
        return self.root / "clips" / key

    def outcome(self, key: str) -> Outcome | None:
        """What became of a clip; None if nothing yet."""
        try:
            return Outcome.model_validate_json((self.folder(key) / JOB).read_bytes())
        except (OSError, ValidationError):
            return None

    def result(self, key: str) -> Result:
        """The result of a clip that has one. Raises ``InputError`` where it cannot be read."""
        return Result.read(self.folder(key) / result_json.FILENAME)

    @contextmanager
    def claimed(self, key: str) -> Iterator[None]:
        """Waits until no other process is at work on the clip, and keeps them waiting."""
        with _reported(self.root):
            locks = self.root / ".locks"
            locks.mkdir(parents=True, exist_ok=True)
            lock = FileLock(locks / key)
            lock.acquire()
        try:
            yield
        finally:
            if self.outcome(key) is not None:  # whoever still waits has nothing to do
                Path(lock.lock_file).unlink(missing_ok=True)
            lock.release()

    def keep(self, key: str, outcome: Outcome, write: Callable[[Path], None] = lambda _: None) -> None:
        """Make a clip's folder, with what ``write`` puts there. Whoever does so has claimed the clip."""
        ready = self.folder(key)
        part = ready.with_name(f".{key}")  # what a killed process left there is nobody's: the clip is claimed
        with _reported(self.root):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
        try:
            write(part)
            files.write(part / JOB, outcome.model_dump_json().encode())
            with _reported(self.root):
                shutil.rmtree(ready, ignore_errors=True)  # what is damaged, or forgotten
                part.rename(ready)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def forget_failed(self, key: str) -> None:
        """Do as if a clip that failed had never been analysed."""
        with self.claimed(key), _reported(self.root):
            outcome = self.outcome(key)
            if outcome is not None and outcome.error is not None:
                (self.folder(key) / JOB).unlink()

    def look(self, sample: Sample) -> Content:
        """Read a clip's files, and note what its content is."""
        try:
            content = Content(name=sample.name, sha256=content_sha256(sample))
        except InputError as error:
            content = Content(name=sample.name, error=reason(error))
        files.write(self._noted(sample.name), content.model_dump_json().encode())
        return content

    def content(self, name: str) -> Content | None:
        """What was last noted under a clip's name, by this process or another; None if nothing was."""
        try:
            return Content.model_validate_json(self._noted(name).read_bytes())
        except (OSError, ValidationError):
            return None

    def _noted(self, name: str) -> Path:
        return self.root / "inputs" / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"


@contextmanager
def _reported(root: Path) -> Iterator[None]:
    """What is wrong with the folder, as an error for the user."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{root}: cannot be written ({error.strerror or error}); choose another --out") from error
