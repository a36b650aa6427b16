"""Threads that calculate together, and for how long they wait for each other awake."""

import os

SPIN_COUNT = 3000  # turns of a loop; libgomp's own are 300,000


def wait_briefly() -> None:
    """OpenMP's threads (libgomp's, which torch's are on Linux) soon fall asleep while they wait for each other.

    They wait at the end of each operation, and where another process has one of their cores, for as long as that goes
    on: understanding took 320 s instead of 16 (``docs/performance.md``). To be called before torch is imported; what
    the user has set stays as it is, and programs that this one starts inherit it.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPIN_COUNT))
