"""Small media that are made up, and folders of empty files in the layouts of data sets."""

from pathlib import Path

import numpy as np


def touch(folder: Path, *names: str) -> Path:
    """Files of these names, each with its own name as content."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    return folder


def tone(path: Path, hertz: float, seconds: float = 0.5) -> Path:
    """A WAV of a sine."""
    import wave

    samples = np.sin(np.arange(int(16_000 * seconds)) * 2 * np.pi * hertz / 16_000)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((samples * 20_000).astype(np.int16).tobytes())
    return path
