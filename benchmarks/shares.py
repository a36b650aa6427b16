"""Shares of cases, as the benchmarks print them."""

import math


def wilson(hits: int, num: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, spread = hits / num, z * z / num
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / num + spread / (4 * num)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def proportion(name: str, hits: int, num: int) -> str:
    """``name: 3 of 4, 0.750 [0.301, 0.954]``."""
    if not num:
        return f"{name}: none"
    low, high = wilson(hits, num)
    return f"{name}: {hits} of {num}, {hits / num:.3f} [{low:.3f}, {high:.3f}]"
