"""Memory that lies free between pieces that stay is given back to the system."""

import sys
from pathlib import Path

import pytest
import torch

from microemo import memory


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return next(float(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is done")
def test_what_lies_free_between_pieces_that_stay_is_given_back() -> None:
    pieces = [torch.ones(25_000) for _ in range(1000)]  # 0.1 MB each, below what the allocator maps by itself
    kept = pieces[::2]
    del pieces
    before = resident_mb()
    memory.give_back()
    assert len(kept) == 500
    assert resident_mb() < before - 25  # of some 50 MB


def test_where_the_system_has_no_such_call_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    memory.give_back()
    monkeypatch.setattr(sys, "platform", "darwin")
    memory.give_back()
