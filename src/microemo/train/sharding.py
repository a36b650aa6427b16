"""Sharding by FSDP: each process keeps a part of the LLM's frozen weights, and a layer is whole only while it runs.

What is tuned stays whole on every process, under DDP, as in a run that is not sharded. So all of a run's files are the
same, and processes may meet clips that use different modules, where FSDP wants the same gradients of all. The encoders
stay whole as well: a process runs them when it has a clip to encode, and sharded layers run on all processes at once.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from accelerate import Accelerator
from accelerate.utils import patch_environment
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from microemo.model.language import LanguageModel

SETTING = "ACCELERATE_USE_FSDP"


@contextmanager
def asked_for() -> Iterator[bool]:
    """Whether accelerate's configuration asks for FSDP, which within this context nobody else acts on.

    accelerate would shard what is tuned, and nothing on CPUs; transformers would load weights in one process alone.
    """
    is_asked = os.environ.get(SETTING, "false").lower() == "true"
    with patch_environment(**{SETTING: "false"}):
        yield is_asked


def shard(language: LanguageModel) -> None:
    """Share the frozen weights of the LLM's layers among all processes, each part on its process's device."""
    decoder = language.model.model
    whole = {
        parameter
        for name, parameter in decoder.named_parameters()
        if "lora_" in name or not name.startswith("layers.")  # embeddings are read outside of the decoder, too
    }
    for module in (*decoder.layers, decoder):
        fully_shard(module, ignored_params=whole)


def prepared(objective: nn.Module, accelerator: Accelerator) -> nn.Module:
    """The objective as accelerate prepares it; if parts of it are sharded, with DDP around the others."""
    sharded = [name for name, parameter in objective.named_parameters() if isinstance(parameter, DTensor)]
    if not sharded:
        return accelerator.prepare_model(objective)
    model = accelerator.prepare_model(objective.to(accelerator.device), evaluation_mode=True)  # which is without DDP
    DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(model, sharded)
    return DistributedDataParallel(model, **accelerator.ddp_handler.to_kwargs())
