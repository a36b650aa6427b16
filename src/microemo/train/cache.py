"""The feature cache: what the frozen encoders say of a clip, computed once, kept on a bounded share of the disk.

A shard is one clip, a safetensors file named by its key: a hash of the media's bytes, the encoders' weights and the
settings, so that whatever changes any of them finds no shard. Shards appear whole or not at all, and carry a
checksum: one that is damaged is named and computed again. Where space runs out, those that were used longest ago go.
Several processes may share a cache.
"""

import hashlib
import json
import logging
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn, uint8

from microemo import files

logger = logging.getLogger("microemo")

SUFFIX = ".safetensors"
KEPT_SHARE = 0.9  # of the space, after some was freed: the shards are not listed again at every next one


@dataclass(frozen=True)
class Shard:
    """Tensors by name, and what else there is to know of them as JSON."""

    tensors: Mapping[str, Tensor]
    facts: str = ""

    @property
    def checksum(self) -> str:
        """Of all bytes, whatever order the tensors are in."""
        value = zlib.crc32(self.facts.encode())
        for name in sorted(self.tensors):
            value = zlib.crc32(_bytes(self.tensors[name]), zlib.crc32(name.encode(), value))
        return f"{value:08x}"


class FeatureCache:
    """Shards in a directory, ``max_bytes`` of them at most. Raises ``InputError`` where it cannot be written."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        self.directory = directory
        self.max_bytes = max_bytes

    def facts(self, key: str) -> str | None:
        """What is known of a shard besides its tensors, which are not read; None if there is no such shard."""
        try:
            with safe_open(self._path(key), "pt") as file:
                return (file.metadata() or {}).get("facts")
        except (OSError, SafetensorError):
            return None

    def get(self, key: str, compute: Callable[[], Shard]) -> Shard:
        """The shard of a key, computed unless it is here and whole; no two processes compute the same at a time."""
        path = self._path(key)
        if (found := _read(path)) is None:
            with self._lock(key[:2]):
                if (found := _read(path)) is None:
                    if path.exists():
                        logger.warning("%s is damaged; it is computed again", path)
                        path.unlink(missing_ok=True)
                    found = compute()
                    self._write(path, found)
        return found

    def _path(self, key: str) -> Path:
        return self.directory / key[:2] / f"{key}{SUFFIX}"

    def _write(self, path: Path, shard: Shard) -> None:
        content = save(dict(shard.tensors), {"facts": shard.facts, "checksum": shard.checksum})
        if len(content) > self.max_bytes:
            return
        with self._lock("size"):
            record = self.directory / "size"
            size = (int(record.read_text()) if record.exists() else self._used()) + len(content)
            if size > self.max_bytes:
                size = self._free(int(self.max_bytes * KEPT_SHARE) - len(content)) + len(content)
            files.write(record, str(size).encode())  # a process killed from here on leaves more room than it says
            files.write(path, content)

    def _free(self, num_bytes: int) -> int:
        """Remove what was used longest ago until no more than ``num_bytes`` are used; what then is."""
        used = 0
        for _, size, path in sorted(self._shards(), reverse=True):  # the latest first
            used += size
            if used > num_bytes:
                path.unlink(missing_ok=True)
                used -= size
        return used

    def _used(self) -> int:
        return sum(size for _, size, _ in self._shards())

    def _shards(self) -> Iterable[tuple[int, int, Path]]:
        """Time of the last use, size and path, also of parts that killed processes left."""
        for path in self.directory.glob("??/*"):
            try:
                status = path.stat()
            except FileNotFoundError:  # another process was faster
                continue
            yield status.st_mtime_ns, status.st_size, path

    def _lock(self, name: str) -> FileLock:
        locks = self.directory / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        return FileLock(locks / name)


def _read(path: Path) -> Shard | None:
    """A shard, marked as just used; None if there is none, or it is damaged."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            shard = Shard({name: file.get_tensor(name) for name in file.offset_keys()}, metadata.get("facts", ""))
        path.touch()
    except (OSError, SafetensorError):
        return None
    return shard if shard.checksum == metadata.get("checksum") else None


def key_of(media: Iterable[Path], weights: str, settings: object) -> str:
    """The key of a clip: what its features depend on. ``settings`` is anything that JSON can say.

    Raises ``InputError`` where a file cannot be read.
    """
    parts = [[files.sha256(path) for path in media], weights, settings]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def weights_hash(*modules: nn.Module) -> str:
    """SHA-256 over names and values of all tensors of the encoders."""
    digest = hashlib.sha256()
    for module in modules:
        for name, tensor in sorted(module.state_dict().items()):
            digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            digest.update(_bytes(tensor))
    return digest.hexdigest()


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.detach().cpu().contiguous().flatten().view(uint8).numpy().data
