"""Tables as today's rules would measure their faces: descriptions were written when perception told more of them.

``recipes.evidence.measure pedfe`` measures the clips anew; ``faces.jsonl`` keeps those of the tables. A clue that is
still told keeps its number, so that what was written about it still cites it.
"""

from collections.abc import Mapping, Sequence

from microemo.citations import cited
from microemo.schema import Clue
from recipes.descriptions.check import Written, doubts
from recipes.descriptions.table import Table, listed
from recipes.descriptions.tables import moved
from recipes.evidence.measure import MeasuredClip
from recipes.nano.made_clips import Part, parts_of


def renewed(table: Table, faces: Mapping[str, MeasuredClip]) -> Table:
    """The table with what ``faces`` has, by name, in place of its facial clues."""
    others = [clue for clue in table.clues if clue.modality != "face"]
    new = max((clue.id for clue in table.clues), default=0) + 1
    seen: list[Clue] = []
    for part in parts_of(table):
        old = [clue for clue in table.clues if clue.modality == "face" and clue.person == part.person]
        for clue in _faces_of(part, faces):
            same = next((one for one in old if _is_same(one, clue)), None)
            if same is None:
                seen.append(clue.model_copy(update={"id": new}))
                new += 1
            else:
                seen.append(clue.model_copy(update={"id": same.id}))
                old.remove(same)
    return table.model_copy(update={"clues": tuple(sorted([*others, *seen], key=lambda clue: clue.start_sec))})


def still_so(one: Written, seen: Table, today: Table) -> bool:
    """Whether a description of what its writer saw holds of today's table: all that it cites is listed there, and the
    checker doubts no more of it.
    """
    listed_today = {clue.id for clue in listed(today)}
    return set(cited(one.text)) <= listed_today and set(doubts(one, today)) <= set(doubts(one, seen))


def _faces_of(part: Part, faces: Mapping[str, MeasuredClip]) -> Sequence[Clue]:
    return [
        moved(clue, face.start_sec, face.end_sec, part.person)
        for face in part.faces
        for clue in faces[face.name].measured.clues
        if clue.modality == "face" and face.start_sec + clue.apex_sec < face.end_sec
    ]


def _is_same(one: Clue, other: Clue) -> bool:
    return one.kind == other.kind and one.start_sec < other.end_sec and other.start_sec < one.end_sec
