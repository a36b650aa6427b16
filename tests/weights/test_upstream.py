"""Published checkpoints under our names and back: no key is lost, none is made up, no bit changes."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import upstream_checkpoints as made
from hypothesis import given, settings
from hypothesis import strategies as st
from lively import lively
from safetensors.torch import load_file, save_file
from small_paper import SMALL_PAPER
from torch import Tensor
from torch.nn import functional as F
from typer.testing import CliRunner

from microemo.cli import app
from microemo.errors import InputError, WeightsError
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.weights.convert import upstream, videollama_vision

SIZES = made.SMALL
CHECKPOINTS: dict[str, made.Shapes] = {
    "timechat": made.timechat(),
    "instructblip": made.instructblip() | made.norm("ln_vision", SIZES.vision),
    "videollama_vision": made.videollama_vision(num_positions=96),
    "videollama_audio": made.videollama_audio() | made.imagebind("audio_encoder."),
    "eva": made.eva("visual_encoder."),
    "imagebind": made.imagebind(),
    "lora": made.lora(),
}
FILLED = {kind: made.filled(shapes) for kind, shapes in CHECKPOINTS.items()}
every_kind = pytest.mark.parametrize("kind", CHECKPOINTS)


def convert(kind: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return upstream.CONVERTERS[upstream.named(kind)].from_upstream(tensors)


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@every_kind
def test_there_and_back_no_bit_changes(kind: str) -> None:
    tensors = made.filled(CHECKPOINTS[kind])
    assert upstream.recognised(tensors, Path(kind)) == kind
    ours = convert(kind, tensors)
    back = upstream.CONVERTERS[upstream.named(kind)].to_upstream(ours)
    assert_same(back, tensors)
    assert_same(convert(kind, back), ours)


@every_kind
def test_converted_tensors_are_the_models_own(kind: str) -> None:
    """Names and shapes of every tensor are those of the model's state, and of its part all."""
    state = MicroEmo(SMALL_PAPER).state_dict()
    for name, tensor in convert(kind, made.filled(CHECKPOINTS[kind])).items():
        assert state[name].shape == tensor.shape, name


@every_kind
def test_our_modules_go_upstream_and_come_back(kind: str) -> None:
    torch.manual_seed(0)
    state = lively(MicroEmo(SMALL_PAPER)).state_dict()
    part = {name: state[name] for name in convert(kind, FILLED[kind])}
    assert_same(convert(kind, upstream.CONVERTERS[upstream.named(kind)].to_upstream(part)), part)


def test_all_together_leave_only_what_upstream_does_not_have(tmp_path: Path) -> None:
    directories = []
    for seed, kind in enumerate(CHECKPOINTS):
        source = tmp_path / f"{kind}.pth"
        torch.save({"model": made.filled(CHECKPOINTS[kind], seed)}, source)
        directories.append(upstream.convert(source, tmp_path / kind)[1].parent)
    model = MicroEmo(SMALL_PAPER, lambda part: tmp_path / part if part in CHECKPOINTS else tmp_path)
    left = checkpoint.start_from(model, [directory for directory in directories if directory.name != "timechat"])
    assert {name.rpartition(".")[0] for name in left} == {
        "image_qformer.gate", "image_qformer.output",
        "local_clues.norm", "local_clues.output", "local_clues.qkv",
    }  # fmt: skip
    trunk = load_file(tmp_path / "imagebind" / upstream.FILE)
    for name, tensor in model.state_dict().items():
        if name.startswith("audio.encoder."):  # Video-LLaMA's copy came first
            assert torch.equal(tensor, trunk[name])


def test_a_model_that_starts_from_upstream_lets_its_tokens_through(tmp_path: Path) -> None:
    save_file(made.filled(CHECKPOINTS["instructblip"]), tmp_path / "source.safetensors")
    model = MicroEmo(SMALL_PAPER).eval()
    checkpoint.start_from(model, [upstream.convert(tmp_path / "source.safetensors", tmp_path)[1].parent])
    frames, (ids, mask) = torch.randn(2, 5, SIZES.vision), model.timestamps([0.0, 1.0])
    assert torch.equal(model.image_qformer(frames, ids, mask), model.image_qformer.cross_attend(frames, ids, mask))


def test_a_tensor_that_does_not_fit_the_model_is_named(tmp_path: Path) -> None:
    for tensors in (
        {"video_qformer.queries": torch.zeros(1, 9, SIZES.hidden)},
        {"video_qformer.unknown": torch.ones(1)},
    ):
        save_file(tensors, tmp_path / checkpoint.WEIGHTS)
        with pytest.raises(WeightsError, match=rf"does not fit.*{next(iter(tensors))}"):
            checkpoint.start_from(MicroEmo(SMALL_PAPER), [tmp_path])


@every_kind
@settings(max_examples=30)
@given(data=st.data())
def test_missing_and_unknown_keys_are_named_in_one_error(kind: str, data: st.DataObject) -> None:
    tensors = dict(FILLED[kind])
    tied = "lora_" if kind == "timechat" else " "  # without any LoRA a TimeChat checkpoint is whole, too
    dropped = data.draw(st.sampled_from(sorted(name for name in tensors if tied not in name)))
    del tensors[dropped]
    tensors["surplus.weight"] = torch.zeros(1)
    with pytest.raises(InputError, match=r"unknown surplus\.weight") as caught:
        convert(kind, tensors)
    ours = dropped.removeprefix("visual_encoder.").removeprefix("llama_model.")
    assert f"missing {dropped}" in str(caught.value) or ours in str(caught.value)


