"""nano's stages of training: expression adaptation, then alignment and instruction tuning on label-paired features.

    python -m recipes.nano.train CONFIG [KEY=VALUE]...

as ``microemo train``, with these stages in place of its own.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from accelerate import Accelerator

from microemo.cli.train import run_from
from microemo.errors import MicroEmoError
from microemo.hooks import Hook
from microemo.model.microemo import MicroEmo
from microemo.train import stage
from microemo.train.config import TrainConfig
from microemo.train.stage import Stage
from microemo.train.task import Examples
from recipes.nano.described import Described
from recipes.nano.expression import Corpora, Expression, corpora
from recipes.nano.pairs import Pairs


def faces(config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook) -> tuple[Corpora, Corpora]:
    """The pictures in the folder ``config.data``, as ``recipes.nano.faces`` prepares them."""
    return corpora(config.data)


MADE_SHARE = {"alignment": 1 / 8, "instruction": 3 / 4}  # of the examples; they take five times as long


class Mixed:
    """Made clips, as often as ``made_share`` says, and label-paired utterances, whatever the index."""

    def __init__(self, made: Described, pairs: Pairs, made_share: float) -> None:
        self.made, self.pairs, self.made_share = made, pairs, made_share

    def __len__(self) -> int:
        return len(self.made) + len(self.pairs)

    def example(self, index: int, rng: Random) -> Any:
        kind: Examples = self.made if rng.random() < self.made_share else self.pairs
        return kind.example(rng.randrange(len(kind)), rng)


def clips(config: TrainConfig, model: MicroEmo, accelerator: Accelerator, hook: Hook) -> tuple[Mixed, Pairs]:
    """Made clips with descriptions and label-paired utterances, of the features in the folder ``config.data``.

    ``recipes.nano.features`` and ``recipes.nano.made_clips`` write them.
    """
    made = Described(config.data / "made")
    pairs = Pairs(config.data, "train", shades=made.shades)
    return Mixed(made, pairs, MADE_SHARE[config.stage]), Pairs(config.data, "held_out")


STAGES: Mapping[str, Stage] = {
    "expression": Stage(
        trains=lambda config, name: name.startswith("vision."),
        objective=lambda model, config: Expression(model.vision),
        examples=faces,
        reads=frozenset(),
    ),
    **{
        name: replace(stage.STAGES[name], examples=clips, reads=stage.STAGES[name].reads - {"asr"})
        for name in MADE_SHARE
    },
}


def main(description: str | None, stages: Mapping[str, Stage]) -> None:
    """The command: reads its arguments, trains, and says in one line what is wrong."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    arguments = parser.parse_args()
    try:
        run_from(arguments.config, arguments.overrides, stages)
    except MicroEmoError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(__doc__, STAGES)
