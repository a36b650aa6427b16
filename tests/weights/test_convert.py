"""The readers of upstream formats, on files made here."""

import json
import struct
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quantize

from microemo.weights.convert import dinov2, face_recognition, smollm2, whisper

Array = np.ndarray
WIDTH = 4


def write_ctranslate2(file: Path, variables: dict[str, Array], version: int = 6, spec: str = "WhisperSpec") -> Path:
    """CTranslate2's binary format, as ``ctranslate2.specs.ModelSpec`` writes it."""

    def string(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    content = struct.pack("<I", version) + string(spec) + struct.pack("<II", 3, len(variables))
    for name, array in variables.items():
        shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        content += string(name) + shape + struct.pack("<BI", whisper.DTYPES.index(array.dtype), array.nbytes)
        content += array.tobytes()
    file.write_bytes(content + struct.pack("<I", 0))
    return file


def test_whisper_splits_fused_attention_and_renames(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    fused, bias = rng.normal(size=(3 * WIDTH, WIDTH)).astype(np.float16), np.arange(3 * WIDTH, dtype=np.float32)
    norm = rng.normal(size=WIDTH).astype(np.float16)
    variables = {
        "decoder/embeddings/weight": np.zeros((2, 2), np.float32),
        "encoder/num_heads": np.array(6, np.int16),
        "encoder/layer_0/self_attention/linear_0/weight": fused,
        "encoder/layer_0/self_attention/linear_0/bias": bias,
        "encoder/layer_11/ffn/layer_norm/gamma": norm,
        "encoder/layer_norm/beta": norm,
        "encoder/position_encodings/encodings": fused,
    }
    state = whisper.state_dict(write_ctranslate2(tmp_path / "model.bin", variables))
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == {
        **{f"layers.0.self_attn.{letter}_proj.weight": (WIDTH, WIDTH) for letter in "qkv"},
        **{f"layers.0.self_attn.{letter}_proj.bias": (WIDTH,) for letter in "qv"},
        "layers.11.final_layer_norm.weight": (WIDTH,),
        "layer_norm.bias": (WIDTH,),
        "embed_positions.weight": (3 * WIDTH, WIDTH),
    }
    assert all(tensor.dtype == torch.float32 for tensor in state.values())
    parts = [state[f"layers.0.self_attn.{letter}_proj.weight"] for letter in "qkv"]
    np.testing.assert_array_equal(torch.cat(parts).numpy(), fused.astype(np.float32))
    np.testing.assert_array_equal(state["layers.0.self_attn.v_proj.bias"].numpy(), bias[2 * WIDTH :])


@pytest.mark.parametrize("other", [{"version": 5}, {"spec": "TransformerSpec"}])
def test_whisper_refuses_another_format(other: dict[str, object], tmp_path: Path) -> None:
    file = write_ctranslate2(tmp_path / "model.bin", {}, **other)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not a CTranslate2 Whisper model"):
        whisper.state_dict(file)


def test_whisper_refuses_quantised_weights(tmp_path: Path) -> None:
    variables = {"encoder/layer_0/ffn/linear_0/weight": np.zeros((2, 2), np.int8)}
    with pytest.raises(ValueError, match=r"linear_0/weight is quantised"):
        whisper.state_dict(write_ctranslate2(tmp_path / "model.bin", variables))


def write_gguf(file: Path, tensors: dict[str, Array]) -> Path:
    writer = GGUFWriter(file, "llama")
    for name, array in tensors.items():
        quantised = quantize(array, GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, quantised, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def test_smollm2_puts_first_halves_of_rotary_pairs_first(tmp_path: Path) -> None:
    heads = np.repeat(np.arange(128, dtype=np.float32)[:, None], 32, axis=1)  # a row holds its own number
    state = smollm2.state_dict(
        write_gguf(tmp_path / "x.gguf", {"blk.3.attn_q.weight": heads, "blk.3.attn_v.weight": heads})
    )
    assert set(state) == {"model.layers.3.self_attn.q_proj.weight", "model.layers.3.self_attn.v_proj.weight"}
    order = state["model.layers.3.self_attn.q_proj.weight"][:, 0].round().int().tolist()
    assert order == [*range(0, 64, 2), *range(1, 64, 2), *range(64, 128, 2), *range(65, 128, 2)]
    torch.testing.assert_close(
        state["model.layers.3.self_attn.v_proj.weight"], torch.from_numpy(heads), rtol=0.01, atol=0
    )


def test_smollm2_refuses_another_architecture(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"blk\.0\.ssm_in\.weight is no tensor of a llama"):
        smollm2.state_dict(write_gguf(tmp_path / "x.gguf", {"blk.0.ssm_in.weight": np.ones((2, 32), np.float32)}))


def test_dinov2_refuses_a_graph_without_positions(tmp_path: Path) -> None:
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], [])), tmp_path / "x.onnx")
    with pytest.raises(ValueError, match="no position table"):
        dinov2.state_dict(tmp_path / "x.onnx")


