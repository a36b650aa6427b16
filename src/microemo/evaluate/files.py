"""Files of an evaluation, written whole or not at all."""

import os
from pathlib import Path

from microemo.errors import InputError


def write(path: Path, content: bytes) -> Path:
    """Write a file, make its directory, and return its path. Raises ``InputError`` where that cannot be done."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content)
            return part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
