"""The servers that these tests share or start."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import stub_analysis
from fastapi.testclient import TestClient
from served import Start, client


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the server that the tests of a module share: ``root`` may be read, ``data`` are its jobs."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "root" / "deep").mkdir(parents=True)
    (folder / "root" / "deep" / "clip.mp4").write_bytes(b"good of the root")
    (folder / "root" / "words.srt").write_text("words")
    (folder / "secret.mp4").write_bytes(b"secret")
    (folder / "root" / "out.mp4").symlink_to(folder / "secret.mp4")
    (folder / "root" / "up").symlink_to(folder)
    (folder / "root" / "round").symlink_to(folder / "root" / "round")
    (folder / "root" / "within.mp4").symlink_to(folder / "root" / "deep" / "clip.mp4")
    return folder


@pytest.fixture(scope="module")
def shared(folder: Path) -> Iterator[TestClient]:
    with client(folder / "data", root=folder / "root", max_upload_bytes=100_000) as made:
        yield made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server on the jobs of ``tmp_path``; its ``close`` stops it."""
    with ExitStack() as stack:

        def start(load: Any = stub_analysis.load, **settings: Any) -> TestClient:
            serving = stack.enter_context(ExitStack())
            made = serving.enter_context(client(tmp_path / "data", load, **settings))
            made.close = serving.close  # type: ignore[method-assign]
            return made

        yield start
