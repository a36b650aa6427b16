"""YAMNet out of an ONNX graph for 8-bit devices, which holds the weights in full beside the steps to round them to.

Under our names (``perception/nets/yamnet.py``); the rounding is left out.
"""

import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

ARCHIVE = "YamNet_w8a8.onnx.zip"


def convert(upstream: Path, out: Path) -> None:
    """Write ``model.safetensors`` (fp32)."""
    from safetensors.torch import save_file

    save_file(state_dict(upstream / ARCHIVE), out / "model.safetensors", metadata={"format": "pt"})


def state_dict(archive: Path) -> dict[str, Tensor]:
    """The weights, keyed as ``YamNet`` has them: the graph's convolutions in order, then its classifier."""
    import onnx
    from onnx import numpy_helper

    with TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as files:
            files.extractall(folder)
        graph = onnx.load(next(Path(folder).rglob("*.onnx"))).graph
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    state: dict[str, Tensor] = {}
    layers = [node for node in graph.node if node.op_type in {"Conv", "Gemm"}]
    for name, node in zip(_names(len(layers)), layers, strict=True):
        for kind, source in zip(("weight", "bias"), node.input[1:], strict=True):
            state[f"{name}.{kind}"] = torch.from_numpy(values[_unrounded(source, makers, values)].copy())
    return state


def _names(count: int) -> list[str]:
    inner = [f"layers.{place // 2}.{('depthwise', 'pointwise')[place % 2]}" for place in range(count - 2)]
    return ["stem", *inner, "classifier"]


def _unrounded(name: str, makers: dict[str, Any], values: dict[str, Any]) -> str:
    """The name of the weights that a graph's input is made of by rounding."""
    while name not in values:
        name = makers[name].input[0]
    return name
