"""Splits: no speaker in two, the shares about as asked for, and published ones kept."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.data import splits
from microemo.data.manifest import Sample, Split


def samples(speakers: list[str | None], split: Split | None = None) -> list[Sample]:
    return [
        Sample(name=f"{split}{number}", path=Path("a.wav"), labels=("calm",), speaker=speaker, split=split)
        for number, speaker in enumerate(speakers)
    ]


@given(st.lists(st.sampled_from([*"abcdefgh", None]), min_size=1, max_size=60), st.integers(0, 5))
def test_no_speaker_is_in_two_splits_and_none_is_lost(speakers: list[str | None], seed: int) -> None:
    given = samples(speakers)
    divided = splits.by_shares(given, (0.6, 0.2, 0.2), seed)
    assert [sample.name for sample in divided] == [sample.name for sample in given]
    parts: defaultdict[str | None, set[Split | None]] = defaultdict(set)
    for sample in divided:
        parts[sample.speaker or sample.name].add(sample.split)
    assert all(len(part) == 1 and None not in part for part in parts.values())
    assert any(sample.split == "train" for sample in divided)
    assert divided == splits.by_shares(given, (0.6, 0.2, 0.2), seed)


def test_shares_are_of_the_clips() -> None:
    divided = splits.by_shares(samples([str(number % 20) for number in range(400)]), (0.8, 0.1, 0.1))
    assert Counter(sample.split for sample in divided) == {"train": 320, "validation": 40, "test": 40}
    other = splits.by_shares(samples([str(number % 20) for number in range(400)]), (0.8, 0.1, 0.1), seed=1)
    assert other != divided


def test_a_published_split_is_kept_and_lacks_no_validation() -> None:
    whole = [*samples(["a"] * 5, "train"), *samples(["b"] * 5, "validation"), *samples(["a"] * 5, "test")]
    assert splits.complete(whole) == whole
    divided = splits.complete([*samples(list("abcdefghij") * 9, "train"), *samples(["z"] * 40, "test")])
    assert Counter(sample.split for sample in divided) == {"train": 72, "validation": 18, "test": 40}


@pytest.mark.parametrize("speaker", ["a", "b", "c"])
def test_speakers_can_be_named(speaker: str) -> None:
    (sample,) = splits.by_speaker(samples([speaker]), {"validation": ["b"], "test": ["c"]})
    assert sample.split == {"a": "train", "b": "validation", "c": "test"}[speaker]
