"""The converted parts against the originals' own runtimes, on the files as published."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from microemo import weights
from microemo.hooks import silent
from microemo.weights import cache, manifest

pytestmark = pytest.mark.weights


def upstream(name: str, tmp_path: Path) -> Path:
    """The part's upstream files, which the cache does not keep."""
    return cache._gather(manifest.part(name), tmp_path, silent)


def test_parts_are_as_pinned() -> None:
    names = ["smollm2_135m_instruct", "dinov2_vits14", "whisper_base", "face_landmarker", "face_recognition"]
    weights.fetch(names)
    assert weights.verify(names) == [(name, "ok") for name in names]


def test_dinov2_equals_the_onnx_backbone(tmp_path: Path) -> None:
    import onnx
    import onnxruntime
    from transformers import Dinov2Model

    model = Dinov2Model.from_pretrained(weights.path("dinov2_vits14")).eval()
    graph = onnx.load(upstream("dinov2_vits14", tmp_path) / "vit_s_focus.onnx")
    norms = [name for node in graph.graph.node for name in node.output if name.startswith("/backbone/layernorm")]
    graph.graph.output.append(onnx.helper.make_tensor_value_info(norms[-1], onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])

    pixels = np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype(np.float32)
    (expected,) = session.run([norms[-1]], {session.get_inputs()[0].name: pixels})
    with torch.inference_mode():
        tokens = model(torch.from_numpy(pixels)).last_hidden_state
    assert tokens.shape == (2, 1 + 16 * 16, 384)
    np.testing.assert_allclose(tokens.numpy(), expected, rtol=0, atol=1e-4)


def test_whisper_encoder_equals_ctranslate2() -> None:
    """Feature 354 of a position or two is ill-conditioned (fp32 differs from fp64 as much); the mean is ~1e-6."""
    import ctranslate2
    from faster_whisper.audio import decode_audio
    from safetensors.torch import load_file
    from transformers import WhisperConfig, WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    part = weights.path("whisper_base")
    encoder = WhisperEncoder(WhisperConfig(**json.loads((part / "encoder_config.json").read_text()))).eval()
    encoder.load_state_dict(load_file(part / "encoder.safetensors"))
    original = ctranslate2.models.Whisper(str(part), device="cpu", compute_type="float32")

    waveform = decode_audio(str(weights.path("speech_samples") / "beckett.wav"))
    mels = WhisperFeatureExtractor()(waveform, sampling_rate=16000, return_tensors="np").input_features
    expected = np.array(original.encode(ctranslate2.StorageView.from_array(mels), to_cpu=True))
    with torch.inference_mode():
        states = encoder(torch.from_numpy(mels)).last_hidden_state.numpy()
    difference = np.abs(states - expected)
    assert difference.shape == (1, 1500, 512)
    assert difference.max() < 0.02
    assert difference.mean() < 1e-5


def test_whisper_hears_the_same_mels_in_both_libraries() -> None:
    from faster_whisper.audio import decode_audio
    from faster_whisper.feature_extractor import FeatureExtractor
    from transformers import WhisperFeatureExtractor

    waveform = decode_audio(str(weights.path("speech_samples") / "beckett.wav"))
    ours = WhisperFeatureExtractor()(waveform, sampling_rate=16000, return_tensors="np").input_features[0]
    theirs = FeatureExtractor()(waveform)
    num_frames = len(waveform) // 160
    np.testing.assert_allclose(ours[:, :num_frames], theirs[:, :num_frames], rtol=0, atol=1e-4)


def test_smollm2_equals_the_gguf_file(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    part = weights.path("smollm2_135m_instruct")
    tokenizer = AutoTokenizer.from_pretrained(part)
    messages = [{"role": "user", "content": "How does a person with lowered brows feel at 1.5 s? [3]"}]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert text.endswith(f"<|im_start|>user\n{messages[0]['content']}<|im_end|>\n<|im_start|>assistant\n")
    ids = tokenizer(text, return_tensors="pt").input_ids

    original = AutoModelForCausalLM.from_pretrained(
        upstream("smollm2_135m_instruct", tmp_path),
        gguf_file="SmolLM2-135M-Instruct.Q4_1.gguf",
        dtype=torch.float32,
        quantization_config=GgufConfig(dequantize=True),
    )
    model = AutoModelForCausalLM.from_pretrained(part)
    assert model.dtype == torch.bfloat16
    for name, weight in original.state_dict().items():
        assert torch.equal(model.state_dict()[name], weight.to(torch.bfloat16)), name
    with torch.inference_mode():
        expected, logits = original(ids).logits, model.float()(ids).logits
    assert (logits - expected).abs().max() < 0.5  # rounding the weights to bf16; logits reach 38
    assert torch.equal(logits.argmax(-1), expected.argmax(-1))
