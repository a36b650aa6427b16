"""Facial actions as series: each action unit of the table, left, right and both, in every row of a track.

An action is told by blendshapes, by a measure of the face's shape without its pose, or by its appearance in the
picture; a series makes one activation of them, of which counts as much as the shape's witnesses bear out. Series and
measures are functions that are registered here. A measure is that of the person's right side: the left side's is the
same of the mirrored shape, so a mirrored face swaps its sides and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from microemo.clues import FacialAction, facial_actions
from microemo.perception.landmarks import BLENDSHAPES
from microemo.perception.visibility import seen_blendshapes, seen_shape
from microemo.schema import FaceTrack

SMILE = ("mouthSmileLeft", "mouthSmileRight")
LOOK_DOWN = ("eyeLookDownLeft", "eyeLookDownRight")
BROWS_DOWN = ("browDownLeft", "browDownRight")
UPPER_LIP_UP = ("mouthUpperUpLeft", "mouthUpperUpRight")
SIDES = ("left", "right")
ONE_SIDE_DOES = {"lip_corner_depth"}  # as a witness: the far corner of a turned or cut off mouth tells nothing
BLOCK = 10_000  # rows that are measured at once

Shape = Float[np.ndarray, "N 70 3"]
Series = Callable[[Float[np.ndarray, "N 52"], Float[np.ndarray, " N"]], Float[np.ndarray, " N"]]
Measure = Callable[[Shape], Float[np.ndarray, " N"]]
SERIES: dict[str, Series] = {}
MEASURES: dict[str, Measure] = {}

# fmt: off
MIRRORED = (*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
            45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
            54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65, 69, 68)
# fmt: on
"""Of the shape's points, those of the other side, in the same order."""


def registered(series: Series) -> Series:
    """Registers a series under its name, for the table of clues.

    It takes all blendshapes, (N, 52), NaN where they could not be seen, and what the action's own sources tell of one
    side or both, in [0, 1], and returns the action's activation in [0, 1] in each row, NaN where it cannot be told.
    """
    SERIES[series.__name__] = series
    return series


def measure(function: Measure) -> Measure:
    """Registers a measure of the right side of shapes, (N, 70, 3), NaN where points could not be seen."""
    MEASURES[function.__name__] = function
    return function


