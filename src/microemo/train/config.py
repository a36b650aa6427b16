"""A run's configuration: ``TrainConfig``, read from YAML with inheritance and overrides, saved with the model.

OmegaConf merges and interpolates, pydantic checks.

Defaults of the optimiser are those of the paper's upstreams; the paper itself (4.1) names epochs and batch size only.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

import torch
import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import Field, ValidationError, model_validator

from microemo.config import PRESETS, Frozen, ModelConfig
from microemo.device import compute_dtype, resolve
from microemo.errors import InputError

Fields = dict[str, Any]

FILE = "train.yaml"  # beside the checkpoint
INHERITS, PRESET = "inherits", "preset"


class OptimizerConfig(Frozen):
    """AdamW, linear warm-up, cosine down to ``final_learning_rate``."""

    learning_rate: float = Field(gt=0)
    final_learning_rate: float = Field(0.0, ge=0)
    warmup_steps: int = Field(100, ge=0)
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = Field(0.05, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)


class CacheConfig(Frozen):
    directory: Path = Path("runs/cache")
    max_gb: float = Field(50.0, gt=0)
    workers: int = Field(1, gt=0, description="Processes that perceive and encode, in each process of the run")


class RewardWeights(Frozen):
    """What each part of an answer's reward counts (``train/rewards.py``)."""

    precision: float = Field(1.0, ge=0, description="Of the labels, on the emotion wheels")
    recall: float = Field(1.0, ge=0)
    format: float = Field(0.5, ge=0, description="Labels, an explanation, and an end")
    grounding: float = Field(0.5, ge=0, description="Claims that measured clues bear out")
    faithfulness: float = Field(1.0, ge=0, description="Sentences about what is not there, which cost")


class ReinforcementConfig(Frozen):
    """How answers are drawn, rewarded and held to the start, in the stage ``reinforcement``."""

    num_drafts: int = Field(8, ge=2, description="Of an answer, compared with one another")
    max_tokens: int = Field(80, gt=0, description="Longer answers earn nothing; below the LLM's max_new_tokens")
    kl: float = Field(0.04, ge=0, description="Weight of the divergence from the model as the run began")
    masked_share: float = Field(0.2, ge=0, le=1, description="Of the examples, which lack face or voice")
    wheels: Path | None = Field(None, description="Folder of the five published emotion wheels; None: our lexicon's")
    weights: RewardWeights = RewardWeights()


class PreferenceConfig(Frozen):
    """What is preferred to what, and how far from the start, in the stage ``preference``."""

    beta: float = Field(5.0, gt=0, description="Of log-probabilities, as means over an answer's tokens")
    self_play: bool = Field(False, description="Where nothing was corrected, prefer what is written to a draft")


class KinShares(Frozen):
    """Ideas of MicroEmo's kin as switches of training (``train/kin``), all off: shares of losses, and the order."""

    tree: float = Field(0.0, ge=0, description="Whether a feeling is pleasant, before which it is (VidEmo)")
    contrast: float = Field(0.0, ge=0, description="Faces against other utterances' voices, without labels")
    affect: float = Field(0.0, ge=0, description="Families, valence and arousal by a graph; needs model.kin.affect")
    easy_first: bool = Field(False, description="Examples from easy to hard (PRC-Emo)")


