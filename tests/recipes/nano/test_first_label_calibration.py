"""Calibration finds the temperature that confidences are true with, and sets that hold the truth as often as said."""

import pytest
import torch

from microemo.config import Shown
from recipes.nano.calibration import coverage, fit, thresholds


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    generator = torch.Generator().manual_seed(0)
    families = torch.randn(20_000, 8, generator=generator) * 3
    targets = torch.multinomial((families / temperature).softmax(-1), 1, generator=generator)[:, 0]
    assert fit(families, targets) == pytest.approx(temperature, rel=0.1)


def test_sets_hold_the_truth_as_often_as_said_whatever_is_shown() -> None:
    """Faces are judged worse than voices, and have larger sets."""
    generator = torch.Generator().manual_seed(0)
    num = 4000
    shown: list[Shown] = ["face", "voice"] * (num // 2)
    families = torch.randn(num, 8, generator=generator) * torch.tensor([1.0, 4.0]).repeat(num // 2)[:, None]
    targets = torch.multinomial(families.softmax(-1), 1, generator=generator)[:, 0]
    sure = (families / 2).softmax(-1)  # not calibrated: the sets are all the same
    one, other = slice(0, 1000), slice(1000, None)
    least = thresholds(sure[one], targets[one], shown[one])
    face, voice = coverage(sure[other], targets[other], shown[other], least)
    assert [face.num_held / face.num, voice.num_held / voice.num] == pytest.approx([0.9, 0.9], abs=0.03)
    assert face.num_families > 2 * voice.num_families


def test_where_there_are_too_few_all_families_are_possible() -> None:
    sure = torch.full((5, 8), 1 / 8)
    assert thresholds(sure, torch.zeros(5, dtype=torch.long), ["words"] * 5) == {"words": 0.0}