@pytest.mark.parametrize("length", [32, 31, 96])
def test_frame_positions_are_extended_as_upstream_does(length: int) -> None:
    tensors = made.filled(made.videollama_vision(length))
    table = tensors["video_frame_position_embedding.weight"]
    extended = convert("videollama_vision", tensors)[videollama_vision.POSITIONS]
    assert torch.equal(extended, F.interpolate(table.T[None], size=96, mode="nearest")[0].T)


def test_keys_get_the_bias_that_upstream_does_not_have() -> None:
    tensors = made.filled(made.eva())
    ours = convert("eva", tensors)
    bias = ours["vision.backbone.encoder.layers.1.self_attn.qkv.bias"]
    query, value = tensors["blocks.1.attn.q_bias"], tensors["blocks.1.attn.v_bias"]
    assert torch.equal(bias, torch.cat([query, torch.zeros(SIZES.vision), value]))
    bias[SIZES.vision] = 1.0
    with pytest.raises(InputError, match="bias on keys"):
        upstream.CONVERTERS["eva"].to_upstream(ours)


def test_of_evas_forty_blocks_the_last_is_not_read() -> None:
    tensors = made.filled(
        made.eva(s=made.Sizes(vision_blocks=40))
        | made.norm("norm", SIZES.vision)
        | made.linear("head", 4, SIZES.vision)
    )
    layers = {name.split(".")[4] for name in convert("eva", tensors) if ".layers." in name}
    assert layers == {str(layer) for layer in range(39)}


@pytest.mark.parametrize(
    ("kind", "surplus"),
    [
        ("instructblip", {"Qformer.bert.embeddings.position_ids": (1, 24), "llm_proj.weight": (16, 8)}),
        ("videollama_vision", {"llama_model.model.layers.0.self_attn.rotary_emb.inv_freq": (4,)}),
        ("videollama_audio", {"audio_encoder.modality_preprocessors.text.mask": (2, 2)}),
        ("imagebind", {"modality_trunks.vision.blocks.0.norm_1.weight": (4,)}),
    ],
)
def test_what_upstream_saves_beside_it_is_known_and_left(kind: str, surplus: made.Shapes) -> None:
    plain = CHECKPOINTS[kind]
    assert_same(convert(kind, made.filled(plain | surplus)), convert(kind, made.filled(plain)))


def test_the_audio_branch_comes_with_its_encoder_or_without() -> None:
    buffers: made.Shapes = {"audio_encoder.modality_postprocessors.audio.1.log_logit_scale": ()}
    without = convert("videollama_audio", made.filled(made.videollama_audio() | buffers))
    assert {name.split(".", maxsplit=1)[0] for name in without} == {"audio_reader"}


def test_the_audio_encoder_is_found_within_video_llama() -> None:
    inside = made.filled(made.imagebind("audio_encoder."))
    assert_same(convert("imagebind", inside), convert("imagebind", made.filled(made.imagebind())))


def test_an_adapters_own_file_is_read_as_well() -> None:
    saved = made.filled(made.lora(prefix="", adapter=""))
    assert_same(convert("lora", saved), convert("lora", made.filled(made.lora())))


WRAPPINGS: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "bare": lambda tensors: tensors,
    "model": lambda tensors: {"model": tensors, "epoch": 3, "config": {"lr": 1e-5}},
    "state_dict": lambda tensors: {"state_dict": tensors},
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_the_command_converts_what_torch_saved(tmp_path: Path, wrapping: str) -> None:
    tensors = made.filled(CHECKPOINTS["videollama_vision"])
    torch.save(WRAPPINGS[wrapping](tensors), tmp_path / "source.pth")
    result = CliRunner().invoke(app, ["weights", "convert", str(tmp_path / "source.pth"), "--to", str(tmp_path / "to")])
    assert result.exit_code == 0
    assert result.output.split() == ["videollama_vision", str(tmp_path / "to" / upstream.FILE)]
    assert_same(load_file(tmp_path / "to" / upstream.FILE), convert("videollama_vision", tensors))


class Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("unpickled",)


def test_nothing_but_tensors_is_unpickled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"model": Harm()}, tmp_path / "harm.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Harm()))
    for name in ("harm.pth", "plain.pth"):
        with pytest.raises(InputError, match=f"{name} is no checkpoint that can be read safely"):
            upstream.read(tmp_path / name)
    assert "unpickled" not in capsys.readouterr().out


def test_bad_sources_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "text.safetensors").write_text("no tensors")
    torch.save({"model": {"epoch": 3}}, tmp_path / "other.pth")
    torch.save({"a.weight": torch.zeros(1)}, tmp_path / "unknown.pth")
    for name, reason in {
        "absent.pth": "no such file",
        "empty.pth": "read safely",
        "text.safetensors": "read safely",
        "other.pth": "no state dict",
        "unknown.pth": "no kind of checkpoint",
    }.items():
        with pytest.raises(InputError, match=reason) as caught:
            upstream.convert(tmp_path / name, tmp_path / "to")
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="no such kind"):
        upstream.convert(tmp_path / "unknown.pth", tmp_path / "to", "gpt")
    assert not (tmp_path / "to").exists()


def test_what_is_asked_for_is_what_is_converted(tmp_path: Path) -> None:
    torch.save(made.filled(CHECKPOINTS["eva"]), tmp_path / "eva.pth")
    with pytest.raises(InputError, match=r"eva\.pth cannot be converted as lora: .*unknown"):
        upstream.convert(tmp_path / "eva.pth", tmp_path / "to", "lora")
