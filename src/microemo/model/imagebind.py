"""ImageBind's audio encoder (paper 4.1), for which there is no library class: a ViT over spectrograms of 2 s."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.config import ImageBindConfig
from microemo.filter_banks import SAMPLE_RATE
from microemo.model.audio import NAMES, AudioEncoder
from microemo.model.mel import CLIP_SEC, clip_mels, even_spans
from microemo.model.pretrained import tensors_below
from microemo.model.video_qformer import VideoQFormer

KERNEL, STRIDE = 16, 10  # of the stem: overlapping patches
EPS = 1e-6
MAX_SCALE = 100.0


class ImageBindEncoder(AudioEncoder):
    """A waveform to one vector for each of its clips of 2 s, evenly placed (``model/mel.py``)."""

    def __init__(self, config: ImageBindConfig, pretrained: Path | None = None) -> None:
        super().__init__()
        self.config = config
        self.encoder = AudioTrunk(config).requires_grad_(False)
        if pretrained:
            self.encoder.load_state_dict(tensors_below(pretrained / "model.safetensors", NAMES))

    def forward(self, waveform: Float[Tensor, " N"]) -> Float[Tensor, "F 1 E"]:
        """A vector for each clip: one layer of them."""
        spans = even_spans(len(waveform) / SAMPLE_RATE)
        mels = clip_mels(waveform, spans, self.config.num_mels, self.config.num_frames)
        return self.encoder(mels.to(self.encoder.cls))[:, None].float()

    def times_sec(self, num_samples: int) -> tuple[float, ...]:
        """The middle of each clip."""
        return tuple(start + CLIP_SEC / 2 for start, _ in even_spans(num_samples / SAMPLE_RATE))

    def reader(self, language_size: int) -> VideoQFormer:
        """Clips of sound are read in their order, as frames are."""
        return VideoQFormer(self.config.qformer, self.config.output_size, language_size, self.config.num_clips)


class AudioTrunk(nn.Module):
    """Normalised spectrograms to vectors of fixed length: (S, 1, M, F) -> (S, E)."""

    log_scale: Tensor

    def __init__(self, config: ImageBindConfig) -> None:
        super().__init__()
        size = config.hidden_size
        num_patches = _steps(config.num_mels) * _steps(config.num_frames)
        self.stem = nn.Conv2d(1, size, KERNEL, STRIDE, bias=False)
        self.stem_norm = nn.LayerNorm(size)
        self.cls = nn.Parameter(torch.randn(1, 1, size) * 0.02)
        self.positions = nn.Parameter(torch.randn(1, 1 + num_patches, size) * 0.02)
        self.blocks = nn.ModuleList(Block(size, config.num_heads) for _ in range(config.num_layers))
        self.norm = nn.LayerNorm(size, eps=EPS)
        self.projection = nn.Linear(size, config.output_size, bias=False)
        self.register_buffer("log_scale", torch.tensor(20.0).log())

    def forward(self, mels: Float[Tensor, "S 1 M F"]) -> Float[Tensor, "S E"]:
        """Unit vectors times the scale that upstream gives them (20)."""
        return F.normalize(self.projection(self.summary(mels)), dim=-1) * self.log_scale.exp().clamp_max(MAX_SCALE)

    def summary(self, mels: Float[Tensor, "S 1 M F"]) -> Float[Tensor, "S D"]:
        """The class token after the last block, normalised."""
        patches = self.stem_norm(self.stem(mels).flatten(2).transpose(1, 2))  # (S, P, D)
        tokens = torch.cat([self.cls.expand(len(patches), -1, -1), patches], dim=1) + self.positions
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens[:, 0])


class Block(nn.Module):
    """A pre-norm transformer block whose attention has one learned key and value beside those of the tokens."""

    def __init__(self, hidden_size: int, num_heads: int) -> None:
        super().__init__()
        self.norm_1 = nn.LayerNorm(hidden_size, eps=EPS)
        self.attn = nn.MultiheadAttention(hidden_size, num_heads, add_bias_kv=True, batch_first=True)
        self.norm_2 = nn.LayerNorm(hidden_size, eps=EPS)
        self.fc1 = nn.Linear(hidden_size, 4 * hidden_size)
        self.fc2 = nn.Linear(4 * hidden_size, hidden_size)

    def forward(self, tokens: Float[Tensor, "S N D"]) -> Float[Tensor, "S N D"]:
        normed = self.norm_1(tokens)
        tokens = tokens + self.attn(normed, normed, normed, need_weights=False)[0]
        return tokens + self.fc2(F.gelu(self.fc1(self.norm_2(tokens))))


def _steps(length: int) -> int:
    """How often the stem's kernel fits."""
    return (length - KERNEL) // STRIDE + 1
