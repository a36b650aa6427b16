"""Talking mouths, simulated in still faces: a mouth that is open because it speaks is no expression.

There is no labelled talking face among the training data, and a model of still faces reads open mouths as anger or
joy. So the lower lip and the chin of labelled faces are moved down, what is then between the lips is dark, and the
mouth is drawn together or apart, as vowels do.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from microemo.config import NANO
from microemo.perception.regions import REGION_NAMES
from recipes.nano.augment import draw

HALF_WIDTH = 0.1  # of the mouth; this and what follows in sides of the aligned face view
LOWER_FACE = 0.3  # over which the shift of the lip fades out
OPENING = (0.02, 0.1)
LARGEST_SPREAD = 0.2  # of the mouth's width
DARK = 0.35  # of its brightness is left between the lips


def talking(
    views: Float[Tensor, "B C S S"],
    mouths: Float[Tensor, "B 2"],
    generator: torch.Generator,
    openings: Float[Tensor, " B"] | None = None,
) -> Float[Tensor, "B C S S"]:
    """The same faces in the middle of some vowel; ``mouths`` are their mouths' centres (x, y) in sides of the view.

    ``openings`` are how far they are open, in such sides as well, at random where not given; at 0 a face is as it was.
    """
    num, size = len(views), views.shape[-1]
    opening = draw(num, generator, *OPENING, 1, 1) if openings is None else openings[:, None, None]
    spread = draw(num, generator, -1, 1, 1, 1) * LARGEST_SPREAD * (opening > 0)
    place = (torch.arange(size) + 0.5) / size
    across = place[None, None] - mouths[:, 0, None, None]  # (B, 1, S)
    below = place[None, :, None] - mouths[:, 1, None, None]  # (B, S, 1)
    width = HALF_WIDTH * (1 + spread)
    gap = opening * (1 - (across / width) ** 2).clamp_min(0).sqrt()  # between the lips, an ellipse's height by column
    moved = opening * torch.exp(-((across / (2 * width)) ** 2))  # the lip and chin go down with it, wider and softer
    shift = torch.where(below > 0, moved * (1 - below / LOWER_FACE).clamp(0, 1), 0)
    near = torch.exp(-((across / (2 * width)) ** 2) - (below / HALF_WIDTH) ** 2)
    source = torch.stack(
        [mouths[:, 0, None, None] + across * (1 - spread * near), place[None, :, None] - shift], dim=-1
    )
    lips = F.grid_sample(views, source * 2 - 1, padding_mode="border", align_corners=False)
    between = ((gap - below) * size).clamp(0, 1) * (below * size).clamp(0, 1)
    return lips * (1 - (1 - DARK) * between[:, None])


def mouth_centres(masks: Float[Tensor, "B R P"]) -> Float[Tensor, "B 2"]:
    """Centres (x, y) of the mouths' region masks, in sides of the view; the middle where there is none."""
    grid = NANO.vision.grid
    mouth = masks[:, REGION_NAMES.index("mouth")].unflatten(1, (grid, grid))  # (B, rows, columns)
    place = (torch.arange(grid) + 0.5) / grid - 0.5
    area = mouth.sum((1, 2)).clamp_min(1e-3)
    return torch.stack([(mouth.sum(1) @ place) / area, (mouth.sum(2) @ place) / area], dim=1) + 0.5
