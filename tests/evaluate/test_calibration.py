"""Confidences against correctness."""

import numpy as np
import pytest

from microemo.evaluate.calibration import CheckedLabel, calibration


def drawn(accuracy_of, num_clips: int = 2000) -> dict[str, list[CheckedLabel]]:
    """Two labels a clip with even confidences, correct with a probability that depends on them."""
    rng = np.random.default_rng(0)
    return {
        f"clip{number}": [CheckedLabel(c, bool(rng.random() < accuracy_of(c))) for c in rng.random(2)]
        for number in range(num_clips)
    }


def test_known_figures() -> None:
    found = calibration(
        {"a": [CheckedLabel(0.9, True), CheckedLabel(0.9, False)], "b": [CheckedLabel(0.3, False)], "c": []},
        num_bins=10,
    )
    assert found is not None
    assert found.num_labels == 3
    assert found.ece.value == pytest.approx((2 * 0.4 + 0.3) / 3)
    assert found.brier.value == pytest.approx((0.01 + 0.81 + 0.09) / 3)
    assert [(b.num_labels, b.accuracy) for b in found.bins if b.num_labels] == [(1, 0), (2, 0.5)]
    assert [b.confidence for b in found.bins if b.num_labels] == pytest.approx([0.3, 0.9])
    assert found.ece.num_clips == 3


def test_honest_confidences_are_calibrated() -> None:
    found = calibration(drawn(lambda confidence: confidence))
    assert found is not None
    assert found.ece.value == pytest.approx(0, abs=0.03)
    assert found.ece_equal_mass.value == pytest.approx(0, abs=0.03)
    assert found.brier.value == pytest.approx(1 / 6, abs=0.01)
    assert all(b.low < (b.confidence or 0) <= b.high for b in found.bins)


def test_overconfidence_shows_and_has_an_interval() -> None:
    found = calibration(drawn(lambda confidence: confidence / 2))
    assert found is not None
    assert found.ece.value == pytest.approx(0.25, abs=0.02)
    assert found.ece.interval is not None
    assert found.ece.interval.low < 0.25 < found.ece.interval.high


def test_what_few_labels_leave_to_chance_is_reported() -> None:
    """Of 120 honest labels the ECE is far from 0, and within what is reported; of boastful ones it is beyond."""
    honest, boastful = (calibration(drawn(right, num_clips=60)) for right in (lambda c: c, lambda c: c / 2))
    assert honest is not None and boastful is not None
    assert 0.05 < honest.ece_if_exact.low < honest.ece.value < honest.ece_if_exact.high < boastful.ece.value
    many = calibration(drawn(lambda confidence: confidence))
    assert many is not None and many.ece_if_exact.high < 0.03


def test_bins_of_equal_mass_show_what_one_wide_bin_hides() -> None:
    modest = {f"modest{n}": [CheckedLabel(0.91, True)] for n in range(100)}
    boastful = {f"boastful{n}": [CheckedLabel(0.95, n < 86)] for n in range(100)}
    found = calibration(modest | boastful, num_bins=2)
    assert found is not None
    assert found.ece.value == pytest.approx(0)
    assert found.ece_equal_mass.value == pytest.approx(0.09)


def test_confidence_on_an_edge_belongs_below_and_zero_to_the_first_bin() -> None:
    found = calibration({"a": [CheckedLabel(0.5, True), CheckedLabel(0.0, False), CheckedLabel(1.0, True)]}, num_bins=2)
    assert found is not None
    assert [b.num_labels for b in found.bins] == [2, 1]


def test_all_confidences_alike() -> None:
    found = calibration({f"{n}": [CheckedLabel(0.7, n < 7)] for n in range(10)})
    assert found is not None
    assert found.ece.value == found.ece_equal_mass.value == pytest.approx(0)


def test_without_labels_there_is_no_calibration() -> None:
    assert calibration({}) is None
    assert calibration({"a": [], "b": []}) is None
