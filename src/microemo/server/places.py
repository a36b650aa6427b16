"""Where a server's files lie, and which files of others it may read."""

import shutil
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from microemo.errors import InputError
from microemo.server.jobs import Sources

MAX_NAME_BYTES = 200  # file systems take 255; ours add to a name


class OutsideRootError(InputError):
    """A path that leads out of the root, or where there is no root."""


@dataclass(frozen=True)
class Places:
    """Every job has a folder of its own, of uploads and results; no other folder is ever written."""

    data: Path
    root: Path | None = None

    def job(self, job_id: str) -> Path:
        return self.data / "jobs" / job_id

    def uploads(self, job_id: str) -> Path:
        return self.job(job_id) / "uploads"

    def results(self, job_id: str) -> Path:
        return self.job(job_id) / "results"

    def corrected(self, job_id: str) -> Path:
        """Results as somebody corrected them."""
        return self.job(job_id) / "corrected"

    def remove(self, job_id: str) -> None:
        shutil.rmtree(self.job(job_id), ignore_errors=True)

    def sweep(self, known: Set[str]) -> None:
        """Remove what a server that was killed had no time to."""
        for folder in (self.data / "jobs").glob("*"):
            if folder.name not in known:
                self.remove(folder.name)

    def source(self, job_id: str, sources: Sources, file: str) -> Path:
        """The absolute path of one of a job's files. Raises as ``within_root``, whatever the path was before."""
        return (self.uploads(job_id) / file).absolute() if sources.uploaded else self.within_root(file)

    def within_root(self, path: str) -> Path:
        """The file that a path within the root names, links followed.

        Raises ``OutsideRootError`` where it leads elsewhere, and ``InputError`` where there is no such file.
        """
        if self.root is None:
            raise OutsideRootError("files cannot be named by path: this server has no --root")
        try:
            root = self.root.resolve()
            found = (root / path).resolve()
            if not found.is_relative_to(root):
                raise OutsideRootError(f"{path}: not within the root")
            if not found.is_file():
                raise InputError(f"{path}: no such file within the root")
        except (OSError, ValueError, RuntimeError) as error:  # too long a name, a null byte, links in a circle
            raise InputError(f"{path}: no such file within the root") from error
        return found


def safe_name(given: str | None, default: str) -> str:
    """A file name, of whatever a client calls its file: without folders and control characters, and not too long."""
    name = (given or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(char for char in name if char.isprintable()).strip().lstrip(".")
    stem, dot, suffix = name.rpartition(".")
    ending = f".{suffix}" if stem and dot and len(suffix.encode()) <= 16 else ""
    stem = (
        (name.removesuffix(ending) if ending else name).encode()[: MAX_NAME_BYTES - len(ending)].decode(errors="ignore")
    )
    return f"{stem}{ending}" if stem else default
