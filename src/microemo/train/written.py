"""What a data set says of a span as text: an answer to learn, or one that is better than what a model had said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from microemo.citations import CITATION, cited, renumbered
from microemo.model.language import Text
from microemo.parse import MAX_LABELS
from microemo.told import SENTENCE
from microemo.train.examples import Pair

UNSPACED = re.compile(r"\s+([.,;!?])")


@dataclass(frozen=True)
class Annotation:
    """What a data set says of a span: labels, the foremost first, and sentences; and what it corrects, if it does."""

    labels: tuple[str, ...]
    description: str
    rejected: "Annotation | None" = None

    def __bool__(self) -> bool:
        return bool(self.labels or self.description)


def answer(annotation: Annotation, numbers: Mapping[int, int]) -> str:
    """The answer to learn, "labels. Sentences.", which cites clues by their ``numbers`` in the prompt.

    A sentence that cites a clue which the prompt does not list would teach the model to invent evidence, and is left
    out; where the prompt lists none at all, sentences stay and only their citations go.
    """
    sentences = [sentence.strip() for sentence in SENTENCE.findall(annotation.description)]
    kept = [sentence for sentence in sentences if not numbers or set(cited(sentence)) <= numbers.keys()]
    text = " ".join(_renumbered(sentence, numbers) for sentence in kept)
    labels = ", ".join(label.lower() for label in annotation.labels[:MAX_LABELS])
    return f"{labels}. {text}".strip() if labels else text


def pair(told: Annotation, numbers: Mapping[int, int]) -> Pair | None:
    """What was corrected, and how; None if nothing was, no labels were told, or both read the same.

    Unless both are explained, labels alone are compared, and not what follows them: that a person gives no reasons is
    no reason to give none. What people write cites nothing; citations are compared where both have some.
    """
    if told.rejected is None or not told.labels:
        return None
    both: tuple[Annotation, ...] = (told, told.rejected)
    if not all(CITATION.search(one.description) for one in both):
        both = tuple(replace(one, description=_renumbered(one.description, {})) for one in both)
    is_whole = all(answer(replace(one, labels=()), numbers) for one in both)
    chosen, rejected = (answer(one if is_whole else labels_of(one), numbers) for one in both)
    if not chosen or not rejected or chosen.lower() == rejected.lower():
        return None
    return Pair(Text(chosen, is_whole), Text(rejected, is_whole))


def open_ended(told: Annotation, numbers: Mapping[int, int]) -> Text:
    """The answer to learn, of which labels alone are not the whole: nobody is to learn silence from who is brief."""
    text = answer(told, numbers)
    return Text(text, is_whole=text != answer(labels_of(told), numbers))


def labels_of(told: Annotation) -> Annotation:
    """Without sentences."""
    return replace(told, description="")


def _renumbered(sentence: str, numbers: Mapping[int, int]) -> str:
    if not numbers:
        return UNSPACED.sub(r"\1", CITATION.sub("", sentence))
    return renumbered(sentence, numbers)