@registered
def mean(blendshapes: Float[np.ndarray, "N 52"], told: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """What its sources tell on average."""
    return told


@registered
def smile(blendshapes: Float[np.ndarray, "N 52"], told: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """How far the lip corners are pulled; on a lowered face only as far as the upper lip bears it out.

    Seen from above, closed lips look curved upwards, and MediaPipe takes a lowered weeping face for a smile. Where
    the eyes look down by more than 0.35 the smile is trusted less and less, and not at all where they are closed; it
    is trusted where they cannot be seen.
    """
    looking_down = np.nan_to_num(_mean(blendshapes, LOOK_DOWN))
    trust = np.fmax(2 - looking_down / 0.35, 2.5 * _mean(blendshapes, UPPER_LIP_UP) - 0.25)
    return told * np.clip(trust, 0, 1)


@registered
def with_smile(blendshapes: Float[np.ndarray, "N 52"], told: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """For sources that tell the action only in a smile: the geometric mean of both."""
    return np.sqrt(told * smile(blendshapes, _mean(blendshapes, SMILE)))


@registered
def without_smile(blendshapes: Float[np.ndarray, "N 52"], told: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """For sources that every smile raises as well: without the smile's share."""
    return told * (1 - smile(blendshapes, _mean(blendshapes, SMILE)))


@registered
def with_lowered_brows(
    blendshapes: Float[np.ndarray, "N 52"], told: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    """For wrinkles of the nose, which pull the brows down as well and are else a matter of the light."""
    return np.sqrt(told * _mean(blendshapes, BROWS_DOWN))


def _mean(blendshapes: Float[np.ndarray, "N 52"], names: Sequence[str]) -> Float[np.ndarray, " N"]:
    return blendshapes[:, [BLENDSHAPES.index(name) for name in names]].mean(axis=1)


def _x(shape: Shape, *points: int) -> Float[np.ndarray, " N"]:
    """How far points are to the person's left, on average."""
    return shape[:, points, 0].mean(axis=1)


def _y(shape: Shape, *points: int) -> Float[np.ndarray, " N"]:
    """How low points are, on average."""
    return shape[:, points, 1].mean(axis=1)


def _z(shape: Shape, *points: int) -> Float[np.ndarray, " N"]:
    """How far back points are, on average."""
    return shape[:, points, 2].mean(axis=1)


@measure
def inner_brow_height(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 36, 39) - _y(shape, 20, 21)


@measure
def outer_brow_height(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 36, 39) - _y(shape, 17, 18, 19)


@measure
def brow_lowness(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 18, 19, 20, 21) - _y(shape, 36, 39)


@measure
def lid_aperture(shape: Shape) -> Float[np.ndarray, " N"]:
    """Over the eye's width."""
    return (_y(shape, 40, 41) - _y(shape, 37, 38)) / np.maximum(_x(shape, 39) - _x(shape, 36), 1e-3)


@measure
def lid_closure(shape: Shape) -> Float[np.ndarray, " N"]:
    return -lid_aperture(shape)


@measure
def lower_lid_height(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 36, 39) - _y(shape, 40, 41)


@measure
def upper_lip_height(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 31, 32, 33) - _y(shape, 49, 50)


@measure
def lip_corner_height(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 33) - _y(shape, 48)


@measure
def lip_corner_fall(shape: Shape) -> Float[np.ndarray, " N"]:
    """The corner below the middle of the lips."""
    return _y(shape, 48, 60) - _y(shape, 51, 62, 66, 57)


@measure
def lip_corner_width(shape: Shape) -> Float[np.ndarray, " N"]:
    """The corner away from the middle of the nose's base and bridge."""
    return _x(shape, 27, 33) - _x(shape, 48)


@measure
def lip_corner_depth(shape: Shape) -> Float[np.ndarray, " N"]:
    return _z(shape, 48, 60) - _z(shape, 51, 57)


@measure
def lower_lip_lowness(shape: Shape) -> Float[np.ndarray, " N"]:
    """The lower lip below the corners, on the side."""
    return _y(shape, 58, 59) - _y(shape, 48)


@measure
def lip_gap(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 65, 66, 67) - _y(shape, 61, 62, 63)


@measure
def lip_thinness(shape: Shape) -> Float[np.ndarray, " N"]:
    """Of the red of both lips together."""
    return _y(shape, 50, 51, 67, 66) - _y(shape, 61, 62, 58, 57)


@measure
def chin_lowness(shape: Shape) -> Float[np.ndarray, " N"]:
    return _y(shape, 7, 8, 9) - _y(shape, 33)


def mirrored(shape: Shape) -> Shape:
    """The shape in a mirror: left is right, and the other way about."""
    return shape[:, list(MIRRORED)] * np.array([-1, 1, 1], np.float32)


class Sides(NamedTuple):
    """One action's activation in [0, 1] in each row: of both sides together, and of each; NaN where it is unknown."""

    both: Float[np.ndarray, " N"]
    left: Float[np.ndarray, " N"]
    right: Float[np.ndarray, " N"]


def activations(track: FaceTrack) -> dict[str, Sides]:
    """All actions of the table in one person's track, by the names of their rows; some rows at a time, of hours."""
    starts = range(0, max(len(track.times_sec), 1), BLOCK)
    blocks = [_activations(track.rows(slice(start, start + BLOCK))) for start in starts]
    return {
        action.kind: Sides(*map(np.concatenate, zip(*(block[action.kind] for block in blocks), strict=True)))
        for action in facial_actions()
    }


def _activations(track: FaceTrack) -> dict[str, Sides]:
    blendshapes, shape = seen_blendshapes(track), seen_shape(track)
    seen = _Seen(track, blendshapes, {"left": mirrored(shape), "right": shape})
    return {action.kind: seen.sides(action) for action in facial_actions()}


class _Seen(NamedTuple):
    """A track with what is hidden left out; ``shape`` for each side is that in which it is the right one."""

    track: FaceTrack
    blendshapes: Float[np.ndarray, "N 52"]
    shape: Mapping[str, Shape]

    def sides(self, action: FacialAction) -> Sides:
        sources = [*self._blendshapes(action), *self._measured(action)]
        series = SERIES[action.series]
        borne_out = self._borne_out(action)
        told = Sides(*(borne_out * series(self.blendshapes, _known_mean(each)) for each in zip(*sources, strict=True)))
        if action.side_measure is None or action.side_span is None:
            return told
        left, right = (MEASURES[action.side_measure](self.shape[side]) for side in SIDES)
        lean = np.nan_to_num((left - right) / action.side_span) * action.peak / 2
        return Sides(told.both, *(np.clip(told.both + one, 0, 1).astype(np.float32) for one in (lean, -lean)))

    def _borne_out(self, action: FacialAction) -> Float[np.ndarray, " N"]:
        """How far the shape lets the action be so, from 0 to 1: as far as the witness that bears it out least.

        Where the shape is not known, the action is taken as it is told.
        """
        shares = [self._share(name, *span) for name, span in action.witnesses.items()]
        return np.min([np.ones(len(self.blendshapes), np.float32), *shares], axis=0)

    def _share(self, measure: str, low: float, high: float) -> Float[np.ndarray, " N"]:
        of_sides = [MEASURES[measure](self.shape[side]) for side in SIDES]
        told = np.max(of_sides, axis=0) if measure in ONE_SIDE_DOES else np.mean(of_sides, axis=0)
        return np.nan_to_num(np.clip((told - low) / (high - low), 0, 1), nan=1).astype(np.float32)

    def _blendshapes(self, action: FacialAction) -> Iterator[Sides]:
        """Those of left and right together: how they differ is no matter of the face."""
        if action.blendshapes:
            both = _mean(self.blendshapes, action.blendshapes)
            yield Sides(both, both, both)

    def _measured(self, action: FacialAction) -> Iterator[Sides]:
        if action.span is None:
            return
        low, high = action.span
        values = (
            getattr(self.track, action.appearance).T
            if action.appearance
            else [MEASURES[str(action.measure)](self.shape[side]) for side in SIDES]
        )
        left, right = (np.clip((value - low) / (high - low), 0, 1) for value in values)
        yield Sides((left + right) / 2, left, right)


def _known_mean(sources: Sequence[Float[np.ndarray, " N"]]) -> Float[np.ndarray, " N"]:
    """The mean of what is known in each row; tracks without shapes are told by their blendshapes."""
    stacked = np.stack(sources)
    known = np.isfinite(stacked)
    total = np.where(known, stacked, 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan).astype(np.float32)
