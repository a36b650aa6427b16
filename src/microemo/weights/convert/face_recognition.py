"""dlib's face recognition network out of face-api's files: 8-bit numbers in one file, names and scales in another.

Each convolution is followed by a scale and a shift per channel, what remained of its norm; they are folded into it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

MANIFEST_FILE, WEIGHTS_FILE = "face_recognition_model-weights_manifest.json", "face_recognition_model.bin"
STEM, HEAD = "conv32_down", "fc"


def convert(upstream: Path, out: Path) -> None:
    """Write ``model.safetensors`` (fp32), keyed as ``perception.face_embedding.FaceEmbedding`` has them."""
    from safetensors.torch import save_file

    save_file(state_dict(upstream), out / "model.safetensors", metadata={"format": "pt"})


def state_dict(folder: Path) -> dict[str, Tensor]:
    """Read the network's weights; raises ``ValueError`` where the two files do not fit each other."""
    arrays = _arrays(folder)
    blocks = list(dict.fromkeys(name.split("/")[0] for name in arrays if name.split("/")[0] not in (STEM, HEAD)))
    state = _folded(arrays, STEM, "stem")
    for index, block in enumerate(blocks):
        for conv in ("conv1", "conv2"):
            state |= _folded(arrays, f"{block}/{conv}", f"blocks.{index}.{conv}")
    state["head.weight"] = _tensor(arrays[HEAD].T)
    return state


def _arrays(folder: Path) -> dict[str, Float[np.ndarray, "..."]]:
    """All variables in fp64 by name; those that are stored in 8 bits are number x scale + minimum."""
    (group,) = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    stored = (folder / WEIGHTS_FILE).read_bytes()
    arrays, start = {}, 0
    for entry in group["weights"]:
        scales: dict[str, Any] = entry.get("quantization", {"dtype": "float32", "scale": 1.0, "min": 0.0})
        dtype, count = np.dtype(scales["dtype"]).newbyteorder("<"), int(np.prod(entry["shape"]))
        numbers = np.frombuffer(stored, dtype, count, start).reshape(entry["shape"])
        arrays[entry["name"]] = numbers.astype(np.float64) * scales["scale"] + scales["min"]
        start += dtype.itemsize * count
    if start != len(stored):
        raise ValueError(f"{WEIGHTS_FILE} has {len(stored)} bytes, its manifest describes {start}")
    return arrays


def _folded(arrays: dict[str, Float[np.ndarray, "..."]], name: str, ours: str) -> dict[str, Tensor]:
    filters, bias = arrays[f"{name}/conv/filters"], arrays[f"{name}/conv/bias"]  # (height, width, in, out)
    scale, shift = arrays[f"{name}/scale/weights"], arrays[f"{name}/scale/biases"]
    return {
        f"{ours}.weight": _tensor((filters * scale).transpose(3, 2, 0, 1)),
        f"{ours}.bias": _tensor(bias * scale + shift),
    }


def _tensor(array: Float[np.ndarray, "..."]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))
