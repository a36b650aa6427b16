"""Calibration finds the weight and the temperature that confidences are true with."""

import pytest
import torch

from microemo.train.calibration import fit


def test_the_weight_and_the_temperature_that_made_the_labels_are_found() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, scores = torch.randn(2, 20_000, 8, generator=generator) * 3
    truth = ((logits + 1.5 * scores) / 4).softmax(-1)
    targets = torch.multinomial(truth, 1, generator=generator)[:, 0]
    weight, temperature = fit(logits, scores, targets)
    assert weight == pytest.approx(1.5, rel=0.1)
    assert temperature == pytest.approx(4, rel=0.1)


def test_evidence_that_says_nothing_weighs_little() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, scores = torch.randn(2, 5_000, 8, generator=generator)
    targets = torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]
    weight, _ = fit(logits, scores, targets)
    assert 0 < weight < 0.5
