"""The stages of training (paper 3.4): which parameters one trains, by which loss, on which examples.

Two of them go beyond the paper: ``preference`` and ``reinforcement``, which tune what instruction tuning left.

Encoders and LLM stay frozen, all between them is tuned (paper 4.1). A recipe of your own is a ``Stage`` more
(docs/training.md); ``recipes/nano`` and ``studies/ablation`` have theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accelerate import Accelerator
from torch import nn

from microemo.errors import InputError
from microemo.hooks import Hook
from microemo.model import lora
from microemo.model.microemo import MicroEmo
from microemo.train import splits
from microemo.train.alignment import Alignment
from microemo.train.clips import Clips
from microemo.train.config import TrainConfig
from microemo.train.instruction import Instruction
from microemo.train.preference import Preference
from microemo.train.reinforcement import Reinforcement
from microemo.train.task import Examples

OWN_SETTINGS = (
    "tune_qformers", "alignment_share", "label_share", "supervised_share", "reinforcement", "preference",
    "kin", "voice_noise", "asr",
)  # fmt: skip
"""Settings of ``TrainConfig`` that only some stages read."""


@dataclass(frozen=True)
class Stage:
    """What the runs have in common whose configuration names this stage.

    trains      whether a run trains the parameter of that name, of those that are not frozen in every stage
    objective   the loss over a model: a module whose ``forward`` gives the ``Scores`` of a list of examples
    examples    the examples to train on and those to validate on
    reads       those of ``OWN_SETTINGS`` that count in this stage
    """

    trains: Callable[[TrainConfig, str], bool]
    objective: Callable[[MicroEmo, TrainConfig], nn.Module]
    examples: Callable[[TrainConfig, MicroEmo, Accelerator, Hook], tuple[Examples, Examples]]
    reads: frozenset[str]


def is_connector(name: str) -> bool:
    """Whether the parameter of that name is of a Q-Former, a projection or local clue attention."""
    return not name.startswith("vision.") and not is_lora(name)


def is_lora(name: str) -> bool:
    """Whether the parameter of that name is of the LLM's LoRA."""
    return lora.MARK in name


def trains_connectors(config: TrainConfig, name: str) -> bool:
    """What alignment trains."""
    return is_connector(name)


def trains_lora(config: TrainConfig, name: str) -> bool:
    """What instruction tuning trains: the LoRA, and the connectors with ``tune_qformers``."""
    return is_lora(name) or (config.tune_qformers and is_connector(name))


def trains_lora_alone(config: TrainConfig, name: str) -> bool:
    """What is trained where the LLM is compared with itself as it was, by the same tokens of a clip."""
    return is_lora(name)


def corrected(config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook) -> tuple[Clips, Clips]:
    """The clips that somebody corrected; with self-play all."""
    return splits.of_manifest(config, model, accelerator, hook, only_corrected=not config.preference.self_play)


def masked(config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook) -> tuple[Clips, Clips]:
    """All clips, some of them without face or voice."""
    return splits.of_manifest(config, model, accelerator, hook, masked_share=config.reinforcement.masked_share)


STAGES: Mapping[str, Stage] = {
    "alignment": Stage(
        trains=trains_connectors,
        objective=lambda model, config: Alignment(model, config.voice_noise, config.kin),
        examples=splits.of_manifest,
        reads=frozenset({"kin", "voice_noise", "asr"}),
    ),
    "instruction": Stage(
        trains=trains_lora,
        objective=lambda model, config: Instruction(
            model, config.voice_noise, config.alignment_share, config.label_share, config.kin
        ),
        examples=splits.of_manifest,
        reads=frozenset({"tune_qformers", "alignment_share", "label_share", "kin", "voice_noise", "asr"}),
    ),
    "preference": Stage(
        trains=trains_lora_alone,
        objective=lambda model, config: Preference(model, config.preference, config.supervised_share),
        examples=corrected,
        reads=frozenset({"supervised_share", "preference", "asr"}),
    ),
    "reinforcement": Stage(
        trains=trains_lora_alone,
        objective=lambda model, config: Reinforcement(model, config.reinforcement, config.supervised_share),
        examples=masked,
        reads=frozenset({"supervised_share", "reinforcement", "asr"}),
    ),
}


def stage_of(config: TrainConfig, stages: Mapping[str, Stage]) -> Stage:
    """The stage that a configuration names.

    Raises ``InputError`` where there is none of that name, or a setting is given that it does not read.
    """
    if config.stage not in stages:
        raise InputError(f"no stage {config.stage}; known are {', '.join(stages)}")
    stage = stages[config.stage]
    defaults = type(config).model_fields
    unread = [name for name in OWN_SETTINGS if name not in stage.reads]
    given = [name for name in unread if getattr(config, name) != defaults[name].default]
    if given:
        raise InputError(f"{', '.join(given)}: not read by stage {config.stage}; leave it out")
    return stage
