"""Results found in a folder, and whom of each the design names."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from microemo.errors import InputError
from microemo.report.result_json import FILENAME
from microemo.result import Result
from microemo.rows import some
from microemo.study.design import Design, Row


@dataclass(frozen=True)
class Recording:
    """A result and the folder that it lies in, as seen from the study's."""

    name: str
    result: Result

    @property
    def path(self) -> PurePath:
        return PurePath(self.result.clip.path.replace("\\", "/"))


@dataclass(frozen=True)
class Subject:
    """A person in a recording: ``id`` is the result's, ``person`` the study's."""

    recording: Recording
    id: str
    person: str
    conditions: dict[str, str] = field(default_factory=dict)


def find(directory: Path) -> tuple[list[Recording], list[str]]:
    """All results below a folder in the order of their folders' names, and what cannot be used, a line each.

    Raises ``InputError`` where there is no folder or no usable result in it.
    """
    if not directory.is_dir():
        raise InputError(f"{directory}: no such folder; give the one that analyze --out or batch wrote")
    found: dict[tuple[str, float], Recording] = {}
    faults: list[str] = []
    files = sorted(directory.rglob(FILENAME))
    for file in files:
        name = file.parent.relative_to(directory).as_posix()
        try:
            result = Result.read(file)
        except InputError as error:
            faults.append(str(error))
            continue
        key = result.clip.path, result.clip.duration_sec
        if key in found:
            faults.append(f"{file}: the same clip as in {found[key].name}; left out")
        else:
            found[key] = Recording(name, result)
    if not found:
        reason = f"none of {len(files)} can be used: {some(faults)}" if files else "run analyze --out or batch first"
        raise InputError(f"{directory}: no {FILENAME} to report on; {reason}")
    return list(found.values()), faults


def everybody(recordings: Sequence[Recording]) -> list[Subject]:
    """Without a design: each person of each recording is somebody of their own."""
    return [
        Subject(recording, person.id, f"{recording.name} {person.id}")
        for recording in recordings
        for person in recording.result.people
    ]


def named(recordings: Sequence[Recording], design: Design) -> tuple[list[Subject], list[str], list[str]]:
    """Those whom the design names; rows of it that cannot be used; and what it leaves out, a line each."""
    by_name = _by_name(recordings)
    subjects: dict[tuple[str, str], Subject] = {}
    faults = list(design.faults)
    for row in design.rows:
        subject = _subject(row, by_name)
        if isinstance(subject, str):
            faults.append(f"design, {row.place}: {subject}")
        elif (key := (subject.recording.name, subject.id)) in subjects:
            faults.append(f"design, {row.place}: {row.clip}: a second row for {subject.id} of this clip; left out")
        else:
            subjects[key] = subject
    return list(subjects.values()), faults, list(_remarks(recordings, design, subjects))


def _remarks(
    recordings: Sequence[Recording], design: Design, subjects: Mapping[tuple[str, str], Subject]
) -> Iterator[str]:
    known = {name for name, _ in subjects}
    if clips := [recording.name for recording in recordings if recording.name not in known]:
        yield f"not in the design, left out: {len(clips)} of {len(recordings)} clips ({some(clips)})"
    others = [
        f"{recording.name} {person.id}"
        for recording in recordings
        if recording.name in known
        for person in recording.result.people
        if (recording.name, person.id) not in subjects
    ]
    if others:
        yield f"in clips of the design without a row of their own, left out: {len(others)} people ({some(others)})"
    for name in design.conditions:
        if empty := [row.clip for row in design.rows if not row.conditions[name]]:
            yield f"no {name}, left out of what is told by it: {len(empty)} rows of the design ({some(empty)})"
    if not design.names_people:
        yield "the design has no column person: each clip's person counts as somebody else"


def _subject(row: Row, by_name: dict[str, list[Recording]]) -> Subject | str:
    found = by_name.get(PurePath(row.clip.replace("\\", "/")).as_posix(), [])
    if not found:
        return f"{row.clip}: no result of that clip; analyze it, or mend the name"
    if len(found) > 1:
        return f"{row.clip}: {len(found)} clips have that name; give the folder, such as {found[0].name}"
    result = found[0].result
    known = [person.id for person in result.people]
    if not known:
        return f"{row.clip}: nobody was found in that clip"
    if row.id is not None and row.id not in known:
        return f"{row.clip}: {row.id} is not among its people; choose from {', '.join(known)}"
    id = row.id or result.main_person or known[0]
    return Subject(found[0], id, row.person or f"{found[0].name} {id}", row.conditions)


def _by_name(recordings: Sequence[Recording]) -> dict[str, list[Recording]]:
    """Recordings by all that a design may call them: folder, whole path, every tail of the path, the stem."""
    by_name: dict[str, dict[str, Recording]] = defaultdict(dict)
    for recording in recordings:
        parts = recording.path.parts
        tails = {PurePath(*parts[start:]).as_posix() for start in range(len(parts))}
        for name in tails | {recording.path.stem, recording.name, PurePath(recording.name).name}:
            by_name[name][recording.name] = recording
    exact = {recording.name: {recording.name: recording} for recording in recordings}  # a folder is never ambiguous
    return {name: list(found.values()) for name, found in {**by_name, **exact}.items()}