class TrainConfig(Frozen):
    """A run: what is trained, on what, from where, how, and how often it is validated."""

    stage: str = Field(
        description="alignment, instruction, preference, reinforcement, or a recipe's own (``train/stage.py``)"
    )
    data: Path = Field(description="A manifest, or what a recipe's own stage reads")
    output: Path = Field(description="The run's folder, which is the trained model's as well")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="auto: a GPU if there is one")
    model: ModelConfig = Field(description="A configuration; `preset: NAME` or `preset: FOLDER`, and what differs")
    start: tuple[str, ...] = Field((), description="Folders of weights to start from, later ones last; nano: ours")
    seed: int = 0
    epochs: float = Field(3, gt=0)
    steps: int | None = Field(None, gt=0, description="Of the optimiser, in place of epochs")
    batch_size: int = Field(1, gt=0, description="Examples an optimiser step sees, on all processes together")
    micro_batch_size: int = Field(1, gt=0, description="Of these, read at once by one process")
    precision: Literal["auto", "float32", "bfloat16"] = Field("auto", description="auto: bfloat16 where that is faster")
    optimizer: OptimizerConfig
    tune_qformers: bool = Field(True, description="In instruction; else they stay as alignment left them")
    alignment_share: float = Field(0.0, ge=0, description="Of the alignment loss beside the language modelling loss")
    label_share: float = Field(
        0.0, ge=0, description="Of the first labels' own loss beside it: they are few of the tokens"
    )
    supervised_share: float = Field(0.1, ge=0, description="Of the language modelling loss beside a stage's own")
    reinforcement: ReinforcementConfig = ReinforcementConfig()
    preference: PreferenceConfig = PreferenceConfig()
    kin: KinShares = KinShares()
    voice_noise: float = Field(0.0, ge=0, description="On a voice's features, in their own standard deviations")
    validate_every: int | None = Field(None, gt=0, description="Steps; None: once an epoch")
    validation_examples: int = Field(400, gt=0, description="Looked at, at most")
    best_by: Literal["loss", "accuracy"] = "loss"
    patience: int | None = Field(None, gt=0, description="Stop after so many validations without a better one")
    save_every_sec: float = Field(240.0, ge=0)
    asr: bool = Field(True, description="Recognise the words of clips that come without")
    max_failed_share: float = Field(0.01, ge=0, le=1, description="Of clips that cannot be used; above it, stop")
    cache: CacheConfig = CacheConfig()

    @model_validator(mode="before")
    @classmethod
    def _resolve_preset(cls, fields: Any) -> Any:
        """``model: {preset: paper, local_clues: false}`` is the preset's configuration with the rest put over it."""
        model = fields.get("model") if isinstance(fields, dict) else None
        if not isinstance(model, dict) or PRESET not in model:
            return fields
        changes = {key: value for key, value in model.items() if key != PRESET}
        return {**fields, "model": merged(_preset(str(model[PRESET])), changes)}

    @property
    def in_bf16(self) -> bool:
        if self.precision == "auto":
            return compute_dtype(resolve(self.device)) == torch.bfloat16
        return self.precision == "bfloat16"

    @model_validator(mode="after")
    def _batches_are_whole(self) -> "TrainConfig":
        if self.batch_size % self.micro_batch_size:
            raise ValueError("batch_size is a multiple of micro_batch_size")
        return self

    @model_validator(mode="after")
    def _affect_has_a_head(self) -> "TrainConfig":
        if self.kin.affect and not self.model.kin.affect:
            raise ValueError("kin.affect is the loss of a head: switch on model.kin.affect")
        return self

    @model_validator(mode="after")
    def _losses_have_a_share(self) -> "TrainConfig":
        shares = self.kin.tree, self.kin.contrast, self.kin.affect
        if self.stage == "instruction" and any(shares) and not self.alignment_share:
            raise ValueError("kin's losses are part of the alignment loss: give it an alignment_share")
        return self


def load(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """The configuration of a YAML file, over what it inherits and below the overrides, each ``key.key=value``.

    Raises ``InputError``, one line, on files that cannot be read, unknown keys and values that do not fit.
    """
    try:
        return TrainConfig.model_validate(merged(*_layers(path), *map(_override, overrides)))
    except OmegaConfBaseException as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        raise InputError(f"{path}: {'; '.join(map(_complaint, error.errors()))}") from None


def save(config: TrainConfig, directory: Path) -> None:
    """Write the configuration, all of it, so that the run can be repeated from this file alone."""
    OmegaConf.save(OmegaConf.create(config.model_dump(mode="json")), directory / FILE)


def merged(*layers: Fields) -> Fields:
    """Each layer over those before it, mappings within mappings as well; ``${key}`` is the value of that key."""
    return cast(Fields, OmegaConf.to_container(OmegaConf.merge(*layers), resolve=True))


def _layers(path: Path, heirs: tuple[Path, ...] = ()) -> list[Fields]:
    """A file's own fields, behind those of the file that it inherits from, and so on."""
    if path.resolve() in heirs:
        raise InputError(f"{path}: inherits from itself")
    fields = _read(path)
    parent = fields.pop(INHERITS, None)
    below = [] if parent is None else _layers(path.parent / str(parent), (*heirs, path.resolve()))
    return [*below, fields]


def _read(path: Path) -> Fields:
    try:
        fields = OmegaConf.to_container(OmegaConf.load(path))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    if not isinstance(fields, dict):
        raise InputError(f"{path}: a configuration is keys and values")
    return cast(Fields, fields)


def _override(text: str) -> Fields:
    key, equals, _ = text.partition("=")
    if not key or not equals:
        raise InputError(f"{text}: an override is KEY=VALUE, as optimizer.learning_rate=1e-4")
    try:
        return cast(Fields, OmegaConf.to_container(OmegaConf.from_dotlist([text])))
    except yaml.YAMLError:
        raise InputError(f"{text}: the value is not YAML") from None


def _preset(name: str) -> Fields:
    if name in PRESETS:
        return PRESETS[name].model_dump(mode="json")
    from microemo.model import checkpoint

    return checkpoint.read_config(Path(name)).model_dump(mode="json")


def _complaint(error: Any) -> str:
    place = ".".join(map(str, error["loc"])) or "the run"
    said = {"extra_forbidden": "unknown key", "missing": "must be given"}.get(error["type"], error["msg"])
    return f"{place}: {said}"
