"""The layers between the Q-Formers and the language model that the switches of the architecture ask for."""

from torch import nn

from microemo.config import ModelConfig
from microemo.model.kin.compressor import HybridCompressor
from microemo.model.kin.experts import ModalityExperts
from microemo.model.kin.fusion import PreFusion


def layers(config: ModelConfig) -> nn.ModuleDict:
    """By name, in the order in which tokens go through them; none unless it is switched on."""
    kin, size, inner = config.kin, config.language.hidden_size, config.video_qformer
    found = nn.ModuleDict()
    if kin.fusion:
        found["fusion"] = PreFusion(size, inner.hidden_size, inner.num_heads)
    if kin.experts:
        found["experts"] = ModalityExperts(size, inner.hidden_size)
    if kin.compressor:
        found["compressor"] = HybridCompressor(size, inner.hidden_size)
    return found
