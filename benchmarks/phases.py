"""How often changes of feeling are found in made rows of answers, and how often they are found where there is none.

    python benchmarks/phases.py [--penalties 0.25 0.333 0.5 1]

Each stretch has a family of its own out of four; an answer names it with probability 0.7, else any of the four, with a
confidence of 0.3 to 0.95 and for 2 to 8 s. Right are as many changes as there are, each within a twentieth of the row
(at least one answer) of its place. 400 rows of each kind, fewer of long ones.
"""

import argparse

import numpy as np

from microemo import phases

KINDS = ([4], [10], [30], [100], [1000], [2, 2], [5, 5], [15, 15], [50, 50], [20, 20, 20], [30, 5, 30], [500, 500])
FAMILIES, NAMED = 4, 0.7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--penalties", type=float, nargs="+", default=[phases.PENALTY])
    for penalty in parser.parse_args().penalties:
        phases.PENALTY, rng = penalty, np.random.default_rng(0)
        for lengths in KINDS:
            num_rows = 400 if sum(lengths) <= 100 else 40
            right = np.mean([is_right(rng, lengths) for _ in range(num_rows)])
            print(f"penalty {penalty:5.3f}  {lengths!s:15} right in {right:.0%} of {num_rows}")


def is_right(rng: np.random.Generator, lengths: list[int]) -> bool:
    weights = np.concatenate(list(stretches(rng, lengths)))
    found = np.flatnonzero(np.diff(phases.partition(weights / weights.sum()))) + 1
    true = np.cumsum(lengths)[:-1]
    return len(found) == len(true) and bool((abs(found - true) <= max(1, sum(lengths) // 20)).all())


def stretches(rng: np.random.Generator, lengths: list[int]) -> list[np.ndarray]:
    """Weights of families, (length, FAMILIES), of each stretch; neighbours differ in theirs."""
    made, family = [], 0
    for length in lengths:
        family = (family + rng.integers(1, FAMILIES)) % FAMILIES
        named = np.where(rng.random(length) < NAMED, family, rng.integers(FAMILIES, size=length))
        weights = np.zeros((length, FAMILIES))
        weights[np.arange(length), named] = rng.uniform(0.3, 0.95, length)
        weights[np.arange(length), rng.integers(FAMILIES, size=length)] += 0.15 * weights.max(axis=1)
        made.append(weights * rng.uniform(2, 8, (length, 1)))
    return made


if __name__ == "__main__":
    main()
