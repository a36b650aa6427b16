"""A run from its configuration: the model it starts from, what of it is trained, on which examples.

What is trained (paper 4.1: encoders and LLM frozen, all between them tuned): the vision encoder's last blocks in
expression adaptation; the Q-Formers, local clue attention and projections in alignment; these and the LLM's LoRA in
instruction tuning and recognition.
"""

import logging
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object

from microemo import rows, weights
from microemo.data import manifest
from microemo.data.manifest import Fault, Manifest, Split
from microemo.errors import InputError
from microemo.hooks import Hook, silent
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.pipeline import NANO
from microemo.train import conversations, sharding
from microemo.train.alignment import Alignment
from microemo.train.cache import FeatureCache
from microemo.train.clips import Clips
from microemo.train.config import TrainConfig
from microemo.train.encoded import ClipEncoder, Facts, facts_of
from microemo.train.expression import Expression, Faces
from microemo.train.fer2013 import CHOOSING
from microemo.train.instruction import Instruction
from microemo.train.loop import Outcome, accelerator_of, fit
from microemo.train.pairs import Pairs
from microemo.train.recognition import Recognition
from microemo.train.task import Examples, Task

logger = logging.getLogger("microemo")


def train(config: TrainConfig, hook: Hook = silent) -> Outcome:
    """Train as the configuration says, or go on with that run; the model is then in ``config.output``.

    Hooks: steps "encode", in clips, and "train", in optimiser steps. Raises ``MicroEmoError`` where the data, the
    weights or the run's folder cannot be used.
    """
    with sharding.asked_for() as is_sharded:
        accelerator = accelerator_of(config)
        hook = hook if accelerator.is_main_process else silent
        torch.manual_seed(config.seed)
        model = build(config)
        if is_sharded and accelerator.num_processes > 1:
            sharding.shard(model.language)
        return fit(task_of(config, model, accelerator, hook), config, accelerator, hook)


def build(config: TrainConfig) -> MicroEmo:
    """The model as training starts: from pretrained parts, then from the folders in ``start``, one over the other."""
    model = MicroEmo(config.model, weights.path)
    if config.start:
        left = checkpoint.start_from(model, [NANO if name == "nano" else Path(name) for name in config.start])
        if left:
            logger.info("%d tensors start at random: %s", len(left), rows.some(left))
    freeze(model, config)
    return model


def freeze(model: MicroEmo, config: TrainConfig) -> None:
    """Let a stage train what is its own; frozen weights of the LLM need no more than the run's precision."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(is_trained(config, name))
        if config.in_bf16 and name.startswith("language.") and not parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)


def is_trained(config: TrainConfig, name: str) -> bool:
    """Whether a stage trains the parameter of that name."""
    if not checkpoint.is_tuned(config.model, name):
        return False
    if name.startswith("vision."):
        return config.stage == "expression"
    if "lora_" in name:
        return config.stage in ("instruction", "recognition")
    return config.stage in ("alignment", "recognition") or (config.stage == "instruction" and config.tune_qformers)


def task_of(config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook = silent) -> Task:
    """The stage's objective over the model, and its examples."""

    def save(folder: Path) -> None:
        checkpoint.save(model, folder)

    if accelerator.device.type == "cpu":  # there its backward pass is the faster one
        model.language.model.set_attn_implementation("eager")
        model.vision.backbone.set_attn_implementation("eager")
    if config.stage == "expression":
        faces = (Faces(config.data / "train.npz", True), Faces(config.data / "public_test.npz", False, CHOOSING))
        return Task(Expression(model.vision), *faces, save)
    if config.stage == "recognition":
        return Task(Recognition(model, config.voice_noise), *conversations.splits(config.data, model), save)
    learnt, judged = _pairs(config.data) if config.data.is_dir() else _clips(config, model, accelerator, hook)
    if config.stage == "alignment":
        return Task(Alignment(model, config.voice_noise), learnt, judged, save)
    return Task(Instruction(model, config.voice_noise, config.alignment_share), learnt, judged, save)


def _pairs(folder: Path) -> tuple[Examples, Examples]:
    train = Pairs(folder, "train")
    return train, Pairs(folder, "held_out", train.association)


def _clips(config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook) -> tuple[Examples, Examples]:
    """The manifest's splits, every clip encoded before the first step; clips that cannot be used are named."""
    found = manifest.read(config.data, config.max_failed_share)
    samples = [*found.of("train"), *found.of("validation")]
    if not found.of("train") or not found.of("validation"):
        raise InputError(f"{config.data}: no train or no validation split; microemo data import makes them")
    cache = FeatureCache(config.cache.directory, int(config.cache.max_gb * 1e9))
    encoder = ClipEncoder(model.to(accelerator.device), cache, config.asr)
    share = samples[accelerator.process_index :: accelerator.num_processes]
    facts, faults = _all(*facts_of(share, encoder, hook))
    _tell(config, found, faults, accelerator)

    def clips(split: Split) -> Clips:
        usable = [sample for sample in found.of(split) if sample.name in facts]
        return Clips(usable, facts, encoder, config.model)

    return clips("train"), clips("validation")


def _all(facts: dict[str, Facts], faults: list[Fault]) -> tuple[dict[str, Facts], list[Fault]]:
    """Those of all processes."""
    return dict(gather_object(list(facts.items()))), gather_object(faults)


def _tell(config: TrainConfig, found: Manifest, faults: list[Fault], accelerator: Accelerator) -> None:
    everything = [*found.faults, *faults]
    manifest.refuse(config.data, everything, len(found.samples) + len(found.faults), config.max_failed_share)
    if everything and accelerator.is_main_process:
        logger.warning("%d clips left out: %s", len(everything), rows.some([str(fault) for fault in everything]))
