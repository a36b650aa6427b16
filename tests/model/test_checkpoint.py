"""A checkpoint holds what was tuned, and the configuration; it comes back as it went, or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from toy_features import toy_features

from microemo.config import TINY
from microemo.errors import WeightsError
from microemo.model import auto_map, checkpoint
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, Question
from microemo.spans import Span

SPANS = [Span(0.0, 2.0), Span(2.0, 4.0)]


@pytest.fixture
def saved(tiny: MicroEmo, tmp_path: Path) -> Path:
    checkpoint.save(tiny, tmp_path / "model")
    return tmp_path / "model"


def change_weights(directory: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors = load_file(directory / checkpoint.WEIGHTS)
    change(tensors)
    save_file(tensors, directory / checkpoint.WEIGHTS)


def test_what_is_tuned_is_saved_in_half_the_bits(tiny: MicroEmo, saved: Path) -> None:
    tensors = load_file(saved / checkpoint.WEIGHTS)
    assert tensors.keys() == {name for name, parameter in tiny.named_parameters() if parameter.requires_grad}
    for name, parameter in tiny.named_parameters():
        if name in tensors:
            assert tensors[name].dtype == torch.bfloat16
            assert torch.equal(tensors[name], parameter.to(torch.bfloat16))


def test_saving_leaves_a_models_files_and_no_others(tiny: MicroEmo, saved: Path) -> None:
    checkpoint.save(tiny, saved)  # over what is there
    assert {path.name for path in saved.iterdir()} == {checkpoint.WEIGHTS, checkpoint.CONFIG, auto_map.CODE_FILE}


def test_what_was_saved_comes_back(tiny: MicroEmo, saved: Path) -> None:
    other = MicroEmo(checkpoint.read_config(saved))
    checkpoint.load_tuned(other, load_file(saved / checkpoint.WEIGHTS), "x")
    for name, tensor in checkpoint.tuned_state(other).items():
        assert torch.equal(tensor, tiny.state_dict()[name].to(torch.bfloat16).float()), name


def test_the_configuration_travels_with_the_weights(build_tiny: Callable[..., MicroEmo], tmp_path: Path) -> None:
    ablated = build_tiny(local_clues=False, clue_text=False, name="ablated")
    checkpoint.save(ablated, tmp_path)
    assert checkpoint.read_config(tmp_path) == ablated.config
    assert not hasattr(checkpoint.load(tmp_path, None), "local_clues")


def test_a_loaded_model_answers_as_the_one_that_was_saved(
    tiny: MicroEmo, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    torch.manual_seed(0)  # the frozen parts are random, and not in the checkpoint
    loaded = checkpoint.load(saved, None)
    assert not loaded.training
    clip, pictures = toy_features(), torch.randint(0, 256, (2, 56, 56, 3), dtype=torch.uint8)
    with torch.inference_mode():
        torch.testing.assert_close(loaded.vision(pictures), tiny.vision(pictures), atol=0.05, rtol=0.05)
        one, other = loaded.tokens([clip], [SPANS])[0], tiny.tokens([clip], [SPANS])[0]
        for slot, tokens in one.items():
            torch.testing.assert_close(tokens, other[slot], atol=0.02, rtol=0.05)
        ids = torch.arange(40)[None]
        torch.testing.assert_close(
            loaded.language.model(ids).logits, tiny.language.model(ids).logits, atol=0.05, rtol=0.05
        )
        unmerged = MicroEmo(checkpoint.read_config(saved)).eval()
        unmerged.load_state_dict(tiny.state_dict())
        checkpoint.load_tuned(unmerged, load_file(saved / checkpoint.WEIGHTS), "x")
        torch.testing.assert_close(loaded.vision(pictures), unmerged.vision(pictures), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            loaded.language.model(ids).logits, unmerged.language.model(ids).logits, atol=1e-4, rtol=1e-4
        )


def test_a_model_in_bf16_answers(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    loaded = checkpoint.load(saved, None)
    assert loaded.language.model.dtype == torch.bfloat16
    assert loaded.answer([toy_features()], [[]], [Question(OVERALL_QUESTION)])[0].pieces


def test_the_hash_is_of_the_weights(tiny: MicroEmo, saved: Path, tmp_path: Path) -> None:
    first = checkpoint.weights_sha256(saved)
    checkpoint.save(tiny, tmp_path / "again")
    assert checkpoint.weights_sha256(tmp_path / "again") == first
    change_weights(saved, lambda tensors: tensors["image_qformer.output.bias"].add_(1))
    assert checkpoint.weights_sha256(saved) != first


@pytest.mark.parametrize("name", [checkpoint.WEIGHTS, checkpoint.CONFIG])
def test_a_directory_without_a_model_is_an_error(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(WeightsError, match="no model in"):
        checkpoint.load(saved, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("image_qformer.output.bias"), "missing.*image_qformer.output.bias"),
        (lambda tensors: tensors.update(extra=torch.zeros(1)), "unknown.*extra"),
        (lambda tensors: tensors.update({"image_qformer.output.bias": torch.zeros(7)}), "image_qformer.output.bias"),
    ],
    ids=["missing", "unknown", "other shape"],
)
def test_weights_that_do_not_fit_are_an_error(saved: Path, change: Callable[..., object], message: str) -> None:
    change_weights(saved, change)
    with pytest.raises(WeightsError, match=message):
        checkpoint.load(saved, None)


def test_truncated_weights_are_an_error(saved: Path) -> None:
    weights = saved / checkpoint.WEIGHTS
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        checkpoint.load(saved, None)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"not json", b"\xff\xfe", json.dumps({**TINY.model_dump(), "colour": 1}).encode()],
    ids=["empty", "nothing", "no json", "no text", "unknown field"],
)
def test_a_configuration_that_is_none_is_an_error_of_one_line(saved: Path, content: bytes) -> None:
    (saved / checkpoint.CONFIG).write_bytes(content)
    with pytest.raises(WeightsError, match=r"config\.json is not a model's configuration") as error:
        checkpoint.load(saved, None)
    assert "\n" not in str(error.value)
