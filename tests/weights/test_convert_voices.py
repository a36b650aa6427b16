"""The readers of the speaker nets' checkpoints, on files made here under upstream's names."""

from pathlib import Path

import torch

from microemo.perception.nets.campplus import CamPlusPlus
from microemo.perception.nets.segmentation import VOICES, Segmentation, speakers
from microemo.weights.convert import campplus, segmentation


def upstream_campplus() -> dict[str, torch.Tensor]:
    """3D-Speaker's names of all tensors."""
    names: dict[str, str] = {"stem.conv1": "head.conv1", "stem.norm1": "head.bn1", "stem.conv2": "head.conv2"}
    names |= {"stem.norm2": "head.bn2", "tdnn": "xvector.tdnn.linear", "norm": "xvector.out_nonlinear.batchnorm"}
    names |= {"tdnn_norm": "xvector.tdnn.nonlinear.batchnorm", "dense": "xvector.dense.linear"}
    names |= {"dense_norm": "xvector.dense.nonlinear.batchnorm"}
    for block in range(4):
        ours, theirs = f"stem.blocks.{block}", f"head.layer{block // 2 + 1}.{block % 2}"
        names |= {f"{ours}.conv{i}": f"{theirs}.conv{i}" for i in (1, 2)}
        names |= {f"{ours}.norm{i}": f"{theirs}.bn{i}" for i in (1, 2)}
        names |= {f"{ours}.shortcut.{i}": f"{theirs}.shortcut.{i}" for i in (0, 1)}
    for block, num_layers in enumerate((12, 24, 16)):
        names |= {f"blocks.{block}.norm": f"xvector.transit{block + 1}.nonlinear.batchnorm"}
        names |= {f"blocks.{block}.transition": f"xvector.transit{block + 1}.linear"}
        for layer in range(num_layers):
            ours, theirs = f"blocks.{block}.layers.{layer}", f"xvector.block{block + 1}.tdnnd{layer + 1}"
            names |= {f"{ours}.norm{i}": f"{theirs}.nonlinear{i}.batchnorm" for i in (1, 2)}
            names |= {f"{ours}.reduce": f"{theirs}.linear1", f"{ours}.gate.local": f"{theirs}.cam_layer.linear_local"}
            names |= {
                f"{ours}.gate.down": f"{theirs}.cam_layer.linear1",
                f"{ours}.gate.up": f"{theirs}.cam_layer.linear2",
            }
    state = CamPlusPlus().state_dict()
    state["dense.weight"] = state["dense.weight"][..., None]
    split = {name: name.rpartition(".") for name in state}
    return {f"{names[module]}.{parameter}": state[name] for name, (module, _, parameter) in split.items()}


def test_campplus_is_renamed_whole(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tensors = upstream_campplus()
    torch.save(tensors, tmp_path / campplus.CHECKPOINT)
    state = campplus.state_dict(tmp_path / campplus.CHECKPOINT)
    net = CamPlusPlus().eval()
    net.load_state_dict(state)
    assert torch.equal(
        state["blocks.1.layers.23.gate.up.bias"], tensors["xvector.block2.tdnnd24.cam_layer.linear2.bias"]
    )
    assert net(torch.randn(2, 80, 30)).shape == (2, 192)


def test_segmentation_is_renamed_whole(tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = Segmentation().state_dict()
    renamed = {new: old for old, new in segmentation.RENAMED.items()}
    tensors = {}
    for name, tensor in state.items():
        new = next((prefix for prefix in renamed if name.startswith(prefix)), None)
        tensors[renamed[new] + name.removeprefix(new) if new else name] = tensor
    constants = {
        "sincnet.conv1d.0.filterbank.window_": torch.zeros(125),
        "sincnet.conv1d.0.filterbank.n_": torch.zeros(1),
    }
    torch.save({"state_dict": tensors | constants}, tmp_path / segmentation.CHECKPOINT)
    net = Segmentation().eval()
    net.load_state_dict(segmentation.state_dict(tmp_path / segmentation.CHECKPOINT))
    assert net(torch.randn(1, 160_000)).shape == (1, 589, len(VOICES))


def test_classes_are_sets_of_voices() -> None:
    active = speakers(torch.eye(len(VOICES)))
    assert [tuple(row.nonzero()[:, 0].tolist()) for row in active] == list(VOICES)
