"""How good the descriptions of ``microemo data describe`` are: claims that hold, variety, and a control.

    python benchmarks/descriptions.py described.jsonl

The control holds each description against the clues of another clip, drawn at random: a check that cannot fail would
verify these as well.
"""

import argparse
import random
from pathlib import Path

from shares import proportion

from microemo.data import manifest
from microemo.data.described import ALWAYS, quality
from microemo.parse import claims_in

NUM_DRAWN = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("described", type=Path)
    samples = list(manifest.read(parser.parse_args().described).samples)
    found, drawn = quality(samples), quality(random.Random(0).sample(samples, min(NUM_DRAWN, len(samples))))
    others = random.Random(0).sample(samples, len(samples))
    control = [
        claim.verified
        for sample, other in zip(samples, others, strict=True)
        for claim in claims_in(sample.description, other.clues, ALWAYS)
    ]
    print(proportion("claims verified", found.verified, found.claims))
    print(proportion("claims verified by another clip's clues", sum(control), len(control)))
    print(proportion("without a clue", found.without_clues, found.descriptions))
    print(f"labels: {found.labels} in {found.descriptions}, {drawn.labels} in {drawn.descriptions} drawn at random")
    print(proportion("cite clues in the words of one with other measures", found.repeated, found.descriptions))


if __name__ == "__main__":
    main()
