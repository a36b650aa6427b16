"""For which feelings each kind of clue speaks, and against which: likelihood ratios with intervals, people held out.

    python -m recipes.evidence.weights MEASURED GOEMOTIONS [--held-out]

MEASURED has ``CORPUS.jsonl`` as ``recipes.evidence.measure`` writes them. Writes ``claims/weights.json`` of the package
from the people who may be trained on, and prints how it fares on the others; ``--held-out`` only prints.

The ratio is P(kind | family) over the mean of P(kind | another family), each of a corpus that has the family, half a
clip added to counts; corpora are averaged by their clips of the family. Intervals are by resampling people. A weight is
0 where its interval holds 1, and where it is next to nothing.
"""

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from jaxtyping import Float

from microemo.data.association import family
from microemo.lexicon import FAMILIES
from microemo.perception.word_clues import word_clues
from microemo.schema import Utterance
from recipes.evidence.measure import CORPORA, read

LEAST_WEIGHT = math.log(1.2)  # what tells less, tells nothing, however sure it is
LEAST_CLIPS = 12  # with the kind, in all
LEAST_OF_FAMILY = 20  # clips in a corpus
NUM_RESAMPLES = 400
MAX_COMMENTS = 20_000
HELD_OUT_SHARE = 5  # every fifth person


@dataclass(frozen=True)
class Clip:
    """A labelled clip: whose, and the kinds of clue in it, of the modalities that its corpus has."""

    corpus: str
    person: str
    family: str
    kinds: frozenset[str]


def clips_in(measured: Path, goemotions: Path) -> list[Clip]:
    found = [
        Clip(
            clip.corpus,
            clip.person,
            clip.family,
            frozenset(clue.kind for clue in clip.measured.clues if clue.modality != "words"),
        )
        for corpus in CORPORA
        if (measured / f"{corpus}.jsonl").exists()
        for clip in read(measured / f"{corpus}.jsonl")
    ]
    return found + list(_comments(goemotions))


def _comments(folder: Path) -> Iterable[Clip]:
    """Comments with a single label, each of a person of their own."""
    names = (folder / "labels.txt").read_text().split()
    for number, line in enumerate((folder / "train.tsv").read_text().splitlines()[:MAX_COMMENTS]):
        text, labels, _ = line.split("\t")
        if "," not in labels:
            said = Utterance(index=0, start_sec=0, end_sec=5, text=text, source="subtitle", language="en")
            yield Clip(
                "goemotions", f"c{number}", family(names[int(labels)]), frozenset(c.kind for c in word_clues([said]))
            )


def is_held_out(person: str) -> bool:
    """Whether nothing is counted on a person: PEDFE's last ten, RAVDESS's last two, every fifth of the others."""
    corpus, _, name = person.partition(" ")
    if corpus == "pedfe":
        return int(name) >= 36
    if corpus == "ravdess":
        return int(name) >= 19
    return sum(map(ord, person)) % HELD_OUT_SHARE == 0


