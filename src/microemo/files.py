"""Writing files whole or not at all."""

import os
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
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
