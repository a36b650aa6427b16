"""Dividing samples into train, validation and test without a speaker in two of them."""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from microemo.data.manifest import Sample, Split

Shares = tuple[float, float, float]
"""Of train, validation and test; together 1."""

DEFAULT: Shares = (0.8, 0.1, 0.1)


def complete(samples: Sequence[Sample], shares: Shares = DEFAULT, seed: int = 0) -> list[Sample]:
    """The published split where there is one, with a validation part cut from its training part if it has none.

    Where no sample has a split, all are divided by ``shares``.
    """
    if all(sample.split is None for sample in samples):
        return by_shares(samples, shares, seed)
    if any(sample.split == "validation" for sample in samples):
        return list(samples)
    train = [sample for sample in samples if sample.split == "train"]
    kept = shares[0] + shares[1]
    cut = {sample.name: sample for sample in by_shares(train, (shares[0] / kept, shares[1] / kept, 0.0), seed)}
    return [cut.get(sample.name, sample) for sample in samples]


def by_shares(samples: Sequence[Sample], shares: Shares, seed: int = 0) -> list[Sample]:
    """Divide by speaker, or by clip where the speaker is not known, in an order that the seed draws.

    A part is filled until it has its share of the clips; each that has a share gets a speaker, if there are enough.
    """
    groups: defaultdict[str, int] = defaultdict(int)
    for sample in samples:
        groups[_group(sample)] += 1
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    split_of: dict[str, Split] = dict.fromkeys(order, "train")
    for split, share in (("test", shares[2]), ("validation", shares[1])):
        wanted = share * len(samples)
        while wanted > 0 and len(order) > (1 if shares[0] else 0):
            group = order.pop()
            split_of[group] = split  # type: ignore[assignment]
            wanted -= groups[group]
    return [sample.model_copy(update={"split": split_of[_group(sample)]}) for sample in samples]


def by_speaker(samples: Sequence[Sample], speakers: Mapping[Split, Collection[str]]) -> list[Sample]:
    """Give each sample the split that names its speaker; all other speakers are for training."""
    split_of = {speaker: split for split, named in speakers.items() for speaker in named}
    return [sample.model_copy(update={"split": split_of.get(sample.speaker or "", "train")}) for sample in samples]


def _group(sample: Sample) -> str:
    return f"speaker {sample.speaker}" if sample.speaker else f"clip {sample.name}"
