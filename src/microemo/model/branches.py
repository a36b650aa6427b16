"""Questions behind the parts of one prompt: a tree, whose stem is the prompt and whose branches do not see one another.

A branch follows the first rows of the stem. Its states are those that it would have behind these rows alone, but the
stem is read once, and all branches with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F


class Branch(NamedTuple):
    """Embeddings that follow the first ``behind`` rows of a stem."""

    behind: int
    rows: Float[Tensor, "L H"]


@dataclass(frozen=True)
class Tree:
    """A stem and its branches, one behind the other: N rows."""

    stem: Float[Tensor, "S H"]
    branches: Sequence[Branch]

    def __len__(self) -> int:
        return len(self.stem) + sum(len(branch.rows) for branch in self.branches)

    @property
    def rows(self) -> Float[Tensor, "N H"]:
        return torch.cat([self.stem, *(branch.rows for branch in self.branches)])

    @property
    def positions(self) -> Int[Tensor, " N"]:
        """Each row's place behind what it follows."""
        own = [torch.arange(branch.behind, branch.behind + len(branch.rows)) for branch in self.branches]
        return torch.cat([torch.arange(len(self.stem)), *own]).to(self.stem.device)

    @property
    def visible(self) -> Bool[Tensor, "N N"]:
        """Which rows (the second axis) each row sees: itself, those before it in its branch, and what that follows."""
        seen = torch.ones(len(self), len(self), dtype=torch.bool, device=self.stem.device).tril()
        start = len(self.stem)
        for behind, rows in self.branches:
            seen[start : start + len(rows), behind:start] = False
            start += len(rows)
        return seen


def together(prompts: Sequence[Float[Tensor, "_ H"]]) -> Tree:
    """Prompts that share nothing."""
    return Tree(prompts[0][:0], [Branch(0, prompt) for prompt in prompts])


def batch(
    trees: Sequence[Tree],
) -> tuple[Float[Tensor, "B N H"], Int[Tensor, "B N"], Float[Tensor, "B 1 N N"]]:
    """Trees of any sizes as one batch, padded behind: rows, positions, and what attention adds to its scores."""
    longest = max(map(len, trees))
    rows = torch.stack([F.pad(tree.rows, (0, 0, 0, longest - len(tree))) for tree in trees])
    positions = torch.stack([F.pad(tree.positions, (0, longest - len(tree))) for tree in trees])
    hidden = torch.full((len(trees), longest, longest), torch.finfo(rows.dtype).min, dtype=rows.dtype)
    hidden = hidden.to(rows.device)
    for number, tree in enumerate(trees):
        hidden[number, : len(tree), : len(tree)].masked_fill_(tree.visible, 0)
    hidden.diagonal(dim1=1, dim2=2).zero_()  # padding sees itself, lest its softmax have nothing to add up to
    return rows, positions, hidden[:, None]
