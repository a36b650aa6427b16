"""Clips that can be told from each other by their pictures, tiny random models, and an endpoint that echoes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import HEIGHT, SAMPLE_RATE, WIDTH, write
from stub_server import Stub, last_text, stub_server
from tiny_models import save_tiny_audio_model, save_tiny_text_model, save_tiny_vision_model


@pytest.fixture(scope="session")
def make_clip() -> Callable[..., Path]:
    """Writes a clip of so many grey levels, half a second each, with a tone of its length or without sound."""

    def make(path: Path, greys: tuple[int, ...] = (40, 200), sound: bool = True) -> Path:
        stretches = [(np.full((HEIGHT, WIDTH, 3), grey, np.uint8), 0.5) for grey in greys]
        times_sec = np.arange(round(max(1, len(greys)) * 0.5 * SAMPLE_RATE)) / SAMPLE_RATE
        return write(path, stretches, 0.5 * np.sin(2 * np.pi * 440 * times_sec) if sound else None)

    return make


@pytest.fixture
def clips(tmp_path: Path, make_clip: Callable[..., Path]) -> Path:
    """A manifest of three clips; the second has no sound, the third no subtitle."""
    folder = tmp_path / "media"
    folder.mkdir()
    make_clip(folder / "first.mp4", (40, 80))
    make_clip(folder / "second.mp4", (120, 160), sound=False)
    make_clip(folder / "third.mp4", (200, 240))
    manifest = folder / "clips.csv"
    manifest.write_text(
        'path,subtitle,speaker\nfirst.mp4,"Well, I am late.",Ann\nsecond.mp4,No!,Bob\nthird.mp4,,Ann\n',
        encoding="utf-8",
    )
    return manifest


@pytest.fixture(autouse=True)
def private_replies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads what another was replied, or sends a key."""
    monkeypatch.setattr("microemo.chat.cache_dir", lambda: tmp_path / "cache")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def echo() -> Iterator[Stub]:
    """Replies with the model's name and the last line of what it was asked."""
    with stub_server(lambda request: f"{request['model']}: {last_text(request).splitlines()[-1]}") as stub:
        yield stub


@pytest.fixture(scope="session")
def vision_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_vision_model(tmp_path_factory.mktemp("models") / "vision")


@pytest.fixture(scope="session")
def audio_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_audio_model(tmp_path_factory.mktemp("models") / "audio")


@pytest.fixture(scope="session")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_text_model(tmp_path_factory.mktemp("models") / "text")
