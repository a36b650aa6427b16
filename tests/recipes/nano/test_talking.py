"""Simulated talking mouths: the lower face changes, the upper does not."""

import torch

from microemo.config import NANO
from microemo.perception.regions import REGION_NAMES
from recipes.nano.talking import LOWER_FACE, mouth_centres, talking

SIZE = 112


def test_a_mouth_opens_where_it_is_and_nothing_above_it_moves() -> None:
    generator = torch.Generator().manual_seed(0)
    views = torch.rand(4, 1, SIZE, SIZE, generator=generator) * 0.2 + 0.7
    mouths = torch.tensor([[0.5, 0.6], [0.5, 0.7], [0.4, 0.6], [0.6, 0.6]])
    spoken = talking(views, mouths, generator)
    for view, changed, (x, y) in zip(views, spoken, mouths.tolist(), strict=True):
        assert torch.allclose(changed[:, : int((y - 0.25) * SIZE)], view[:, : int((y - 0.25) * SIZE)], atol=0.03)
        assert changed[0, int((y + 0.012) * SIZE), int(x * SIZE)] < 0.5  # dark between the lips
        bottom = int((y + LOWER_FACE) * SIZE) + 1
        assert torch.allclose(changed[:, bottom:], view[:, bottom:], atol=0.03)


def test_no_two_frames_are_alike() -> None:
    generator, view = torch.Generator().manual_seed(0), torch.rand(1, 1, SIZE, SIZE)
    frames = talking(view.expand(2, -1, -1, -1), torch.full((2, 2), 0.6), generator)
    assert not torch.allclose(frames[0], frames[1], atol=0.01)


def test_mouths_are_found_by_their_masks() -> None:
    grid = NANO.vision.grid
    masks = torch.zeros(2, len(REGION_NAMES), grid, grid)
    masks[0, REGION_NAMES.index("mouth"), 5, 3:5] = 1
    centres = mouth_centres(masks.flatten(2))
    torch.testing.assert_close(centres, torch.tensor([[4 / grid, 5.5 / grid], [0.5, 0.5]]))
