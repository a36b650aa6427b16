"""Our own wheel drops no label, and is one of the tables that the wheel metric takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_embed import toy_embed

from microemo.evaluate.lexicon_wheel import LexiconWheel
from microemo.evaluate.wheels import Level, hit_rate, wheel_metrics

WHEEL = LexiconWheel(embed=toy_embed)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (1, {"joyous": "happy", "annoyed": "angry", "cheesed off": "angry", "neutral": "neutral", "wabi": "wabi"}),
        (2, {"joyous": "happy", "annoyed": "annoyed", "cheesed off": "annoyed", "neutral": "neutral", "wabi": "wabi"}),
    ],
)
def test_families_then_groups(level: Level, expected: dict[str, str]) -> None:
    assert WHEEL.clusters(expected, level) == [expected]


@given(st.lists(st.text()), st.sampled_from([1, 2]))
def test_no_label_is_dropped(labels: list[str], level: Level) -> None:
    (clusters,) = WHEEL.clusters(labels, level)
    assert clusters.keys() == set(labels)


def test_scores_by_hand() -> None:
    truth = {"a": ("neutral",), "b": ("furious", "annoyed", "sad")}
    predicted = {"a": ("expressionless",), "b": ("irritated", "glad")}
    assert [metric.value for metric in wheel_metrics(truth, predicted, WHEEL, 1)] == pytest.approx([0.75, 0.75, 0.75])
    f1, precision, recall = (metric.value for metric in wheel_metrics(truth, predicted, WHEEL, 2))
    assert (precision, recall) == pytest.approx(((1 + 1 / 2) / 2, (1 + 1 / 3) / 2))
    assert f1 == pytest.approx(2 * precision * recall / (precision + recall))
    assert hit_rate({"a": ("neutral",)}, {"a": ("impassive", "sad")}, WHEEL).value == 1
