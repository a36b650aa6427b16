"""The study's stages of training: nano's alignment, then recognition on label-paired conversations.

    python -m studies.ablation.train studies/ablation/full.yaml [KEY=VALUE]...

as ``microemo train``, with these stages in place of its own.
"""

from collections.abc import Mapping

from accelerate import Accelerator

from microemo.hooks import Hook
from microemo.model.microemo import MicroEmo
from microemo.train.config import TrainConfig
from microemo.train.stage import Stage, is_connector, is_lora
from recipes.nano import train as nano
from studies.ablation.conversations import Conversations, splits
from studies.ablation.recognition import Recognition


def conversations(
    config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook
) -> tuple[Conversations, Conversations]:
    """Conversations made of the features in the folder ``config.data``, which ``recipes.nano.features`` writes."""
    return splits(config.data, model)


STAGES: Mapping[str, Stage] = {
    "alignment": nano.STAGES["alignment"],
    "recognition": Stage(
        trains=lambda config, name: is_connector(name) or is_lora(name),
        objective=lambda model, config: Recognition(model, config.voice_noise),
        examples=conversations,
        reads=frozenset({"voice_noise"}),
    ),
}

if __name__ == "__main__":
    nano.main(__doc__, STAGES)
