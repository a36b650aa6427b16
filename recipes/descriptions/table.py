"""A table of what was measured in a made clip, as who writes a description gets it: blind to everything else."""

from microemo.model.prompt import strongest
from microemo.schema import Clue, Record, Utterance

MILD, STRONG = 0.35, 0.6  # limits of a label's intensity


class Label(Record):
    """What the recordings that an utterance is made of are labelled, and how strong, from 0 to 1, where that is known.

    ``shows`` is the face's label where it is another than the voice's.
    """

    person: str
    family: str
    intensity: float | None = None
    shows: str | None = None

    @property
    def strength(self) -> str:
        """As readers of the table are told it."""
        if self.intensity is None:
            return ""
        return "mild" if self.intensity < MILD else "strong" if self.intensity >= STRONG else ""


class Source(Record):
    """A labelled recording in a made clip: of which corpus, which one, whose, and when it begins."""

    corpus: str
    name: str
    person: str
    start_sec: float


class Table(Record):
    """Measures of a made clip of one or two people, and the labels of its utterances, one each in their order.

    ``who`` is how a person may be called: she, he, they, or a name.
    """

    id: str
    duration_sec: float
    who: dict[str, str]
    utterances: tuple[Utterance, ...]
    labels: tuple[tuple[Label, ...], ...]
    clues: tuple[Clue, ...]
    made_of: tuple[Source, ...]


def listed(table: Table) -> list[Clue]:
    """The clues that a prompt would list, person by person and utterance by utterance."""
    ids = {
        clue.id
        for utterance in table.utterances
        for person in table.who
        for clue in strongest([one for one in table.clues if one.person == person], *utterance.span)
    }
    return [clue for clue in table.clues if clue.id in ids]


def as_text(table: Table) -> str:
    """The table for a reader."""
    rows = [
        f"# {table.id}  {table.duration_sec:.1f} s  " + ", ".join(f"{id_} = {who}" for id_, who in table.who.items())
    ]
    shown = listed(table)
    for utterance, labels in zip(table.utterances, table.labels, strict=True):
        said = f' "{utterance.text}"' if utterance.text else ""
        by = f"{utterance.person} says" if utterance.text and len(table.who) > 1 else "says" if said else ""
        rows.append(
            f"{utterance.start_sec:.1f}-{utterance.end_sec:.1f} s {by}{said} | {'; '.join(map(_label, labels))}"
        )
    rows += [f"  {_clue(clue, several=len(table.who) > 1)}" for clue in shown]
    return "\n".join(rows) + ("\n  (nothing stands out)" if not shown else "")


def _label(label: Label) -> str:
    strength = f" ({label.strength})" if label.strength else ""
    face = f", the face shows {label.shows}" if label.shows else ""
    return f"{label.person}: {label.family}{strength}{face}"


def _clue(clue: Clue, several: bool) -> str:
    from microemo.clues import clue_kinds
    from microemo.clues.table import NonverbalKind

    kind = clue_kinds()[clue.kind]
    name = kind.phrase if isinstance(kind, NonverbalKind) else clue.kind.replace("_", " ")
    side = f", {clue.side} side" if clue.side else ""
    strength = clue.intensity or f"{clue.strength:.1f}"
    detail = f': "{clue.detail}"' if clue.modality == "words" else f", {clue.detail}" if clue.detail else ""
    person = f"{clue.person} " if several else ""
    return f"[{clue.id}] {person}{name}{side}{detail}, {strength}, {clue.start_sec:.1f}-{clue.end_sec:.1f} s"
