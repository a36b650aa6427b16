"""Do the told clues speak for the label that they are told with? Over results that ``microemo analyze`` wrote.

    python benchmarks/told_evidence.py RESULT.json...

Of the claims of utterances that are told and point at a clue: the share whose clue speaks for the utterance's first
label, against it, for neither, or of which that is not known, by the likelihood ratios of ``claims/weights.json``.
"""

import argparse
from collections import Counter
from pathlib import Path

from shares import proportion

from microemo.result import Result
from microemo.schema import Claim

SPEAKS = ("for", "against", "neither", "not known")


def speaks(claim: Claim) -> str:
    if claim.weight is None:
        return "not known"
    return "for" if claim.weight > 0 else "against" if claim.weight < 0 else "neither"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+")
    told: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    num_answers = 0
    for path in parser.parse_args().results:
        for utterance in Result.read(path).utterances:
            num_answers += bool(utterance.explanation)
            outcomes.update(claim.outcome for claim in utterance.claims)
            told.update(speaks(claim) for claim in utterance.claims if claim.is_borne_out and claim.clues)
    print(f"{num_answers} explanations")
    for outcome, count in outcomes.most_common():
        print(proportion(f"claims {outcome}", count, outcomes.total()))
    for name in SPEAKS:
        print(proportion(f"told clues that speak {name}", told[name], told.total()))


if __name__ == "__main__":
    main()
