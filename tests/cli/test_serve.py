"""``microemo serve`` begins only where that is safe and possible; else one line says why."""

import socket
from pathlib import Path

import pytest
from console import Run
from filelock import FileLock


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "set a token"),
        (["--host", "0.0.0.0", "--token", ""], "set a token"),
        (["--root", "none"], "none: no such folder"),
        (["--host", "127.0.0.1", "--port", "PORT"], "cannot listen there"),
        (["--data", "taken"], "another server uses this folder"),
        (["--model", "none", "--port", "0"], "none"),
    ],
)
def test_what_cannot_be_served_is_one_line(run: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    (tmp_path / "taken").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as busy, FileLock(tmp_path / "taken" / "lock"):
        port = str(busy.getsockname()[1])
        words = [port if word == "PORT" else word for word in arguments]
        outcome = run("serve", *([] if "--data" in words else ["--data", "data"]), *words)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.count("\n") == 1 and told in outcome.stderr
