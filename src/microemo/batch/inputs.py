"""What a batch is to work on: the files of folders, globs and a manifest, each by a name, and told apart by content."""

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from microemo import files
from microemo.data import manifest
from microemo.data.manifest import Fault, Sample
from microemo.data.measure import cues_of
from microemo.errors import InputError
from microemo.media.suffixes import is_media

MANIFESTS = (".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True)
class Study:
    """All clips of a study, by name, the rows of its manifest that are none, and files of its folders left alone."""

    samples: tuple[Sample, ...]
    faults: tuple[Fault, ...] = ()
    left_alone: tuple[Path, ...] = ()


def find(given: Sequence[str], out: Path) -> Study:
    """The study that folders, files and globs are, or a manifest alone.

    Of a folder, files with the name of media are taken, at any depth; a file that is named, by a glob as well, is taken
    whatever its name. A clip's name is its path from the folder that holds all that was given; a manifest's clips have
    names. What is in ``out`` and what is hidden is not seen. Raises ``InputError`` where something is not there, and
    where there are no clips.
    """
    paths = [path for text in given for path in _paths(text) if path.absolute() != out.absolute()]
    if not paths:
        raise InputError(f"--out {out}: the study's own folder; name another one, which may be in it")
    if len(paths) == 1 and _is_manifest(paths[0]):
        found = manifest.read(paths[0], max_failed_share=1, labelled=False)
        return Study(tuple(sorted(found.samples, key=lambda sample: sample.name)), found.faults)
    if together := next(filter(_is_manifest, paths), None):
        raise InputError(f"{together}: a manifest goes alone, without other files")
    base = Path(os.path.commonpath([path.absolute() if path.is_dir() else path.absolute().parent for path in paths]))
    seen = {file.absolute(): file for path in paths for file in _files(path, out.absolute())}
    taken = {file: path for file, path in seen.items() if path in paths or is_media(path)}
    if not taken:
        raise InputError(f"{', '.join(given)}: no video and no audio files; name a folder of them, or the files")
    samples = [Sample(name=file.relative_to(base).as_posix(), path=path) for file, path in taken.items()]
    return Study(
        samples=tuple(sorted(samples, key=lambda sample: sample.name)),
        left_alone=tuple(sorted(path for file, path in seen.items() if file not in taken)),
    )


def share(samples: Sequence[Sample], shard: tuple[int, int]) -> Sequence[Sample]:
    """The ``i``-th of ``n`` shares, counted from 1: every n-th clip. Raises ``InputError`` where there is no such."""
    number, of = shard
    if not 1 <= number <= of:
        raise InputError(f"--shard {number}/{of}: shards are 1/{of} to {of}/{of}; start the array at 1")
    return samples[number - 1 :: of]


def content_sha256(sample: Sample) -> str:
    """Of the bytes of its media and of the words that are given with it. Raises ``InputError`` as reading does."""
    media = [files.sha256(path) for path in (sample.path, sample.audio) if path is not None]
    return hashlib.sha256(json.dumps([media, cues_of(sample)]).encode()).hexdigest()


def _paths(text: str) -> Iterable[Path]:
    """What a word of the command line names. Raises ``InputError`` where that is nothing."""
    if Path(text).exists():
        return [Path(text)]
    if found := sorted(glob.glob(text, recursive=True)):  # noqa: PTH207 (which takes no absolute ones)
        return map(Path, found)
    raise InputError(f"{text}: no such file, folder or glob")


def _is_manifest(path: Path) -> bool:
    return path.suffix.lower() in MANIFESTS and path.is_file()


def _files(path: Path, out: Path) -> Iterator[Path]:
    """The file, or those of the folder at any depth, neither hidden ones nor ours; no link to a folder is followed."""
    if not path.is_dir():
        yield path
        return
    try:
        for folder, folders, names in os.walk(path, onerror=_raise):
            folders[:] = [name for name in folders if name[0] != "." and Path(folder, name).absolute() != out]
            yield from (Path(folder, name) for name in names if name[0] != ".")
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be read ({error.strerror})") from error


def _raise(error: OSError) -> None:
    raise error
