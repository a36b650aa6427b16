"""The study's stages of training: those of the ablations, and recognition with similar examples in the prompt.

python -m studies.kin.train studies/kin/fusion.yaml [KEY=VALUE]...
"""

from collections.abc import Mapping
from dataclasses import replace

from microemo.train.stage import Stage
from recipes.nano import train as nano
from studies.ablation.train import RECOGNITION
from studies.ablation.train import STAGES as ABLATIONS
from studies.kin.demonstrations import demonstrated

STAGES: Mapping[str, Stage] = {
    **ABLATIONS,
    "recognition, demonstrated": replace(
        RECOGNITION, examples=lambda config, model, accelerator, hook: demonstrated(config.data, model)
    ),
}

if __name__ == "__main__":
    nano.main(__doc__, STAGES)
