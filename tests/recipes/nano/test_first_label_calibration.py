"""Calibration finds the temperature that confidences are true with."""

import pytest
import torch

from recipes.nano.calibration import fit


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    generator = torch.Generator().manual_seed(0)
    families = torch.randn(20_000, 8, generator=generator) * 3
    targets = torch.multinomial((families / temperature).softmax(-1), 1, generator=generator)[:, 0]
    assert fit(families, targets).temperature == pytest.approx(temperature, rel=0.1)
