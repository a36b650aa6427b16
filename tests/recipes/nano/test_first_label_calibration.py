"""Calibration finds the weights and the temperature that confidences are true with."""

import pytest
import torch

from recipes.nano.calibration import fit


def test_the_weights_and_the_temperature_that_made_the_labels_are_found() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, face, voice = torch.randn(3, 20_000, 8, generator=generator) * 3
    truth = ((logits + 1.5 * face + 0.7 * voice) / 4).softmax(-1)
    targets = torch.multinomial(truth, 1, generator=generator)[:, 0]
    prior = fit((logits, face, voice), targets)
    assert prior.video_window == pytest.approx(1.5, rel=0.1)
    assert prior.audio_window == pytest.approx(0.7, rel=0.1)
    assert prior.temperature == pytest.approx(4, rel=0.1)


def test_evidence_that_says_nothing_weighs_little() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, face, voice = torch.randn(3, 5_000, 8, generator=generator)
    targets = torch.multinomial((logits + voice).softmax(-1), 1, generator=generator)[:, 0]
    prior = fit((logits, face, voice), targets)
    assert 0 < prior.video_window < 0.3 < prior.audio_window
