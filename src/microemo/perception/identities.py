"""Who is who: tracks of one person joined across gaps, seats and shots, by the looks of the face.

Of each track a few of the best views are kept while it goes on, and embedded when it ends; no pictures are kept. Tracks
are joined nearest first; two that are seen at the same time are two people's. Without the embedding network, a face
that comes back to its place within seconds is taken for the same, and no other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from microemo.media.video import Frame
from microemo.perception.face_embedding import CHIP_SIZE, FaceEmbedding, aligned_chip, load
from microemo.perception.landmarks import Face
from microemo.perception.regions import LEFT_EYE, NOSE, OVAL_EXTREMES, RIGHT_EYE, Points
from microemo.perception.tracks import MAX_GAP_SEC, REACH, distance, seen_sec
from microemo.schema import FaceTrack

NUM_VIEWS = 4  # of a track
VIEW_EVERY_SEC = 0.2
MIN_QUALITY = 0.1  # of the view; smaller or more turned faces look like anybody's
SHARP = 100.0  # variance of the Laplacian, at which a view counts half
SAME_PERSON = 0.5  # distance of two tracks' embeddings
CONTINUES = 0.08  # so much more if one begins soon after the other ends in the same shot: few people come just then
NOBODY_ELSE = 0.1  # so much more if two or more others are there, each of them seen beside both
MIN_COMPANY = 2
MIN_UNKNOWN_SEC = 1.0  # a face that was never seen well is a person of its own if it is there for so long
MAX_GROUPS = 256  # so many are compared with each other at once

LONG_GAP_SEC, LONG_GAP_REACH = 3.0, 0.25  # after a longer gap, only a face that comes back to its place is known


class View(NamedTuple):
    """One look at a face."""

    quality: float
    chip: UInt8[np.ndarray, "150 150 3"]


class Portraits:
    """The faces of tracks as embeddings, and the best views of those tracks that still go on.

    ``recognition`` is the folder of the network's weights; without, there are no embeddings.
    """

    def __init__(self, recognition: Path | None) -> None:
        self._network = load(recognition) if recognition else None
        self._views: dict[int, list[View]] = {}
        self._next_sec: dict[int, float] = {}
        self._embeddings: dict[int, Float[np.ndarray, " 128"]] = {}

    def see(self, frame: Frame, faces: dict[int, Face], live: Iterable[int]) -> None:
        """Look at tracks' faces in a frame, unless just before; embed the tracks that are no longer live."""
        if self._network is None:
            return
        for track, face in faces.items():
            if frame.time_sec >= self._next_sec.get(track, 0.0) and (view := _view(frame, face)) is not None:
                self._next_sec[track] = frame.time_sec + VIEW_EVERY_SEC
                views = [*self._views.get(track, ()), view]
                self._views[track] = sorted(views, key=lambda view: view.quality, reverse=True)[:NUM_VIEWS]
        for track in self._views.keys() - set(live):
            self._embed(self._network, track)

    def finish(self) -> dict[int, Float[np.ndarray, " 128"]]:
        """The embeddings by index of the track: a mean over its views, the better ones weighing more."""
        if self._network is not None:
            for track in list(self._views):
                self._embed(self._network, track)
        return self._embeddings

    def _embed(self, network: FaceEmbedding, track: int) -> None:
        views = self._views.pop(track)
        del self._next_sec[track]
        embeddings = network.embed(np.stack([view.chip for view in views]))
        weights = [view.quality for view in views]
        self._embeddings[track] = np.average(embeddings, axis=0, weights=weights).astype(np.float32)


