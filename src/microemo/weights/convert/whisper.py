"""Whisper's encoder, of any size, out of a CTranslate2 model, as a Hugging Face ``WhisperEncoder``.

Speech recognition reads the CTranslate2 model as it is; its Python package can run the encoder but not give its
weights. The format is little-endian: version, specification name and revision, then the variables.
"""

import json
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

MODEL_FILE = "model.bin"
FORMAT_VERSION, SPECIFICATION = 6, "WhisperSpec"
DTYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)  # by the format's type numbers
VARIABLE = re.compile(r"encoder/(?:layer_(?P<layer>\d+)/)?(?P<module>.+)/(?P<parameter>\w+)")
MODULES = {
    "conv1": "conv1",
    "conv2": "conv2",
    "position_encodings": "embed_positions",
    "layer_norm": "layer_norm",
    "self_attention/layer_norm": "self_attn_layer_norm",
    "self_attention/linear_1": "self_attn.out_proj",
    "ffn/layer_norm": "final_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
}
HEAD_SIZE = 64  # of every size of Whisper
FUSED = "self_attention/linear_0"  # queries, keys and values in one
PARAMETERS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias", "encodings": "weight"}


def convert(upstream: Path, out: Path) -> None:
    """Write ``encoder.safetensors`` (fp32) and ``encoder_config.json``, the arguments of ``WhisperConfig``."""
    from safetensors.torch import save_file

    state = state_dict(upstream / MODEL_FILE)
    save_file(state, out / "encoder.safetensors", metadata={"format": "pt"})
    (out / "encoder_config.json").write_text(json.dumps(config(state), indent=2) + "\n", encoding="utf-8")


def config(state: Mapping[str, Tensor]) -> dict[str, object]:
    """Arguments of ``transformers.WhisperConfig`` for an encoder of these weights; positions are of 20 ms."""
    hidden_size, num_mels, _ = state["conv1.weight"].shape
    return {
        "d_model": hidden_size,
        "encoder_layers": sum(name.endswith(".fc1.weight") for name in state),
        "encoder_attention_heads": hidden_size // HEAD_SIZE,
        "encoder_ffn_dim": len(state["layers.0.fc1.weight"]),
        "num_mel_bins": num_mels,
        "max_source_positions": len(state["embed_positions.weight"]),
    }


def state_dict(model_file: Path) -> dict[str, Tensor]:
    """Read the encoder's weights in fp32, keyed as ``WhisperEncoder`` has them.

    Raises ``ValueError`` if the file is no CTranslate2 Whisper model of the known version, or a quantised one.
    """
    state: dict[str, Tensor] = {}
    with model_file.open("rb") as stream:
        for name, array in _variables(stream):
            match = VARIABLE.fullmatch(name)
            if match is None:
                continue
            if not np.issubdtype(array.dtype, np.floating):
                raise ValueError(f"{model_file}: {name} is quantised")
            tensor = torch.from_numpy(array.astype(np.float32))
            prefix = f"layers.{match['layer']}." if match["layer"] else ""
            if match["module"] == FUSED:
                state |= _split(tensor, f"{prefix}self_attn", match["parameter"])
            else:
                state[f"{prefix}{MODULES[match['module']]}.{PARAMETERS[match['parameter']]}"] = tensor
    return state


def _split(fused: Tensor, attention: str, parameter: str) -> dict[str, Tensor]:
    """Whisper's keys have no bias; the fused layer has zeros there."""
    query, key, value = (part.contiguous() for part in fused.chunk(3))
    split = {f"{attention}.q_proj.{parameter}": query, f"{attention}.v_proj.{parameter}": value}
    return split if parameter == "bias" else {**split, f"{attention}.k_proj.{parameter}": key}


def _variables(stream: BinaryIO) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Name and value of each variable, in the file's order."""
    (version,) = _unpack(stream, "I")
    if version != FORMAT_VERSION or _string(stream) != SPECIFICATION:
        raise ValueError(f"{stream.name} is not a CTranslate2 Whisper model of format {FORMAT_VERSION}")
    _revision, num_variables = _unpack(stream, "II")
    for _ in range(num_variables):
        name = _string(stream)
        (rank,) = _unpack(stream, "B")
        shape = _unpack(stream, f"{rank}I")
        dtype, num_bytes = _unpack(stream, "BI")
        yield name, np.frombuffer(stream.read(num_bytes), DTYPES[dtype]).reshape(shape)


def _string(stream: BinaryIO) -> str:
    (length,) = _unpack(stream, "H")
    return stream.read(length).rstrip(b"\0").decode()


def _unpack(stream: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack("<" + layout, stream.read(struct.calcsize("<" + layout)))
