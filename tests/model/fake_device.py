"""A device that is not there: its tensors are computed on the CPU, but meet no tensor of the CPU unnoticed.

``python tests/model/fake_device.py`` moves a model to it and runs the token path and the answers. A process of its own,
since a backend stays registered. As on a GPU, only numbers (tensors without a dimension) may come from the CPU.
"""

import sys
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

_setup_privateuseone_for_python_backend("fake")
FAKE = torch.device("fake", 0)
TO_CPU = {"aten::_to_copy", "aten::_local_scalar_dense", "aten::copy_"}  # how tensors may change the device
INDEX = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}  # by indices of the CPU, too


class FakeTensor(Tensor):
    """A tensor on the device; ``data_`` has its numbers."""

    data_: Tensor

    @staticmethod
    def __new__(cls, data: Tensor) -> "FakeTensor":
        made = Tensor._make_wrapper_subclass(
            cls, data.shape, strides=data.stride(), dtype=data.dtype, device=FAKE, storage_offset=data.storage_offset()
        )
        made.data_ = data
        return made

    def tolist(self) -> Any:
        return self.data_.tolist()

    def __getitem__(self, index: Any) -> Any:
        return super().__getitem__(torch.tensor(index) if isinstance(index, list) else index)

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(func, args, kwargs or {})


def run(func: Any, args: Any, kwargs: Any) -> Any:
    """One operation; its result is where its inputs, or ``device``, say."""
    name = func._schema.name
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    here = [tensor for tensor in tensors if isinstance(tensor, FakeTensor)]
    strays = [tensor for tensor in tensors if not isinstance(tensor, FakeTensor) and tensor.dim()]
    if here and strays and name not in TO_CPU | INDEX:
        raise RuntimeError(f"{name}: a tensor of the CPU, {tuple(strays[0].shape)}, meets those of the device")
    device = kwargs.get("device")
    on_device = bool(here) if device is None else torch.device(device).type == "fake"
    if name == "aten::copy_":
        on_device = isinstance(args[0], FakeTensor)
    plain = tree_map(lambda leaf: leaf.data_ if isinstance(leaf, FakeTensor) else leaf, (args, dict(kwargs)))
    if device is not None:
        plain[1]["device"] = torch.device("cpu")
    result = func(*plain[0], **plain[1])
    if name.endswith("_") and on_device:  # in place: the tensor itself
        return args[0]
    return tree_map(lambda leaf: FakeTensor(leaf) if isinstance(leaf, Tensor) and on_device else leaf, result)


class OnFakeDevice(TorchDispatchMode):
    """Sends factories that name the device there, too."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(func, args, kwargs or {})


class MakesTensors(TorchFunctionMode):
    """``torch.tensor`` from numbers, which torch makes below what a dispatch mode sees."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.tensor and torch.device(kwargs.get("device") or "cpu").type == "fake":
            return FakeTensor(torch.tensor(*args, **{**kwargs, "device": "cpu"}))
        return func(*args, **kwargs)


def moved(model: torch.nn.Module) -> torch.nn.Module:
    """The model with all parameters and buffers on the device."""
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                module._parameters[name] = torch.nn.Parameter(FakeTensor(parameter.data), requires_grad=False)
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = FakeTensor(buffer)
    return model


def check(config: Any) -> None:
    """Pictures and sound in, answers out, and no tensor left behind."""
    from microemo.model.features import Features
    from microemo.model.language import LanguageModel
    from microemo.model.microemo import MicroEmo
    from microemo.model.prompt import PromptUtterance, Question

    for owner, name in (
        (MicroEmo, "answer"),
        (MicroEmo, "answer_all"),
        (LanguageModel, "answer"),
        (LanguageModel, "answer_behind"),
    ):
        setattr(owner, name, getattr(owner, name).__wrapped__)  # views in inference mode are none of a subclass's
    torch.manual_seed(0)
    model = moved(MicroEmo(config, trainable_lora=False).eval())
    assert isinstance(model, MicroEmo) and model.device == FAKE
    side, patches = config.vision.image_size, config.vision.grid**2
    pictures = torch.randint(0, 256, (4, side, side, 3), dtype=torch.uint8)
    regions = torch.rand(4, config.num_regions, patches) * torch.tensor([1.0, 0.0, 1.0, 1.0])[:, None, None]
    sound = 0.1 * torch.randn(48_000)
    with torch.no_grad(), OnFakeDevice(), MakesTensors():
        frames, faces = model.encode_frames(pictures, pictures, torch.tensor([True, False, True, True]))
        audio, times = model.encode_sound(sound)
        clip = Features((0.0, 1.0, 2.0, 2.5), frames, faces, regions, audio, times).to(model.device)
        for field in fields(clip):
            value = getattr(clip, field.name)
            assert not isinstance(value, Tensor) or value.device == FAKE, field.name
        entries = [PromptUtterance(0.0, 1.5, "Oh no."), PromptUtterance(1.5, 3.0)]
        asked = [Question("What?"), Question("And now?", 0)]
        answers = model.answer([clip, replace(clip, audio=None)], [entries, entries[:1]], asked)
        answers += model.answer_all(clip, entries, asked, num_drafts=2)
    assert len(answers) == 6 and any(answer.pieces for answer in answers[2:])  # a drawn one may end where it begins


if __name__ == "__main__":
    from every_token import first_words
    from small_paper import SMALL_PAPER

    from microemo.config import TINY, Calibration
    from microemo.model.first_label import FirstWords

    FirstWords.known_to = first_words  # type: ignore[method-assign, assignment]

    sampled = TINY.language.model_copy(update={"temperature": 0.7})
    configs = {
        "tiny": TINY,
        "sampled": TINY.model_copy(
            update={"language": sampled, "calibration": Calibration(possible_from={"both": 0.2})}
        ),
        "paper": SMALL_PAPER,
    }
    check(configs[sys.argv[1]])