def _view(frame: Frame, face: Face) -> View | None:
    height, width = frame.image.shape[:2]
    points = face.landmarks * np.array([width, height], np.float32)
    if (seen := quality(points)) < MIN_QUALITY:
        return None
    chip = aligned_chip(frame.image, points)
    detail = float(cv2.Laplacian(cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())
    return View(seen * (detail + 1) / (detail + SHARP), chip)


def quality(points: Points) -> float:
    """0 to 1: how large and how frontal a face is; ``points`` are its 478 landmarks in pixels."""
    right, left, nose = (points[list(group)].mean(0) for group in (RIGHT_EYE, LEFT_EYE, NOSE))
    apart = left - right
    turned = abs(float((2 * nose - left - right) @ apart)) / max(float(apart @ apart), 1e-6)
    top, bottom = points[OVAL_EXTREMES[0]], points[OVAL_EXTREMES[1]]
    return min(1.0, float(np.linalg.norm(bottom - top)) / CHIP_SIZE) * max(0.0, 1.0 - turned)


@dataclass(frozen=True)
class Group:
    """Tracks of one person: when each is seen (start and end, in seconds), and its embedding."""

    tracks: tuple[int, ...]
    times_sec: Float[np.ndarray, "n 2"]
    embeddings: Float[np.ndarray, "n 128"]

    def joined(self, other: "Group") -> "Group":
        return Group(
            self.tracks + other.tracks,
            np.concatenate([self.times_sec, other.times_sec]),
            np.concatenate([self.embeddings, other.embeddings]),
        )


def identities(
    tracks: Sequence[FaceTrack], embeddings: dict[int, Float[np.ndarray, " 128"]], cuts_sec: Sequence[float]
) -> list[list[int]]:
    """The tracks of each person, as indices in order of time; people in order of their first appearance.

    ``embeddings`` are by index of the track; tracks without are joined by place and time.
    """
    groups: list[Group] = []
    limit = MAX_GROUPS
    cuts = np.array(cuts_sec, float)
    for track in sorted(embeddings, key=lambda index: tracks[index].times_sec[0]):
        groups.append(Group((track,), tracks[track].times_sec[[0, -1]][None], embeddings[track][None]))
        if len(groups) > limit:
            groups = join(groups, cuts)
            limit = MAX_GROUPS + len(groups)
    return _join_by_place(tracks, [list(group.tracks) for group in join(groups, cuts)])


def join(groups: Sequence[Group], cuts_sec: Float[np.ndarray, " cuts"]) -> list[Group]:
    """Join the two nearest groups that may be one person, until no two are near enough.

    Groups are as near as their tracks are on average: centres come the nearer the more tracks there are.
    """
    left: list[Group | None] = list(groups)
    if not left:
        return []
    apart = _table(groups, lambda one, other: _mean_distance(one.embeddings, other.embeddings))
    barred = _table(groups, lambda one, other: _at_once(one.times_sec, other.times_sec)) > 0
    np.fill_diagonal(barred, True)
    near = CONTINUES * _table(groups, lambda one, other: _follow(one.times_sec, other.times_sec, cuts_sec)
                              or _follow(other.times_sec, one.times_sec, cuts_sec))  # fmt: skip
    while (apart - near)[~barred].min(initial=np.inf) < SAME_PERSON + NOBODY_ELSE:
        lengths = np.where(barred, np.inf, apart - near - NOBODY_ELSE * _company(barred, left.count(None)))
        one, other = divmod(int(lengths.argmin()), len(left))
        if lengths[one, other] >= SAME_PERSON:
            break
        first, second = left[one], left[other]
        assert first is not None and second is not None
        left[one], left[other] = first.joined(second), None
        share = len(first.tracks) / (len(first.tracks) + len(second.tracks))
        apart[one] = share * apart[one] + (1 - share) * apart[other]
        near[one] = np.maximum(near[one], near[other])
        barred[one] |= barred[other]
        for matrix in (apart, near, barred):
            matrix[:, one] = matrix[one]
        barred[other], barred[:, other] = True, True
    return [group for group in left if group is not None]


def _company(barred: Bool[np.ndarray, "n n"], num_gone: int) -> Bool[np.ndarray, "n n"]:
    """Which two groups are seen beside everybody else, though not beside each other; those gone bar everybody."""
    beside_both = barred.astype(np.float32) @ barred.astype(np.float32)
    others = len(barred) - 2
    return (beside_both >= others) & (others - num_gone >= MIN_COMPANY)


def _table(groups: Sequence[Group], measure: Callable[[Group, Group], float]) -> Float[np.ndarray, "n n"]:
    """A measure of each two groups, the same whichever is first; 0 on the diagonal."""
    table = np.zeros((len(groups), len(groups)))
    for one, other in combinations(range(len(groups)), 2):
        table[one, other] = table[other, one] = measure(groups[one], groups[other])
    return table


def _mean_distance(one: Float[np.ndarray, "n 128"], other: Float[np.ndarray, "m 128"]) -> float:
    # All differences at once are gigabytes, where hours have thousands of tracks of one person.
    few, many = sorted((one, other), key=len)
    return float(np.mean([np.linalg.norm(many - point, axis=1).mean() for point in few]))


def _follow(
    one: Float[np.ndarray, "n 2"], other: Float[np.ndarray, "m 2"], cuts_sec: Float[np.ndarray, " cuts"]
) -> bool:
    """Whether a span of the other begins soon after one of the first ends, in the same shot."""
    ends_sec = one[:, 1]
    starts_sec = np.append(np.sort(other[:, 0]), np.inf)
    next_sec = starts_sec[np.searchsorted(starts_sec, ends_sec, "right")]
    same_shot = np.searchsorted(cuts_sec, ends_sec, "right") == np.searchsorted(cuts_sec, next_sec, "right")
    return bool((same_shot & (next_sec - ends_sec <= LONG_GAP_SEC)).any())


def _at_once(one: Float[np.ndarray, "n 2"], other: Float[np.ndarray, "m 2"]) -> bool:
    """Whether any of the spans overlap: when one ends, more of the other have begun than had ended before it began."""
    begun = np.searchsorted(np.sort(other[:, 0]), one[:, 1], "right")
    ended = np.searchsorted(np.sort(other[:, 1]), one[:, 0], "left")
    return bool((begun > ended).any())


def _join_by_place(tracks: Sequence[FaceTrack], people: list[list[int]]) -> list[list[int]]:
    """Give the tracks that are nobody's to who was last seen at their place, else to a new person.

    Where others were known by their faces, short ones may stay nobody's.
    """
    is_known = bool(people)
    owner = {track: person for person, own in enumerate(people) for track in own}
    ends_sec = np.array([track.times_sec[-1] for track in tracks])
    for track in sorted(set(range(len(tracks))) - set(owner), key=lambda index: tracks[index].times_sec[0]):
        start_sec = tracks[track].times_sec[0]
        lately = np.flatnonzero((ends_sec < start_sec) & (ends_sec >= start_sec - LONG_GAP_SEC)).tolist()
        nearest = min(((_gap(tracks[other], tracks[track]), owner[other]) for other in lately if other in owner
                       and not any(_overlap(tracks[own], tracks[track]) for own in people[owner[other]])),
                      default=(np.inf, len(people)))  # fmt: skip
        if nearest[0] == np.inf and seen_sec(tracks[track]) < MIN_UNKNOWN_SEC and is_known:
            continue
        owner[track] = nearest[1] if nearest[0] < np.inf else len(people)
        if owner[track] == len(people):
            people.append([])
        people[owner[track]].append(track)
    ordered = [sorted(own, key=lambda index: tracks[index].times_sec[0]) for own in people]
    return sorted(ordered, key=lambda own: tracks[own[0]].times_sec[0])


def _overlap(one: FaceTrack, other: FaceTrack) -> bool:
    return _at_once(one.times_sec[[0, -1]][None], other.times_sec[[0, -1]][None])


def _gap(before: FaceTrack, after: FaceTrack) -> float:
    """How far a track begins from where an earlier one ended; infinite if too far."""
    gap_sec = float(after.times_sec[0] - before.times_sec[-1])
    apart = distance(before.boxes[-1], after.boxes[0])
    reach = REACH if gap_sec <= MAX_GAP_SEC else LONG_GAP_REACH
    return apart if apart < reach else np.inf


def merged(tracks: Sequence[FaceTrack]) -> FaceTrack:
    """Tracks of one person, in order of time, as one."""
    if len(tracks) == 1:
        return tracks[0]
    return FaceTrack.made_of(tracks, np.concatenate)
