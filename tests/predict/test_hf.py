import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import save_tiny_text_model

from microemo.errors import InputError, MicroEmoError
from microemo.predict.clips import ClipEntry
from microemo.predict.hf import HuggingFace
from microemo.predict.inputs import ModelInputs, load_inputs
from microemo.predict.settings import DEFAULT_LOADING, MODALITIES, LoadOptions, PredictionSettings


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory, make_clip: Callable[..., Path]) -> ModelInputs:
    path = make_clip(tmp_path_factory.mktemp("media") / "clip.mp4", (40, 200))
    return load_inputs(ClipEntry("clip", path, "Hello."), MODALITIES, PredictionSettings(num_frames=2))


def given(model: HuggingFace, inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What reaches the model itself, and how it is decoded."""
    seen: dict[str, Any] = {}
    generate = model.model.generate
    monkeypatch.setattr(model.model, "generate", lambda **inputs: (seen.update(inputs), generate(**inputs))[1])
    model.generate(inputs, "What?")
    return seen


def test_a_vision_model_is_given_the_frames_and_no_sound(
    vision_model: Path, inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = HuggingFace(str(vision_model), 4, DEFAULT_LOADING)
    seen = given(model, inputs, monkeypatch)
    assert model.modalities == {"video", "text"}
    assert seen["pixel_values"].shape == (2, 3, 28, 28)
    dark, bright = seen["pixel_values"].mean(dim=(1, 2, 3))
    assert dark < bright
    assert "input_features" not in seen


def test_an_audio_model_is_given_the_sound_and_no_frames(
    audio_model: Path, inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = HuggingFace(str(audio_model), 4, DEFAULT_LOADING)
    seen = given(model, inputs, monkeypatch)
    assert model.modalities == {"audio", "text"}
    assert seen["feature_attention_mask"].sum() == pytest.approx(len(inputs.sound) / 160, abs=1)
    assert "pixel_values" not in seen


def test_sound_comes_at_the_models_own_rate(
    audio_model: Path, inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = HuggingFace(str(audio_model), 4, DEFAULT_LOADING)
    model.processor.feature_extractor.sampling_rate = 8000
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        model.processor, "apply_chat_template", lambda messages, **_: (asked.update(messages[0]), {"input_ids": []})[1]
    )
    model._tensors(inputs, "What?")
    heard = asked["content"][0]["audio"]
    assert len(heard) == pytest.approx(len(inputs.sound) / 2, abs=2)
    assert np.abs(np.fft.rfft(heard)).argmax() == pytest.approx(440 * len(heard) / 8000, abs=3)


def test_a_text_model_is_given_the_question_alone(
    text_model: Path, inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = HuggingFace(str(text_model), 4, DEFAULT_LOADING)
    seen = given(model, inputs, monkeypatch)
    assert model.modalities == {"text"}
    assert model.processor.decode(seen["input_ids"][0]) == "What?"
    assert (seen["do_sample"], seen["max_new_tokens"]) == (False, 4)


def test_replies_are_the_same_each_time(vision_model: Path, inputs: ModelInputs) -> None:
    first, second = (HuggingFace(str(vision_model), 8, DEFAULT_LOADING).generate(inputs, "What?") for _ in range(2))
    assert first == second
    assert 0 < len(first) <= 8


def test_a_model_runs_in_the_dtype_that_is_asked_for(vision_model: Path, inputs: ModelInputs) -> None:
    model = HuggingFace(str(vision_model), 4, LoadOptions(device="cpu", dtype="bfloat16"))
    assert str(model.model.dtype) == "torch.bfloat16"
    assert model.generate(inputs, "What?")
    assert str(HuggingFace(str(vision_model), 4, LoadOptions(device="cpu")).model.dtype) == "torch.float32"


def test_model_and_inputs_go_to_the_device_that_is_asked_for(
    vision_model: Path, audio_model: Path, inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("microemo.device.resolve", lambda name: asked.append(name) or torch.device("meta"))
    for folder in (vision_model, audio_model):
        model = HuggingFace(str(folder), 4, LoadOptions(device="mps"))
        tensors = [*model.model.parameters(), *model.model.buffers(), *model._tensors(inputs, "What?").values()]
        assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert asked == ["mps", "mps"]


def test_a_device_that_is_not_here_is_one_line(vision_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(MicroEmoError, match=r"^cuda: ") as error:
        HuggingFace(str(vision_model), 4, LoadOptions(device="cuda"))
    assert "\n" not in str(error.value)


def test_the_extra_that_local_models_need_is_named(vision_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(MicroEmoError, match=r"^accelerate is not installed; run: pip install 'microemo\[eval\]'$"):
        HuggingFace(str(vision_model), 4, DEFAULT_LOADING)


def test_a_model_that_is_not_here_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*arguments: object) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr("socket.socket.connect", reached)
    with pytest.raises(InputError, match=r"^hf:nobody/nothing: not on this machine.*--allow-download"):
        HuggingFace("nobody/nothing", 4, DEFAULT_LOADING)


def test_a_folder_that_is_no_model_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be loaded") as error:
        HuggingFace(str(tmp_path), 4, DEFAULT_LOADING)
    assert "\n" not in str(error.value)


def test_a_package_that_a_model_needs_is_named(text_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*arguments: object, **options: object) -> None:
        raise ImportError("Its processor requires the Torchvision library.\nIt was not found. See the manual.")

    monkeypatch.setattr("transformers.AutoProcessor.from_pretrained", lacking)
    with pytest.raises(InputError, match=r"install it with pip .*Torchvision library"):
        HuggingFace(str(text_model), 4, DEFAULT_LOADING)


def test_a_model_that_does_not_chat_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no chat template"):
        HuggingFace(str(save_tiny_text_model(tmp_path, chat_template=None)), 4, DEFAULT_LOADING)


class WatchesVideo:
    """Stands in for a processor that takes videos, which need a package more than the tests have."""

    chat_template = "{{ messages }}"
    image_processor = video_processor = object()
    feature_extractor = None

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def get_attributes(self) -> list[str]:
        return ["image_processor", "tokenizer", "video_processor", "feature_extractor"]

    def apply_chat_template(self, messages: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
        self.asked = {"content": messages[0]["content"], **options}
        return {"input_ids": []}


def test_a_video_is_given_as_a_video_where_one_is_taken(inputs: ModelInputs, monkeypatch: pytest.MonkeyPatch) -> None:
    processor = WatchesVideo()
    monkeypatch.setattr("microemo.predict.hf._load", lambda *_: (processor, None))
    model = HuggingFace("watcher", 4, DEFAULT_LOADING)
    model._tensors(inputs, "What?")
    video, text = processor.asked["content"]
    assert model.modalities == {"video", "text"}
    assert video["video"].shape == (2, 336, 448, 3)
    assert text == {"type": "text", "text": "What?"}
    ((metadata,),) = processor.asked["processor_kwargs"]["video_metadata"]
    assert processor.asked["processor_kwargs"]["do_sample_frames"] is False
    assert (metadata["total_num_frames"], metadata["frames_indices"]) == (2, [0, 1])
    assert metadata["fps"] == pytest.approx(2, rel=0.05)

    model._tensors(ModelInputs(), "What?")
    assert processor.asked["content"] == [text]
    assert "processor_kwargs" not in processor.asked
