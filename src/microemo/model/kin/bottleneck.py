"""What an expert adds to a token, in ``compressor.py`` and ``experts.py``."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    """A narrow feed-forward map that starts as nothing."""

    def __init__(self, language_size: int, hidden_size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(language_size)
        self.inner, self.outer = nn.Linear(language_size, hidden_size), nn.Linear(hidden_size, language_size)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, tokens: Float[Tensor, "*B H"]) -> Float[Tensor, "*B H"]:
        added: Tensor = self.outer(F.gelu(self.inner(self.norm(tokens))))
        return added
