"""The study's stages of training: nano's alignment, then recognition on label-paired conversations.

    python -m studies.ablation.train studies/ablation/full.yaml [KEY=VALUE]...

as ``microemo train``, with these stages in place of its own. Three kinds of recognition are for ablations alone: with
the face as one clue region, with another face's regions, and without the tokens of the whole clip.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from accelerate import Accelerator

from microemo.hooks import Hook
from microemo.model.microemo import MicroEmo
from microemo.train.config import TrainConfig
from microemo.train.stage import Stage, is_connector, is_lora
from recipes.nano import train as nano
from recipes.nano.pairs import Pairs
from studies.ablation.conversations import Conversations, Regions, splits
from studies.ablation.recognition import Recognition

Split = Callable[[TrainConfig, MicroEmo, Accelerator, Hook], tuple[Conversations, Conversations]]


def conversations(regions: Regions = "own") -> Split:
    """Conversations made of the features in the folder ``config.data``, which ``recipes.nano.features`` writes."""
    return lambda config, model, accelerator, hook: splits(config.data, model, regions)


def pairs(config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook) -> tuple[Pairs, Pairs]:
    """Utterances alone of the same features, to start from; made clips, which nano is aligned on too, are none."""
    return Pairs(config.data, "train"), Pairs(config.data, "held_out")


RECOGNITION = Stage(
    trains=lambda config, name: is_connector(name) or is_lora(name),
    objective=lambda model, config: Recognition(model, config.voice_noise, config.kin),
    examples=conversations(),
    reads=frozenset({"voice_noise", "kin"}),
)

STAGES: Mapping[str, Stage] = {
    "alignment": replace(nano.STAGES["alignment"], examples=pairs),
    "recognition": RECOGNITION,
    "recognition, one region": replace(RECOGNITION, examples=conversations("one")),
    "recognition, another's regions": replace(RECOGNITION, examples=conversations("another's")),
    "recognition, no whole": replace(
        RECOGNITION,
        objective=lambda model, config: Recognition(model, config.voice_noise, config.kin, has_whole=False),
    ),
}

if __name__ == "__main__":
    nano.main(__doc__, STAGES)
