"""Memory that was freed, given back to the system."""

import ctypes
import sys


def give_back() -> None:
    """Give back what lies free between pieces that stay, which glibc keeps for later; elsewhere nothing is done.

    Reading a model frees a fifth of a gigabyte so (``docs/performance.md``). Takes some milliseconds.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
