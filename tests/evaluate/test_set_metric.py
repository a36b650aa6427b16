"""The metrics of EMER against figures worked out by hand, and what holds of them for any labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.evaluate.metrics import set_metrics

LABELS = st.lists(st.sampled_from(["sad", "unhappy", "angry", "calm", "glad"]), max_size=5, unique=True)


def test_by_hand() -> None:
    truth = {"a": ["sad", "angry"], "b": ["calm"], "c": ["glad"]}
    predicted = {"a": ["unhappy", "sad", "calm"], "b": [], "c": ["glad"]}
    groups = {
        "a": (("unhappy", "sad"), ("angry",), ("calm",)),
        "b": (("calm",),),
        "c": (("glad",),),
    }
    avg, accuracy, recall = set_metrics(truth, predicted, groups)
    assert accuracy.value == pytest.approx((1 / 2 + 0 + 1) / 3)  # unhappy and sad are one prediction
    assert recall.value == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert avg.value == pytest.approx((accuracy.value + recall.value) / 2)
    assert (avg.name, accuracy.name, recall.name) == ("Avg", "Accuracy_S", "Recall_S")


@given(LABELS.filter(bool), LABELS)
def test_swapping_truth_and_prediction_swaps_accuracy_and_recall(truth: list[str], predicted: list[str]) -> None:
    groups = {"a": (("sad", "unhappy"), ("angry",), ("calm",), ("glad",))}
    _, accuracy, recall = set_metrics({"a": truth}, {"a": predicted}, groups)
    assert 0 <= accuracy.value <= 1
    if predicted:
        _, swapped_accuracy, swapped_recall = set_metrics({"a": predicted}, {"a": truth}, groups)
        assert (swapped_recall.value, swapped_accuracy.value) == (accuracy.value, recall.value)
    else:
        assert (accuracy.value, recall.value) == (0, 0)


@given(LABELS.filter(bool))
def test_the_truth_itself_scores_one(truth: list[str]) -> None:
    groups = {"a": tuple((label,) for label in truth)}
    assert [metric.value for metric in set_metrics({"a": truth}, {"a": truth}, groups)] == [1, 1, 1]
