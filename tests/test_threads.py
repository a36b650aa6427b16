"""Threads wait for each other only briefly, unless the user wants otherwise."""

import os
import subprocess
import sys

import pytest

SAYS = "import microemo, os, sys; print('torch' in sys.modules, os.environ.get('GOMP_SPINCOUNT'))"


@pytest.mark.parametrize(
    ("own", "count"),
    [({}, "3000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "None")],
)
def test_threads_wait_briefly_before_torch_is_there(own: dict[str, str], count: str) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    said = subprocess.run(
        [sys.executable, "-c", SAYS], env=inherited | own, check=True, capture_output=True, text=True
    ).stdout
    assert said.split() == ["False", count]
