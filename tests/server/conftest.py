"""A server on a stub of the model, in this process; its worker is a process of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import stub_analysis
from fastapi.testclient import TestClient

from microemo.server.api import running
from microemo.server.settings import Settings

Start = Callable[..., TestClient]


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Jobs whose recording says "slow" wait until there is this file."""
    monkeypatch.setenv("MICROEMO_TEST_GATE", str(tmp_path / "gate"))
    return tmp_path / "gate"


@pytest.fixture
def start(tmp_path: Path, gate: Path) -> Iterator[Start]:
    """Starts a server on the jobs of ``tmp_path``; ``close()`` of what it gives stops it."""
    with ExitStack() as stack:

        def start(load: Any = stub_analysis.load, **settings: Any) -> TestClient:
            serving = stack.enter_context(ExitStack())
            app = serving.enter_context(running(Settings(tmp_path / "data", **settings), load))
            client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
            client.close = serving.close  # type: ignore[method-assign]
            return client

        yield start


def upload(client: TestClient, content: bytes, name: str = "clip.mp4", **fields: Any) -> dict[str, Any]:
    response = client.post("/jobs", files={"file": (name, content)}, data=fields)
    assert response.status_code == 201, response.text
    return response.json()


def wait(client: TestClient, job: dict[str, Any], *states: str) -> dict[str, Any]:
    """The job, once it is in one of these states."""
    for _ in range(1500):
        now = client.get(f"/jobs/{job['id']}").json()
        if now["state"] in (states or ("done", "failed")):
            return now
        time.sleep(0.02)
    raise AssertionError(now)


def left_files(folder: Path) -> set[str]:
    """Files of jobs, relative to the folder of all jobs."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
