"""``Study``: what ``load`` makes of a folder of results and a design."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from microemo.errors import InputError
from microemo.extras import require
from microemo.rows import some
from microemo.study import contrasts as contrasting
from microemo.study import design as designs
from microemo.study import rates as rating
from microemo.study import tables
from microemo.study import transitions as stepping
from microemo.study.measures import COMPARED, UTTERANCES, Of, measures
from microemo.study.recordings import Recording, Subject, everybody, find, named

if TYPE_CHECKING:
    import pandas

By = str | Sequence[str] | None


@dataclass(frozen=True)
class Study:
    """People in recordings, as tidy tables (pandas).

    directory   the folder of results
    recordings  that were found, by folder
    subjects    the people in them who play a part
    conditions  columns of the design that tell groups apart
    faults      results and rows of the design that cannot be used, a line each
    remarks     what a reader should know, such as who was left out, a line each
    """

    directory: Path
    recordings: tuple[Recording, ...]
    subjects: tuple[Subject, ...]
    conditions: tuple[str, ...]
    faults: tuple[str, ...]
    remarks: tuple[str, ...]

    @cached_property
    def utterances(self) -> "pandas.DataFrame":
        """A row a person and utterance: first label, family, valence, arousal; empty where they were not judged."""
        return tables.utterances(self.subjects, self.conditions)

    @cached_property
    def people(self) -> "pandas.DataFrame":
        """A row a person and clip: seconds of the clip, seen, spoken, judged."""
        return tables.people(self.subjects, self.conditions)

    @cached_property
    def clues(self) -> "pandas.DataFrame":
        """A row a measured clue."""
        return tables.clues(self.subjects, self.conditions)

    def measures(self, of: Of = "feelings") -> "pandas.DataFrame":
        """Figures of each person in each clip, a column a measure; ``measures.measures`` says which there are.

        Raises ``InputError`` on another kind.
        """
        if of not in get_args(Of):
            raise InputError(f"{of}: no such measures; one of {', '.join(get_args(Of))}")
        return measures(of, self.people, self.utterances, self.clues)

    def rates(self, by: By = None, of: Of = "feelings") -> "pandas.DataFrame":
        """Means over people with 95 % intervals, of everybody or by ``person``, ``clip`` or conditions.

        Raises ``InputError`` on another name.
        """
        return rating.rates(self.measures(of), self.people, self._columns(by))

    def course(self, by: By = None, bins: int = rating.BINS) -> "pandas.DataFrame":
        """Valence and arousal along the clips, in equal parts of each; see ``rates``."""
        return rating.course(self.utterances, self.people, self._columns(by), bins)

    def transitions(self, by: By = None) -> "pandas.DataFrame":
        """Which family follows which, with counts and shares; ``by`` as in ``rates``."""
        return stepping.transitions(self.utterances, self._columns(by))

    def contrasts(self, condition: By = None, of: Sequence[Of] = COMPARED) -> "pandas.DataFrame":
        """What differs between a condition's values (all conditions', if none is named); see ``study.contrasts``.

        Raises ``InputError`` on a name that is no condition's.
        """
        chosen = self.conditions if condition is None else self._columns(condition)
        if unknown := [name for name in chosen if name not in self.conditions]:
            raise InputError(f"{unknown[0]}: no such condition; one of {', '.join(self.conditions) or 'none'}")
        figures = require("pandas", "study").concat([self.measures(kind) for kind in of], axis=1)
        figures = figures[[name for name in figures if not name.startswith(UTTERANCES)]]
        return contrasting.contrasts(figures, self.people, chosen)

    def _columns(self, by: By) -> list[str]:
        names = [by] if isinstance(by, str) else list(by or ())
        known = ("person", "clip", *self.conditions)
        if unknown := [name for name in names if name not in known]:
            raise InputError(f"{unknown[0]}: no such column; one of {', '.join(known)}")
        return names


def load(directory: Path | str, design: Path | str | None = None) -> Study:
    """A study from a folder with ``result.json`` files anywhere in it, and who is who from ``design`` (``design.csv``).

    Without a design each person of each clip is somebody of their own, and there are no conditions. Raises
    ``InputError`` where there is no usable result, where the design cannot be read, and where nobody is left.
    """
    require("pandas", "study")
    directory = Path(directory)
    found, faults = find(directory)
    subjects, remarks = everybody(found), list[str]()
    conditions: tuple[str, ...] = ()
    if design is not None:
        read = designs.read(Path(design))
        subjects, unmatched, remarks = named(found, read)
        conditions, faults = read.conditions, [*faults, *unmatched]
    if not subjects:
        raise InputError(f"{directory}: nobody to report on; {some(faults) or 'nobody was found in any clip'}")
    people = tables.people(subjects, conditions)
    remarks += [reason for name in conditions if (reason := contrasting.compared(people, name))]
    return Study(directory, tuple(found), tuple(subjects), conditions, tuple(faults), (*remarks, *_remarks(found)))


def _remarks(recordings: Sequence[Recording]) -> list[str]:
    models = sorted({f"{one.result.model.name} {one.result.model.version}" for one in recordings})
    abstained = sum(one.result.abstained for one in recordings)
    remarks = [f"results of {len(models)} models ({', '.join(models)}) are put together"] if len(models) > 1 else []
    return [*remarks, *([f"no judgement in {abstained} of {len(recordings)} clips"] if abstained else [])]
