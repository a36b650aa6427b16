"""Files written whole or not at all, and told apart by their content."""

import hashlib
import os
import tempfile
import threading
from pathlib import Path

from microemo.errors import InputError


def write(path: Path, content: bytes) -> Path:
    """Write a file so that readers, and whoever writes it at the same time, only ever see it whole; return its path.

    Folders are made where needed. Raises ``InputError`` where the file cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content)
            return part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def check_writable(folder: Path) -> None:
    """Raises ``InputError`` where nothing can be written to a folder, be it there or not: before hours of work."""
    try:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        with tempfile.TemporaryDirectory(dir=there):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: cannot be written ({error.strerror}); choose another place")


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hex. Raises ``InputError`` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
