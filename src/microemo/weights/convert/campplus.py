"""CAM++ out of 3D-Speaker's checkpoint, under our names (``perception/nets/campplus.py``)."""

import re
from pathlib import Path

import torch
from torch import Tensor

CHECKPOINT = "campplus_cn_en_common.pt"
RENAMED = (
    (r"^head\.layer(\d)\.(\d)\.", lambda m: f"stem.blocks.{2 * int(m[1]) - 2 + int(m[2])}."),
    (r"^head\.", "stem."),
    (r"\.bn(\d)\.", r".norm\1."),
    (r"^xvector\.tdnn\.linear", "tdnn"),
    (r"^xvector\.tdnn\.nonlinear\.batchnorm", "tdnn_norm"),
    (r"^xvector\.dense\.linear", "dense"),
    (r"^xvector\.dense\.nonlinear\.batchnorm", "dense_norm"),
    (r"^xvector\.out_nonlinear\.batchnorm", "norm"),
    (r"^xvector\.(?:block|transit)(\d)\.", lambda m: f"blocks.{int(m[1]) - 1}."),
    (r"\.tdnnd(\d+)\.", lambda m: f".layers.{int(m[1]) - 1}."),
    (r"\.cam_layer\.linear_local", ".gate.local"),
    (r"\.cam_layer\.linear1", ".gate.down"),
    (r"\.cam_layer\.linear2", ".gate.up"),
    (r"\.nonlinear(\d)\.batchnorm", r".norm\1"),
    (r"\.nonlinear\.batchnorm", ".norm"),
    (r"\.linear1\.", ".reduce."),
    (r"\.linear\.", ".transition."),
)


def convert(upstream: Path, out: Path) -> None:
    """Write ``model.safetensors`` (fp32)."""
    from safetensors.torch import save_file

    save_file(state_dict(upstream / CHECKPOINT), out / "model.safetensors", metadata={"format": "pt"})


def state_dict(checkpoint: Path) -> dict[str, Tensor]:
    """The weights, keyed as ``CamPlusPlus`` has them."""
    tensors = torch.load(checkpoint, map_location="cpu", weights_only=True)
    state = {_renamed(name): tensor for name, tensor in tensors.items()}
    state["dense.weight"] = state["dense.weight"][..., 0].contiguous()  # a convolution over one frame
    return state


def _renamed(name: str) -> str:
    for pattern, new in RENAMED:
        name = re.sub(pattern, new, name)
    return name
