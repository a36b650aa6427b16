"""The words that writers have for a family's feelings at some strength, as often as they have them."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from microemo.data.association import family
from microemo.lexicon import family_of
from recipes.descriptions.check import Written
from recipes.descriptions.table import Label, Table


class Shades:
    """First words of descriptions, by family and strength; of clips that carry one label, lest they be another's."""

    def __init__(self, rows: Sequence[Written], tables: Mapping[str, Table]) -> None:
        self.words: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for row in rows:
            labels = tables[row.table].labels
            word = row.labels[0].lower()
            if len(labels) == len(labels[0]) == 1:
                (label,) = labels[0]
                if label.shows is None and (family_of(word) or family(word)) == label.family:
                    self.words[label.family, label.strength][word] += 1

    def draw(self, label: Label, rng: random.Random) -> str:
        words = self.words.get((label.family, label.strength)) or Counter([label.family])
        return rng.choices(list(words), list(words.values()))[0]
