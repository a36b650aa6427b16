"""A run from its configuration: the model it starts from, what of it is trained, on which examples."""

import logging
from collections.abc import Mapping
from pathlib import Path

import torch

from microemo import rows, weights
from microemo.hooks import Hook, silent
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.pipeline import NANO
from microemo.train import sharding
from microemo.train.config import TrainConfig
from microemo.train.loop import FitResult, accelerator_of, fit
from microemo.train.stage import STAGES, Stage, stage_of
from microemo.train.task import Task

logger = logging.getLogger("microemo")


def train(config: TrainConfig, hook: Hook = silent, stages: Mapping[str, Stage] = STAGES) -> FitResult:
    """Train as the configuration says, or go on with that run; the model is then in ``config.output``.

    ``stages`` are those that ``config.stage`` can name. Hooks: steps "encode", in clips, and "train", in optimiser
    steps. Raises ``MicroEmoError`` where the configuration, the data, the weights or the run's folder cannot be used.
    """
    stage = stage_of(config, stages)
    with sharding.asked_for() as is_sharded:
        accelerator = accelerator_of(config)
        hook = hook if accelerator.is_main_process else silent
        torch.manual_seed(config.seed)
        model = build(config, stage)
        if is_sharded and accelerator.num_processes > 1:
            sharding.shard(model.language)
        if accelerator.device.type == "cpu":  # there its backward pass is the faster one
            model.language.model.set_attn_implementation("eager")
            model.vision.backbone.set_attn_implementation("eager")
        objective = stage.objective(model, config)
        examples = stage.examples(config, model, accelerator, hook)
        task = Task(objective, *examples, save=lambda folder: checkpoint.save(model, folder))
        return fit(task, config, accelerator, hook)


def build(config: TrainConfig, stage: Stage) -> MicroEmo:
    """The model as training starts: from pretrained parts, then from the folders in ``start``, one over the other."""
    model = MicroEmo(config.model, weights.path)
    if config.start:
        left = checkpoint.start_from(model, [NANO if name == "nano" else Path(name) for name in config.start])
        if left:
            logger.info("%d tensors start at random: %s", len(left), rows.some(left))
    freeze(model, config, stage)
    return model


def freeze(model: MicroEmo, config: TrainConfig, stage: Stage) -> None:
    """Let a stage train what is its own; frozen weights of the LLM need no more than the run's precision."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(is_trained(config, stage, name))
        if config.in_bf16 and name.startswith("language.") and not parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)


def is_trained(config: TrainConfig, stage: Stage, name: str) -> bool:
    """Whether a run trains the parameter of that name (paper 4.1)."""
    return checkpoint.is_tuned(config.model, name) and stage.trains(config, name)
