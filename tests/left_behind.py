"""What stays on the CPU when a module moves: tensors that are neither parameters nor buffers."""

from torch import Tensor, nn


def left_behind(module: nn.Module) -> list[str]:
    """Names of the tensors of a module, and of all modules in it, that do not follow it to another device type."""
    moved = module.to("meta")
    names = [
        name for name, tensor in [*moved.named_parameters(), *moved.named_buffers()] if tensor.device.type != "meta"
    ]
    loose = [
        f"{place}.{name}"
        for place, part in moved.named_modules()
        for name, value in vars(part).items()
        for tensor in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value])
        if isinstance(tensor, Tensor) and tensor.device.type != "meta"
    ]
    return names + loose
