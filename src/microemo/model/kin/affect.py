"""Families, valence and arousal learned together, over a graph of how they hang together.

After "Exploiting Emotional Dependencies with Graph Convolutional Networks" (Antoniadis et al. 2021): what tells the
families apart, and what measures valence and arousal, is made of their words by a graph convolution. Valence and
arousal are those of Russell's circumplex (``lexicon/circumplex.py``), as no data of ours were rated: prototypes'
places, as in NeuroGaze-Distill (2025), whose own are from EEG.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.lexicon import FAMILIES
from microemo.lexicon.circumplex import affect

DIMENSIONS = ("valence", "arousal")
NEAR = 1.0  # the circle's radius: how far families still hang together


class AffectGraph(nn.Module):
    """Scores of the K families, and valence and arousal from -1 to 1, of windows' mean tokens.

    ``words`` stand for the names of the families and of the two dimensions (``model/labels.py``).
    """

    graph: Tensor
    words: Tensor

    def __init__(self, words: Float[Tensor, "N H"], hidden_size: int) -> None:
        super().__init__()
        self.register_buffer("words", words, persistent=False)
        self.register_buffer("graph", dependencies(), persistent=False)
        self.inner = nn.Linear(words.shape[1], hidden_size)
        self.outer = nn.Linear(hidden_size, hidden_size)
        self.shown = nn.Linear(words.shape[1], hidden_size)

    def forward(self, tokens: Float[Tensor, "N H"]) -> tuple[Float[Tensor, "N K"], Float[Tensor, "N 2"]]:
        nodes = self.graph @ F.relu(self.inner(self.graph @ self.words))
        found = self.shown(tokens) @ self.outer(nodes).T  # (N, K + 2)
        families, dimensions = found.split([len(FAMILIES), len(DIMENSIONS)], dim=-1)
        return families, dimensions.tanh()

    def loss(self, tokens: Float[Tensor, "N H"], families: Sequence[str]) -> Float[Tensor, ""]:
        """Cross-entropy of the families, and the mean square error of valence and arousal where they have a place."""
        scores, dimensions = self(tokens)
        targets = torch.tensor([FAMILIES.index(family) for family in families], device=tokens.device)
        places, known = (each.to(tokens.device)[targets] for each in prototypes())
        error = ((dimensions - places).square().mean(-1) * known).sum() / known.sum().clamp_min(1)
        return F.cross_entropy(scores, targets) + error


def prototypes() -> tuple[Float[Tensor, "K 2"], Float[Tensor, " K"]]:
    """Each family's valence and arousal, and 1 where it has them, else 0."""
    places = [affect(family) for family in FAMILIES]
    return torch.tensor([place or (0.0, 0.0) for place in places]), torch.tensor([float(bool(p)) for p in places])


def dependencies() -> Float[Tensor, "N N"]:
    """Of K families and two dimensions, N in all: families by their nearness on the circumplex, dimensions by how far
    families lie along them; rows add up to 1.
    """
    places, known = prototypes()
    near = torch.exp(-torch.cdist(places, places).square() / NEAR**2) * known * known[:, None]
    graph = torch.zeros(len(FAMILIES) + 2, len(FAMILIES) + 2)
    graph[:-2, :-2] = near
    graph[:-2, -2:] = places.abs()
    graph[-2:, :-2] = places.abs().T
    graph += torch.eye(len(graph))  # on top, so that families in one place stay apart
    return graph / graph.sum(1, keepdim=True)
