"""CAM++, the speaker embedding: what a voice is like, whatever it says (Wang et al. 2023, arXiv:2303.00332).

A small 2-D ResNet over the filter banks, then a densely connected TDNN whose every layer is gated by its context: the
mean over the whole utterance and over the second that a frame lies in.
"""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.filter_banks import FRAME, HOP, POVEY, filter_banks

NUM_MELS = 80
WIDTH = 32  # channels of the ResNet
GROWTH, BOTTLENECK = 32, 128  # channels that a dense layer adds, and works in
BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation of the dense blocks
CONTEXT = 100  # frames (of 20 ms) that share a local context
EMBEDDING = 192
MIN_SAMPLES = FRAME + 9 * HOP  # ten frames


class ResidualBlock(nn.Module):
    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(WIDTH, WIDTH, 3, (stride, 1), 1, bias=False)
        self.norm1 = nn.BatchNorm2d(WIDTH)
        self.conv2 = nn.Conv2d(WIDTH, WIDTH, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(WIDTH)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 1, (stride, 1), bias=False), nn.BatchNorm2d(WIDTH))

    def forward(self, x: Float[Tensor, "B C M F"]) -> Float[Tensor, "B C N F"]:
        out = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(out + self.shortcut(x))


class Stem(nn.Module):
    """Filter banks as a picture: bands are reduced to an eighth, frames stay."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, WIDTH, 3, 1, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(WIDTH)
        self.blocks = nn.Sequential(*(ResidualBlock(stride) for stride in (2, 1, 2, 1)))
        self.conv2 = nn.Conv2d(WIDTH, WIDTH, 3, (2, 1), 1, bias=False)
        self.norm2 = nn.BatchNorm2d(WIDTH)

    def forward(self, mels: Float[Tensor, "B M F"]) -> Float[Tensor, "B C F"]:
        x = F.relu(self.norm1(self.conv1(mels[:, None])))
        x = F.relu(self.norm2(self.conv2(self.blocks(x))))
        return x.flatten(1, 2)


class ContextGate(nn.Module):
    """Channels are let through as far as the context, of the whole and of the second, wants them."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.local = nn.Conv1d(BOTTLENECK, GROWTH, 3, padding=dilation, dilation=dilation, bias=False)
        self.down = nn.Conv1d(BOTTLENECK, BOTTLENECK // 2, 1)
        self.up = nn.Conv1d(BOTTLENECK // 2, GROWTH, 1)

    def forward(self, x: Float[Tensor, "B C F"]) -> Float[Tensor, "B G F"]:
        near = F.avg_pool1d(x, CONTEXT, CONTEXT, ceil_mode=True) + x.mean(-1, keepdim=True)
        gate = self.up(F.relu(self.down(near))).sigmoid()
        return self.local(x) * gate.repeat_interleave(CONTEXT, dim=-1)[..., : x.shape[-1]]


class DenseLayer(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm1d(channels)
        self.reduce = nn.Conv1d(channels, BOTTLENECK, 1, bias=False)
        self.norm2 = nn.BatchNorm1d(BOTTLENECK)
        self.gate = ContextGate(dilation)

    def forward(self, x: Float[Tensor, "B C F"]) -> Float[Tensor, "B D F"]:
        new = self.gate(F.relu(self.norm2(self.reduce(F.relu(self.norm1(x))))))
        return torch.cat([x, new], dim=1)


class DenseBlock(nn.Module):
    """Layers that each see all before them, and a transition that halves the channels."""

    def __init__(self, channels: int, num_layers: int, dilation: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(DenseLayer(channels + i * GROWTH, dilation) for i in range(num_layers)))
        self.channels = (channels + num_layers * GROWTH) // 2
        self.norm = nn.BatchNorm1d(2 * self.channels)
        self.transition = nn.Conv1d(2 * self.channels, self.channels, 1, bias=False)

    def forward(self, x: Float[Tensor, "B C F"]) -> Float[Tensor, "B D F"]:
        return self.transition(F.relu(self.norm(self.layers(x))))


class CamPlusPlus(nn.Module):
    """Filter banks, less their mean over time, to an embedding; cosines of embeddings compare voices."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Stem()
        self.tdnn = nn.Conv1d(WIDTH * NUM_MELS // 8, 128, 5, stride=2, padding=2, bias=False)
        self.tdnn_norm = nn.BatchNorm1d(128)
        blocks, channels = [], 128
        for num_layers, dilation in BLOCKS:
            blocks.append(DenseBlock(channels, num_layers, dilation))
            channels = blocks[-1].channels
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm1d(channels)
        self.dense = nn.Linear(2 * channels, EMBEDDING, bias=False)
        self.dense_norm = nn.BatchNorm1d(EMBEDDING, affine=False)

    def forward(self, mels: Float[Tensor, "B M F"]) -> Float[Tensor, "B 192"]:
        x = F.relu(self.tdnn_norm(self.tdnn(self.stem(mels))))
        x = F.relu(self.norm(self.blocks(x)))
        return self.dense_norm(self.dense(torch.cat([x.mean(-1), x.std(-1)], dim=1)))


def load(directory: Path) -> CamPlusPlus:
    """The net with the weights of the part's folder, in evaluation mode on the CPU."""
    from safetensors.torch import load_file

    net = CamPlusPlus()
    net.load_state_dict(load_file(directory / "model.safetensors"))
    return net.eval()


def mels(waveform: Float[Tensor, " N"]) -> Float[Tensor, "M F"]:
    """What the net reads of a 16 kHz waveform, 100 frames a second, not yet less their mean."""
    return filter_banks(waveform, NUM_MELS, POVEY).T
