"""Writing files whole or not at all."""

import os
import threading
from pathlib import Path


def write(path: Path, content: bytes) -> Path:
    """Write a file so that readers, and whoever writes it at the same time, only ever see it whole.

    Folders are made where needed. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_bytes(content)
        return part.replace(path)
    finally:
        part.unlink(missing_ok=True)
