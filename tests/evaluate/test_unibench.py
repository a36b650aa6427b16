"""MER-UniBench's own scores: sentiment against scikit-learn's definition written out, and the mean over tasks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.evaluate.metrics import Metric, mean_of
from microemo.evaluate.statistics import Resampling, interval
from microemo.evaluate.unibench import mean_of_tasks, positive_by_labels, sentiment_f1


def weighted_f1(true: list[bool], said: list[bool]) -> float:
    """Class by class: F1 from precision and recall, times the class's share of the truth."""
    total = 0.0
    for side in (True, False):
        right = sum(t == s == side for t, s in zip(true, said, strict=True))
        precision, recall = right / max(1, said.count(side)), right / max(1, true.count(side))
        total += true.count(side) / len(true) * (2 * precision * recall / (precision + recall) if right else 0)
    return total


@given(st.lists(st.tuples(st.sampled_from([-1.5, 0.2, 3.0]), st.booleans()), min_size=1))
def test_weighted_f1(clips: list[tuple[float, bool]]) -> None:
    truth = {str(n): value for n, (value, _) in enumerate(clips)}
    metric = sentiment_f1(truth, {str(n): said for n, (_, said) in enumerate(clips)})
    assert metric.value == pytest.approx(weighted_f1([value > 0 for value, _ in clips], [said for _, said in clips]))


def test_neutral_truth_does_not_count() -> None:
    assert sentiment_f1({"a": 0.0, "b": 1.0}, {"a": True, "b": True}).clips == ("b",)


def test_positive_is_what_most_labels_say_and_at_a_tie_the_first() -> None:
    valence = {"glad": "positive", "calm": "neutral", "sad": "negative", "angry": "negative"}
    labels = {"a": ["glad"], "b": ["calm"], "c": ["sad", "glad"], "d": ["calm", "glad", "sad"], "e": [], "f": ["angry"]}
    assert [clip for clip, positive in positive_by_labels(labels, valence).items() if positive] == ["a", "d"]


def test_mean_of_tasks_is_the_mean_of_their_scores_whatever_their_sizes() -> None:
    rng = np.random.default_rng(0)
    small = Metric("x", ("a", "b"), rng.random((2, 3)), mean_of(1))
    large = Metric("y", tuple("abcdefgh"), rng.random((8, 1)), mean_of(0))
    mean = mean_of_tasks({"small": small, "large": large})
    assert mean.value == pytest.approx((small.value + large.value) / 2)
    assert mean.name == "Mean of 2 of 9 tasks"
    assert len(mean.clips) == len(set(mean.clips)) == 10
    found = interval(mean, Resampling(resamples=200))
    assert found is not None and found.low <= mean.value <= found.high