class Counted:
    """Clips as arrays, so that people can be resampled."""

    def __init__(self, clips: Sequence[Clip], kinds: Sequence[str]) -> None:
        self.kinds = kinds
        self.corpora: dict[str, tuple[Float[np.ndarray, "P F"], Float[np.ndarray, "P F K"], list[str]]] = {}
        by_corpus: defaultdict[str, list[Clip]] = defaultdict(list)
        for clip in clips:
            by_corpus[clip.corpus].append(clip)
        for corpus, own in by_corpus.items():
            people, families = sorted({c.person for c in own}), sorted({c.family for c in own})
            families = [name for name in families if sum(clip.family == name for clip in own) >= LEAST_OF_FAMILY]
            labelled = [clip for clip in own if clip.family in families]
            totals = np.zeros((len(people), len(families)))
            counts = np.zeros((len(people), len(families), len(kinds)))
            places = {person: row for row, person in enumerate(people)}, {name: at for at, name in enumerate(families)}
            columns = {kind: at for at, kind in enumerate(kinds)}
            for clip in labelled:
                row, at = places[0][clip.person], places[1][clip.family]
                totals[row, at] += 1
                for kind in clip.kinds:
                    counts[row, at, columns[kind]] += 1
            self.corpora[corpus] = totals, counts, families

    def weights(self, rng: np.random.Generator | None = None) -> dict[str, Float[np.ndarray, " K"]]:
        """Log likelihood ratios of all kinds by family; of resampled people, with ``rng``."""
        sums: defaultdict[str, Float[np.ndarray, " K"]] = defaultdict(lambda: np.zeros(len(self.kinds)))
        clips: defaultdict[str, Float[np.ndarray, " K"]] = defaultdict(lambda: np.zeros(len(self.kinds)))
        for totals, counts, families in self.corpora.values():
            rows = np.arange(len(totals)) if rng is None else rng.integers(len(totals), size=len(totals))
            total, count = totals[rows].sum(0), counts[rows].sum(0)
            occurs = count.sum(0) >= 1
            rates = (count + 0.5) / (total[:, None] + 1)
            for at, name in enumerate(families):
                others = np.delete(rates, at, axis=0)[np.delete(total, at) > 0].mean(0)
                weight = total[at] * occurs
                sums[name] += weight * np.log(rates[at] / others)
                clips[name] += weight
        return {
            name: np.divide(of, clips[name], out=np.zeros_like(of), where=clips[name] > 0) for name, of in sums.items()
        }


def fitted(clips: Sequence[Clip]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Estimate and interval of each kind's weight for each family."""
    occurrences: defaultdict[str, int] = defaultdict(int)
    for clip in clips:
        for kind in clip.kinds:
            occurrences[kind] += 1
    counted = Counted(clips, sorted(occurrences))
    rng = np.random.default_rng(0)
    resampled = [counted.weights(rng) for _ in range(NUM_RESAMPLES)]
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for name, estimates in counted.weights().items():
        low, high = np.quantile([one[name] for one in resampled if name in one], [0.025, 0.975], axis=0)
        for at, kind in enumerate(counted.kinds):
            if name in FAMILIES and occurrences[kind] >= LEAST_CLIPS and estimates[at] != 0:
                found.setdefault(kind, {})[name] = (float(estimates[at]), float(low[at]), float(high[at]))
    return found


def settled(found: Mapping[str, Mapping[str, tuple[float, float, float]]]) -> dict[str, dict[str, float]]:
    """Weights, 0 where it is not known on which side of 0 they are."""
    return {
        kind: {
            name: round(at, 3) if (low > 0 or high < 0) and abs(at) >= LEAST_WEIGHT else 0.0
            for name, (at, low, high) in sorted(of.items())
        }
        for kind, of in sorted(found.items())
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    parser.add_argument("goemotions", type=Path)
    parser.add_argument("--held-out", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    clips = clips_in(arguments.measured, arguments.goemotions)
    train = [clip for clip in clips if not is_held_out(clip.person)]
    found = fitted(train)
    weights = settled(found)
    held_out = [clip for clip in clips if is_held_out(clip.person)]
    kinds = sorted({kind for clip in held_out for kind in clip.kinds})
    others = Counted(held_out, kinds).weights()
    pairs = [
        (weight, float(others[name][kinds.index(kind)]))
        for kind, of in weights.items()
        for name, weight in of.items()
        if weight and kind in kinds and name in others and others[name][kinds.index(kind)]
    ]
    same = sum(one * other > 0 for one, other in pairs)
    num_settled = sum(bool(weight) for of in weights.values() for weight in of.values())
    print(f"{len(train)} clips, {len({clip.person for clip in train})} people; {num_settled} weights that are not 0")
    num_people = len({clip.person for clip in held_out})
    print(f"on {len(held_out)} clips of {num_people} others {same} of {len(pairs)} have the same sign")
    print(f"correlation {np.corrcoef(np.array(pairs).T)[0, 1]:.2f}")
    for kind, of in weights.items():
        print(kind.ljust(24), "  ".join(f"{name} {math.exp(w):.2f}" for name, w in of.items() if w))
    if not arguments.held_out:
        corpora = {name: sum(clip.corpus == name for clip in train) for name in sorted({clip.corpus for clip in train})}
        document = {"clips": corpora, "weights": weights}
        Path(str(files("microemo.claims"))).joinpath("weights.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
