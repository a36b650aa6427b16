"""What a client of the server does."""

import time
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient


def upload(client: TestClient, content: bytes, name: str = "clip.mp4", **fields: Any) -> dict[str, Any]:
    response = client.post("/jobs", files={"file": (name, content)}, data=fields)
    assert response.status_code == 201, response.text
    return response.json()


def wait(client: TestClient, job: dict[str, Any], *states: str) -> dict[str, Any]:
    """The job, once it is in one of these states; by default, once it is over."""
    for _ in range(1500):
        now = client.get(f"/jobs/{job['id']}").json()
        if now["state"] in (states or ("done", "failed")):
            return now
        time.sleep(0.02)
    raise AssertionError(now)


def files_in(folder: Path) -> set[str]:
    """All files below a folder, relative to it."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
