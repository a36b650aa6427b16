"""A server on a stub of the model, in this process; its worker is a process of its own."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import stub_analysis
import uvicorn
from fastapi.testclient import TestClient

from microemo.server.api import running
from microemo.server.settings import Settings

Start = Callable[..., TestClient]


@contextmanager
def client(data: Path, load: Any = stub_analysis.load, **settings: Any) -> Iterator[TestClient]:
    """A server on this folder of jobs. Jobs whose recording says "slow" wait for the file ``gate`` beside it."""
    os.environ["MICROEMO_TEST_GATE"] = str(data.parent / "gate")
    with running(Settings(data, **settings), load) as app:
        yield TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


@contextmanager
def address(served: TestClient) -> Iterator[str]:
    """A served application's page on a real port, for a browser."""
    server = uvicorn.Server(uvicorn.Config(served.app, port=0, log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join()
