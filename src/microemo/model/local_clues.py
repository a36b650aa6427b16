"""Local clue attention (paper 3.2): each patch attends to the patches that share a clue region with it.

"We implemented a local clue attention mechanism based on the generated mask. This allows each patch to selectively
attend to pertinent local emotional clue regions, facilitating the extraction of fine-grained facial local features."
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.model.frames import kept_first

SHARED_MINIMUM = 1e-3  # shared coverage below this is none


class LocalClueAttention(nn.Module):
    """Masked multi-head self-attention over the vision encoder's patch tokens, with a residual connection.

    Patch i attends to patch j in proportion to the coverage that they share, s_ij = sum_r m_ri m_rj, which enters
    as the bias log s_ij. Patches in no region, and the class token, pass through unchanged.
    """

    def __init__(self, hidden_size: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(hidden_size)
        self.qkv = nn.Linear(hidden_size, 3 * hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)
        nn.init.zeros_(self.output.weight)  # starts as the identity
        nn.init.zeros_(self.output.bias)

    def forward(
        self, tokens: Float[Tensor, "T N D"], region_masks: Float[Tensor, "T R P"]
    ) -> tuple[Float[Tensor, "T N D"], Bool[Tensor, "T N"]]:
        """Local tokens, and which of them lie in a clue region; N = 1 + P, the class token first and never local.

        Frames without a face (all masks zero) come back unchanged and with no token kept.
        """
        shared = region_masks.transpose(1, 2) @ region_masks  # (T, P, P)
        in_region = (shared > SHARED_MINIMUM).any(-1)  # (T, P)
        order = kept_first(in_region)  # (T, M): only patches in a region are computed
        patches = torch.take_along_dim(tokens[:, 1:], order[..., None], dim=1)
        shared = torch.take_along_dim(shared, order[..., None], dim=1)
        shared = torch.take_along_dim(shared, order[:, None], dim=2)  # (T, M, M)
        update = self._attend(patches, shared) * in_region.gather(1, order)[..., None]
        where = 1 + order[..., None].expand_as(patches)
        return tokens.scatter(1, where, patches + update), F.pad(in_region, (1, 0))

    def _attend(self, patches: Float[Tensor, "T M D"], shared: Float[Tensor, "T M M"]) -> Float[Tensor, "T M D"]:
        """Self-attention of the patches in proportion to the coverage that they share."""
        attends = shared > SHARED_MINIMUM
        # A row without any key must not reach softmax: such patches attend to themselves, and are not updated.
        itself = torch.eye(shared.shape[-1], dtype=torch.bool, device=shared.device)
        bias = shared.clamp_min(SHARED_MINIMUM).log().masked_fill(~attends, -torch.inf)
        bias = bias.masked_fill(itself & ~attends.any(-1, keepdim=True), 0.0)

        query, key, value = self.qkv(self.norm(patches)).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=bias[:, None].to(query.dtype))
        return self.output(attended.transpose(1, 2).flatten(2))
