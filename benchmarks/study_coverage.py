"""How often a study's 95 % intervals hold the truth, in made studies whose truth is known.

    python benchmarks/study_coverage.py [--studies 200] [--out benchmarks/results/study_coverage.json]

A person is sad for a share of the time of their own (normal around 0.3, standard deviation 0.07), plus the effect
(0.15) under the second condition; a clip has 20 utterances, of which each is sad by that chance. Each made study is
compared as ``microemo.study`` compares it. ``varying effect`` breaks what the mixed model takes for granted: the effect
itself differs between people (standard deviation 0.1).
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.shares import wilson
from microemo.study.contrasts import contrast
from microemo.study.rates import intervals

BASE, SPREAD, EFFECT, UTTERANCES = 0.3, 0.07, 0.15, 20


class Design(NamedTuple):
    """People and clips each; ``within``: under both conditions, else half of the people under either."""

    num_people: int
    num_clips: int
    within: bool
    effect_spread: float = 0.0


DESIGNS = {
    "between, 24 people, 1 clip": Design(24, 1, False),
    "between, 10 people, 1 clip": Design(10, 1, False),
    "between, 24 people, 4 clips": Design(24, 4, False),
    "between, 12 people, 2 clips": Design(12, 2, False),
    "within, 16 people, 4 clips": Design(16, 4, True),
    "within, 6 people, 4 clips": Design(6, 4, True),
    "within, 16 people, 8 clips, varying effect": Design(16, 8, True, 0.1),
}
RATES = (6, 12, 24)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    found = [contrasts(name, design, arguments.studies) for name, design in DESIGNS.items()]
    found += [rates(num_people, arguments.studies) for num_people in RATES]
    for row in found:
        low, high = row["interval"]
        print(f"{row['of']:48} {row['covered']:4} of {row['studies']} [{low:.3f}, {high:.3f}]  {row['methods']}")
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def contrasts(name: str, design: Design, num_studies: int) -> dict[str, object]:
    rng, made = np.random.default_rng(0), []
    for _ in range(num_studies):
        made.append(contrast(*figures(rng, design)))
    covered = sum(one.low <= EFFECT <= one.high for one in made)
    return told(f"contrast, {name}", covered, num_studies, dict(Counter(one.method for one in made)))


def figures(rng: np.random.Generator, design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    person = np.repeat(np.arange(design.num_people), design.num_clips)
    clip = np.tile(np.arange(design.num_clips), design.num_people)
    is_second = (clip % 2 if design.within else person >= design.num_people // 2).astype(float)
    own = BASE + SPREAD * rng.standard_normal(design.num_people)
    effect = EFFECT + design.effect_spread * rng.standard_normal(design.num_people)
    share = np.clip(own[person] + effect[person] * is_second, 0, 1)
    return rng.binomial(UTTERANCES, share) / UTTERANCES, is_second, person


def rates(num_people: int, num_studies: int) -> dict[str, object]:
    rng, covered = np.random.default_rng(0), 0
    for _ in range(num_studies):
        values, _, _ = figures(rng, Design(num_people, 1, True))
        ((low, high),) = intervals(values[:, None])
        covered += low <= BASE <= high
    return told(f"rate of {num_people} people, 1 clip", covered, num_studies, {"bootstrap": num_studies})


def told(of: str, covered: int, num_studies: int, methods: dict[str, int]) -> dict[str, object]:
    interval = [round(float(bound), 4) for bound in wilson(covered, num_studies)]
    return {"of": of, "covered": int(covered), "studies": num_studies, "interval": interval, "methods": methods}


if __name__ == "__main__":
    main()
