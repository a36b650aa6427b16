"""Serving: one server a folder of jobs, on a port that is free."""

import socket
import tempfile
from functools import partial

import uvicorn
from filelock import FileLock, Timeout

from microemo.errors import InputError
from microemo.server import analysis
from microemo.server.api import running
from microemo.server.settings import Settings
from microemo.server.worker import Load

SHUTDOWN_SEC = 3
MAX_CONNECTIONS = 500


def serve(settings: Settings, model: str = "nano", device: str = "auto") -> None:
    """Serve until interrupted. Raises ``MicroEmoError`` where that cannot begin, ``KeyboardInterrupt`` at Ctrl-C."""
    run(settings, partial(analysis.load, model, device))


def run(settings: Settings, load: Load) -> None:
    """The same with any ``load``."""
    settings.check()
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.tempdir = str(settings.data)  # of uploads that are under way; these files have no name
        with (
            FileLock(settings.data / "lock", timeout=0),
            _listen(settings) as listening,
            running(settings, load) as app,
        ):
            config = uvicorn.Config(
                app,
                log_level="error",
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_SEC,
                limit_concurrency=MAX_CONNECTIONS,
            )
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            print(f"http://{host}:{listening.getsockname()[1]}/", flush=True)
            uvicorn.Server(config).run(sockets=[listening])
    except Timeout as error:
        raise InputError(f"{settings.data}: another server uses this folder; name another with --data") from error
    except PermissionError as error:
        raise InputError(f"{settings.data}: cannot be written; name another folder with --data") from error


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except (OSError, OverflowError) as error:
        raise InputError(f"{settings.host}:{settings.port}: cannot listen there ({error}); try --port") from error
