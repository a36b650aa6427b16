"""Labels grouped by meaning: what a judge is, groups that were made before, and their files.

The files have the layout in which EMER published its own groups, so that a scoring can be redone with anybody's: a zip
holds, in a folder of its name, one ``CLIP.npy`` a clip, an array without dimensions that holds the list of lists as
Python spells it. Such a folder unpacked, and JSON (``{"CLIP": [["happy", "glad"], ["sad"]]}``), are read too.
"""

import ast
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np

from microemo import files
from microemo.errors import InputError
from microemo.evaluate.metrics import Groups, Labels

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold: the same groups make the same file


class Judge(Protocol):
    """Groups each clip's labels, the union of truth and prediction, by meaning."""

    @property
    def name(self) -> str:
        """For reports, with the version if there are several."""

    @property
    def note(self) -> str:
        """What readers of its scores should know; empty if nothing."""

    def group(self, labels: Labels) -> dict[str, Groups]:
        """Groups by the clip's name; ``labels`` are a clip's distinct labels, lower case."""


@dataclass(frozen=True)
class GivenGroups:
    """Groups that somebody has made before, such as those that were published with EMER."""

    name: str
    groups: Mapping[str, Groups]
    note: str = ""

    def group(self, labels: Labels) -> dict[str, Groups]:
        """Raises ``InputError`` that names the first clips, or labels, without a group."""
        ungrouped = [clip for clip in labels if clip not in self.groups]
        if ungrouped:
            raise InputError(f"{self.name}: no groups for {_some(ungrouped)}; group again, or use another judge")
        lacking = [
            f"{label} of {clip}"
            for clip in labels
            for label in labels[clip]
            if label not in _labels_in(self.groups[clip])
        ]
        if lacking:
            raise InputError(f"{self.name}: no group for {_some(lacking)}; group again, or use another judge")
        return {clip: self.groups[clip] for clip in labels}

    def spelled(self, clip: str, labels: Iterable[str]) -> tuple[str, ...]:
        """A clip's labels as they stand in the groups.

        Upstream's reader cuts labels at quotation marks, so that "don't believe" was grouped as "don" and
        "t believe"; a label that is missing is cut in the same way if its pieces are there.
        """
        known = _labels_in(self.groups.get(clip, ()))
        spelled: dict[str, None] = {}
        for label in labels:
            pieces = [piece.strip() for piece in re.split("['\"]", label) if piece.strip()]
            spelled |= dict.fromkeys(pieces if label not in known and known.issuperset(pieces) else [label])
        return tuple(spelled)


def _labels_in(groups: Groups) -> set[str]:
    return {label for group in groups for label in group}


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def read_groups(path: Path) -> dict[str, Groups]:
    """Groups by the clip's name, from a ``.zip``, a folder of ``.npy`` or a ``.json`` file; labels in lower case.

    Raises ``InputError`` that names the file, and the clip in it, if it cannot be read, is not a list of lists of
    words, or has a label in two groups.
    """
    groups: dict[str, Groups] = {}
    for clip, value in _entries(path):
        if clip in groups:
            raise InputError(f"{path}: {clip} is there twice; remove one")
        groups[clip] = _checked(value, f"{path}: {clip}")
    if not groups:
        raise InputError(f"{path}: no groups; expected one .npy file a clip, or JSON {{clip: [[label, ...], ...]}}")
    return groups


def save_groups(groups: Mapping[str, Groups], path: Path) -> Path:
    """Write groups as a zip of the published layout, the same bytes for the same groups.

    Raises ``InputError`` where the file cannot be written.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for clip in sorted(groups):
            array = io.BytesIO()
            np.save(array, np.array(str([list(group) for group in groups[clip]])), allow_pickle=False)
            member = zipfile.ZipInfo(f"{path.stem}/{clip}.npy", EPOCH)
            target.writestr(member, array.getvalue(), zipfile.ZIP_DEFLATED)
    return files.write(path, archive.getvalue())


def _entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Each clip's name and what the file holds for it, in a fixed order."""
    try:
        if path.is_dir():
            for file in sorted(path.rglob("*.npy")):
                name = file.relative_to(path).with_suffix("").as_posix()
                yield name, _listed(file.read_bytes(), f"{path}: {name}")
        elif path.suffix.lower() == ".json":
            yield from _json_entries(path)
        else:
            with zipfile.ZipFile(path) as archive:
                for name, member in _clips(archive.namelist()):
                    yield name, _listed(archive.read(member), f"{path}: {member}")
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path}: cannot read groups ({error}); expected a .zip, a .json or a folder") from error


def _clips(members: Iterable[str]) -> list[tuple[str, str]]:
    """Clip's name and member of a zip, whether its files lie in a folder, as published, or not."""
    paths = [PurePosixPath(member) for member in sorted(members) if member.endswith(".npy")]
    in_folder = all(len(path.parts) > 1 for path in paths) and len({path.parts[0] for path in paths}) == 1
    return [(str(PurePosixPath(*path.parts[in_folder:]).with_suffix("")), str(path)) for path in paths]


def _json_entries(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error}); expected {{clip: [[label, ...], ...]}}") from error
    if not isinstance(entries, tuple):
        raise InputError(f"{path}: not an object; expected {{clip: [[label, ...], ...]}}")
    yield from entries


def _listed(content: bytes, place: str) -> Any:
    """The list that an array without dimensions spells. Pickled arrays are refused."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, SyntaxError) as error:
        raise InputError(
            f"{place} is not a plain NumPy array; save the list as text, str(list), not pickled"
        ) from error
    if not isinstance(array, np.ndarray) or array.shape != () or array.dtype.kind != "U":
        raise InputError(f"{place} is not a text; expected an array without dimensions that holds str(list)")
    try:
        return ast.literal_eval(str(array))
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise InputError(f"{place} does not hold a list of lists: {str(array)[:60]!r}") from error


def _checked(value: Any, place: str) -> Groups:
    """The groups, labels spelled as tables spell them; a label said twice in one group counts once there."""
    if not isinstance(value, list) or not all(
        isinstance(group, list) and all(isinstance(label, str) for label in group) for group in value
    ):
        raise InputError(f"{place} does not hold a list of lists of words: {str(value)[:60]!r}")
    groups = tuple(tuple(dict.fromkeys(" ".join(label.lower().split()) for label in group)) for group in value if group)
    labels = [label for group in groups for label in group]
    repeated = next((label for label in labels if labels.count(label) > 1), None)
    if repeated is not None:
        raise InputError(f"{place} has {repeated!r} in two groups; keep it in one")
    return groups
