"""Clues of face, head and gaze against what was seen: how many are so, and how much of what is there is told.

    python benchmarks/seen_actions.py PEDFE [--tracks FOLDER] [--marks seen_actions.jsonl] [--list KIND]

``seen_actions.jsonl`` has what coders marked on sheets of twelve frames, without knowing labels or clues: in each of 96
clips of PEDFE (people up to subject 35, sixteen clips an emotion) each action from when to when, in seconds, and how
plain it is. Sixteen clips were marked by two. A clue is so if a mark of its action that is not doubtful overlaps it,
not to be told if only a doubtful one does. ``--tracks`` keeps the tracks of faces, which take three minutes.
"""

import argparse
import json
import pickle
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shares import proportion

from microemo import weights
from microemo.config import NANO
from microemo.hooks import silent
from microemo.media import video
from microemo.media.probe import probe
from microemo.perception.clues import measure_clues
from microemo.perception.faces import scan
from microemo.schema import Clue, FaceTrack
from microemo.spans import Span

SEEN_AS = {
    "inner_brow_raiser": ("brows_inner_up",),
    "outer_brow_raiser": ("brows_outer_up",),
    "brow_lowerer": ("brows_lowered",),
    "upper_lid_raiser": ("eyes_wide",),
    "lid_tightener": ("eyes_narrowed",),
    "eyes_closed": ("eyes_shut",),
    "nose_wrinkler": ("nose_wrinkled",),
    "upper_lip_raiser": ("upper_lip_raised",),
    "lip_corner_puller": ("smile",),
    "lip_corner_depressor": ("corners_down",),
    "lip_pucker": ("lips_pursed",),
    "lip_stretcher": ("lips_stretched",),
    "cheek_raiser": ("cheeks_raised",),
    "chin_raiser": ("lower_lip_up",),
    "jaw_drop": ("mouth_open",),
    "head_tilt": ("head_tilted",),
    "head_turned_away": ("head_turned",),
    "head_lowered": ("head_down",),
    "hand_at_face": ("hand_at_face",),
    "gaze_lowered": ("gaze_down",),
    "gaze_averted": ("gaze_aside",),
    "eye_contact_lost": ("gaze_aside", "gaze_down", "gaze_up"),
}
"""The kinds of clues that coders were asked for, and the actions that bear one out."""
REACH_SEC = 0.15  # marks are as exact as the sheets' frames are close


@dataclass(frozen=True)
class Mark:
    """An action that a coder saw; ``how``: slight, plain, strong, or doubtful."""

    action: str
    span: Span
    how: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("--marks", type=Path, default=Path(__file__).with_suffix(".jsonl"))
    parser.add_argument("--tracks", type=Path, help="folder in which the tracks of faces are kept")
    parser.add_argument("--list", metavar="KIND", help="print each clue of a kind, and what was seen of it")
    arguments = parser.parse_args()
    coded = read(arguments.marks)
    counts: Counter[tuple[str, str]] = Counter()
    for file, marks in coded:
        clues = [clue for clue in clues_of(arguments.pedfe / file, arguments.tracks) if clue.kind in SEEN_AS]
        counts += compare(clues, marks)
        for clue in clues:
            if clue.kind == arguments.list:
                when = f"{clue.start_sec:6.2f} {clue.end_sec:6.2f}"
                print(f"{file:24} {when} strength {clue.strength:.2f}  {verdict(clue, marks)}")
    report(counts)


def read(path: Path) -> list[tuple[str, list[Mark]]]:
    """Each coder's clips: the file's name in PEDFE, and what was marked."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        (row["file"], [Mark(one["action"], Span(one["start_sec"], one["end_sec"]), one["how"]) for one in row["marks"]])
        for row in rows
    ]


@cache
def clues_of(path: Path, kept: Path | None) -> tuple[Clue, ...]:
    track, shots = _track(path, kept)
    return measure_clues(track, (), (), (), (), shots)


def _track(path: Path, kept: Path | None) -> tuple[FaceTrack | None, tuple[Span, ...]]:
    file = kept / f"{path.stem}.pkl" if kept else None
    if file and file.exists():
        return pickle.loads(file.read_bytes())
    main = scan(
        video.frames(probe(path), video.NATIVE_FPS),
        [0.5],
        NANO.vision.image_size,
        NANO.vision.patch_size,
        weights.path("face_landmarker", silent) / "face_landmarker.task",
        recognition=weights.path("face_recognition", silent),
        hand_landmarker=weights.path("hand_landmarker", silent) / "hand_landmarker.task",
    )
    found = (main.main_person.track if main.main_person else None, main.shots)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(found))
    return found


def verdict(clue: Clue, marks: Iterable[Mark]) -> str:
    """Whether a clue is "so", "not so" or "doubtful" by one coder's marks."""
    own = [mark for mark in marks if mark.action in SEEN_AS[clue.kind] and _meets(clue, mark)]
    if any(mark.how != "doubtful" for mark in own):
        return "so"
    return "doubtful" if own else "not so"


def _meets(clue: Clue, mark: Mark) -> bool:
    return clue.start_sec <= mark.span.end_sec + REACH_SEC and clue.end_sec >= mark.span.start_sec - REACH_SEC


def compare(clues: Sequence[Clue], marks: Sequence[Mark]) -> Counter[tuple[str, str]]:
    """One clip's clues against one coder's marks: by kind, its verdicts, and the plain marks, "seen" and "found"."""
    counts = Counter((clue.kind, verdict(clue, marks)) for clue in clues)
    for kind, actions in SEEN_AS.items():
        plain = [mark for mark in marks if mark.action in actions and mark.how in ("plain", "strong")]
        counts[kind, "seen"] += len(plain)
        counts[kind, "found"] += sum(any(clue.kind == kind and _meets(clue, mark) for clue in clues) for mark in plain)
    return counts


def report(counts: Counter[tuple[str, str]]) -> None:
    for name, kinds in {**{kind: [kind] for kind in SEEN_AS}, "all clues": list(SEEN_AS)}.items():
        so, not_so, doubtful, found, seen = (
            sum(counts[kind, what] for kind in kinds) for what in ("so", "not so", "doubtful", "found", "seen")
        )
        print(f"{proportion(name, so, so + not_so)}, doubtful {doubtful}; plain ones told {found} of {seen}")


if __name__ == "__main__":
    main()