def write_face_api(folder: Path, variables: dict[str, Array], scales: dict[str, tuple[float, float]]) -> Path:
    """face-api's two files; ``scales`` are those of the variables that are stored in 8 bits."""
    entries = []
    for name, array in variables.items():
        entry: dict[str, object] = {"name": name, "shape": list(array.shape), "dtype": "float32"}
        if name in scales:
            entry["quantization"] = {"dtype": "uint8", "scale": scales[name][0], "min": scales[name][1]}
        entries.append(entry)
    (folder / face_recognition.MANIFEST_FILE).write_text(json.dumps([{"weights": entries, "paths": []}]))
    (folder / face_recognition.WEIGHTS_FILE).write_bytes(b"".join(array.tobytes() for array in variables.values()))
    return folder


def convolution(name: str, rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, Array]:
    return {
        f"{name}/conv/filters": rng.integers(0, 256, shape, np.uint8),
        f"{name}/conv/bias": rng.normal(size=shape[-1]).astype(np.float32),
        f"{name}/scale/weights": rng.normal(size=shape[-1]).astype(np.float32),
        f"{name}/scale/biases": rng.normal(size=shape[-1]).astype(np.float32),
    }


def test_face_recognition_folds_scales_into_convolutions(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    variables = convolution("conv32_down", rng, (7, 7, 3, 4))
    for block in ("conv32_1", "conv64_down"):
        variables |= convolution(f"{block}/conv1", rng, (3, 3, 4, 4)) | convolution(f"{block}/conv2", rng, (3, 3, 4, 4))
    variables["fc"] = rng.normal(size=(4, 2)).astype(np.float32)
    scales = {name: (0.5, -3.0) for name in variables if name.endswith("filters")}
    state = face_recognition.state_dict(write_face_api(tmp_path, variables, scales))
    assert set(state) == {
        "head.weight", "stem.weight", "stem.bias",
        *(f"blocks.{index}.conv{conv}.{kind}" for index in (0, 1) for conv in (1, 2) for kind in ("weight", "bias")),
    }  # fmt: skip

    pictures = torch.from_numpy(rng.normal(size=(1, 3, 9, 9)))
    filters = torch.from_numpy(variables["conv32_down/conv/filters"] * 0.5 - 3.0).permute(3, 2, 0, 1)
    bias, scale, shift = (torch.from_numpy(variables[f"conv32_down/{name}"]).double().view(-1, 1, 1)
                          for name in ("conv/bias", "scale/weights", "scale/biases"))  # fmt: skip
    expected = (torch.conv2d(pictures, filters) + bias) * scale + shift
    folded = torch.conv2d(pictures, state["stem.weight"].double(), state["stem.bias"].double())
    torch.testing.assert_close(folded, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(state["head.weight"].numpy(), variables["fc"].T)


def test_face_recognition_refuses_files_that_do_not_fit(tmp_path: Path) -> None:
    write_face_api(tmp_path, {"fc": np.ones((4, 2), np.float32)}, {})
    with (tmp_path / face_recognition.WEIGHTS_FILE).open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(ValueError, match="has 36 bytes, its manifest describes 32"):
        face_recognition.state_dict(tmp_path)
