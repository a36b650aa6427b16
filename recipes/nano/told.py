"""What a small grammar writes of an utterance about which nobody has written: ``microemo.data.describe``."""

import random
from collections.abc import Sequence

from microemo.data.association import known
from microemo.data.describe import Describer
from microemo.data.manifest import Pronoun
from microemo.schema import Clue
from microemo.train.written import Annotation
from recipes.descriptions.table import Label
from recipes.nano.shades import Shades

TOLD = 0.5  # how often it does; else the answer is a label alone


def told(
    label: Label, shades: Shades, clues: Sequence[Clue], length_sec: float, rng: random.Random, who: Pronoun = "they"
) -> Annotation:
    """A word for the label at its strength, and mostly others; and sentences of the clues, half of the time."""
    word = shades.draw(label, rng)
    if rng.random() >= TOLD:
        return Annotation((word,), "")
    found = Describer(known(), rng).describe(word, label.intensity, clues, who=who, length_sec=length_sec)
    return Annotation(found.labels, found.text)
