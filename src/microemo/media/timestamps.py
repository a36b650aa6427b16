"""Which of a stream's timestamps can be believed, and what its clock is worth after a jump.

A decoder's timestamps (DTS) never run backward in a sound file, and no time passes in which no stream has anything.
What breaks the first rule is damage or a clock that was set anew; so is what breaks the second for longer than
pictures are held and silences last. Rare pictures and long pauses break neither and keep their times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

STEP_SEC = 0.5  # smaller steps back are rounding, smaller steps forward a frame or two that were dropped
FEW = 8  # so few packets on a clock of their own are damaged; more are a clock that was set anew
MAX_LAST_GAP_SEC = 10.0  # before a stream's few last packets (after its few first ones), where nothing else is there
MAX_GAP_SEC = 600.0  # in the midst of a stream
REORDER = 16  # frames by which a picture can be shown later than it is decoded (H.264, H.265)


@dataclass(frozen=True)
class Packets:
    """Of one stream's packets, in the file's order: seconds on the container's clock, NaN where not stored.

    ``ends_sec`` are those of the presentation.
    """

    dts_sec: Float[np.ndarray, " N"]
    pts_sec: Float[np.ndarray, " N"]
    ends_sec: Float[np.ndarray, " N"]

    @property
    def clock_sec(self) -> Float[np.ndarray, " N"]:
        """When packets are decoded; where none says so, when they are presented."""
        return self.dts_sec if np.isfinite(self.dts_sec).any() else self.pts_sec

    @property
    def shown_sec(self) -> Float[np.ndarray, " N"]:
        """When packets are presented; of those that do not say, when they are decoded."""
        return np.where(np.isnan(self.pts_sec), self.dts_sec, self.pts_sec)


@dataclass(frozen=True)
class Correction:
    """What is to be done to a stream's timestamps.

    damaged  numbers of the packets whose timestamps are to be left out
    shifts   from which packet on, in increasing order, how many seconds are to be added
    """

    damaged: frozenset[int] = frozenset()
    shifts: tuple[tuple[int, float], ...] = ()


NOTHING_WRONG = Correction()


@dataclass(frozen=True)
class StreamTimes:
    """A stream's extent on the corrected clock; ``lead_sec`` is how long its first packets without a time last."""

    start_sec: float
    end_sec: float
    lead_sec: float = 0.0
    correction: Correction = NOTHING_WRONG

    def moved(self, by_sec: float) -> "StreamTimes":
        shifts = [(number, shift + by_sec) for number, shift in self.correction.shifts]
        if not shifts or shifts[0][0]:
            shifts.insert(0, (0, by_sec))
        correction = replace(self.correction, shifts=tuple(shifts))
        return replace(self, start_sec=self.start_sec + by_sec, end_sec=self.end_sec + by_sec, correction=correction)


def correct(streams: Mapping[str, Packets]) -> dict[str, StreamTimes]:
    """The extent of each stream that has a timestamp, and the corrections that lead to it."""
    stamped = {kind: packets for kind, packets in streams.items() if np.isfinite(packets.clock_sec).any()}
    clocks = {kind: np.sort(packets.clock_sec) for kind, packets in stamped.items()}
    times = {
        kind: _correct(packets, [clock for other, clock in clocks.items() if other != kind])
        for kind, packets in stamped.items()
    }
    first, *others = sorted(times, key=lambda kind: times[kind].start_sec) or [""]
    for kind in others:  # a stream that begins long after the other's end has another clock
        if times[kind].start_sec - times[first].end_sec > MAX_GAP_SEC:
            times[kind] = times[kind].moved(times[first].start_sec - times[kind].start_sec)
    return times


def _correct(packets: Packets, others: Sequence[Float[np.ndarray, " M"]]) -> StreamTimes:
    clock = packets.clock_sec
    numbers = np.flatnonzero(np.isfinite(clock))
    steps = np.diff(clock[numbers])
    spacing_sec = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    damaged = np.zeros(len(clock), bool)
    offsets = np.zeros(len(clock))
    if (steps < -STEP_SEC).any() or (steps > MAX_LAST_GAP_SEC).any():
        runs = np.split(numbers, np.flatnonzero((steps < -STEP_SEC) | (steps > STEP_SEC)) + 1)
        kept, in_order = _kept(runs, clock)
        kept = _without_strays(kept, packets, clock, others, spacing_sec)
        damaged[numbers] = True
        damaged[np.concatenate(kept)] = False
        offsets = _offsets(kept, in_order, clock, others, spacing_sec)
    times = np.where(damaged, np.nan, clock + offsets)
    shown = packets.shown_sec + offsets
    damaged |= _shown_too_far(shown, times)
    believed = np.isfinite(shown) & ~damaged
    correction = Correction(frozenset(np.flatnonzero(damaged).tolist()), _shifts(offsets))
    longest_sec = _longest_sec(len(clock), spacing_sec, correction)
    return StreamTimes(
        start_sec=float(shown[believed].min()),
        end_sec=float(np.minimum(packets.ends_sec + offsets, shown + longest_sec)[believed].max()),
        lead_sec=int(believed.argmax()) * spacing_sec,
        correction=correction,
    )


def _longest_sec(num_packets: int, spacing_sec: float, correction: Correction) -> float:
    """How long a packet may say that it lasts; where timestamps are wrong, so are the durations made of them."""
    if correction != NOTHING_WRONG:
        return spacing_sec
    return max(MAX_LAST_GAP_SEC if num_packets > FEW else MAX_GAP_SEC, REORDER * spacing_sec)


def _kept(runs: list[np.ndarray], clock: Float[np.ndarray, " N"]) -> tuple[list[np.ndarray], set[int]]:
    """All but the few packets that are out of order; and which runs, by their first packet, are in order.

    In order are those of the heaviest increasing chain of runs.
    """
    starts, ends = clock[[run[0] for run in runs]], clock[[run[-1] for run in runs]]
    weights, before = np.array([float(len(run)) for run in runs]), np.full(len(runs), -1)
    for number in range(1, len(runs)):
        earlier = np.where(ends[:number] <= starts[number] + STEP_SEC, weights[:number], 0.0)
        if earlier.max() > 0:
            before[number] = int(earlier.argmax())
            weights[number] += earlier.max()
    heaviest = np.flatnonzero(weights == weights.max())
    chain, number = set[int](), int(heaviest[ends[heaviest].argmin()])  # of two last packets, the nearer
    while number >= 0:
        chain.add(int(runs[number][0]))
        number = int(before[number])
    return [run for run in runs if len(run) >= FEW or int(run[0]) in chain], chain


def _without_strays(
    runs: list[np.ndarray],
    packets: Packets,
    clock: Float[np.ndarray, " N"],
    others: Sequence[Float[np.ndarray, " M"]],
    spacing_sec: float,
) -> list[np.ndarray]:
    """Without a few packets at either end that lie far from the rest, over a time that nothing fills."""
    limit_sec = max(MAX_LAST_GAP_SEC, REORDER * spacing_sec)
    for end in (0, -1):
        if len(runs) > 1 and len(runs[end]) < FEW <= sum(map(len, runs)) - len(runs[end]):
            last, first = (runs[0][-1], runs[1][0]) if end == 0 else (runs[-2][-1], runs[-1][0])
            gap = float(clock[last]), float(clock[first])
            held_sec = packets.ends_sec[last] - packets.shown_sec[last]
            bridged = held_sec <= MAX_GAP_SEC and gap[1] - gap[0] - held_sec <= limit_sec
            if not bridged and _hole_sec(gap, others) > limit_sec:
                runs = runs[1:] if end == 0 else runs[:-1]
    return runs


def _offsets(
    runs: list[np.ndarray],
    in_order: set[int],
    clock: Float[np.ndarray, " N"],
    others: Sequence[Float[np.ndarray, " M"]],
    spacing_sec: float,
) -> Float[np.ndarray, " N"]:
    """Seconds to be added to each packet so that the clock runs on where it was set anew."""
    limit_sec = max(MAX_GAP_SEC, REORDER * spacing_sec)
    offsets, offset, last_sec = np.zeros(len(clock)), 0.0, None
    for run in runs:
        start_sec = float(clock[run[0]])
        own = offset
        if last_sec is not None:
            step_sec = start_sec + offset - last_sec
            hole_sec = _hole_sec((last_sec - offset, start_sec), others)
            if step_sec < -STEP_SEC or hole_sec > limit_sec or int(run[0]) not in in_order:
                own = offset - step_sec + spacing_sec
                offset = own if int(run[0]) in in_order else offset
        offsets[run[0] :] = own
        last_sec = float(clock[run[-1]]) + own
    return offsets


def _hole_sec(gap: tuple[float, float], others: Sequence[Float[np.ndarray, " M"]]) -> float:
    """The longest time inside a gap in which no other stream has a packet either."""
    inside = [other[(other > gap[0]) & (other < gap[1])] for other in others]
    return float(np.diff(np.sort(np.concatenate([np.array(gap), *inside]))).max())


def _shown_too_far(shown: Float[np.ndarray, " N"], decoded: Float[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Which are presented so long before, or after, they are decoded that no reordering of pictures explains it."""
    numbers = np.flatnonzero(np.isfinite(decoded))
    times = np.maximum.accumulate(decoded[numbers])
    places, reach = np.arange(len(times)), REORDER + 1
    earliest, latest = times[(places - reach).clip(min=0)], times[(places + reach).clip(max=len(times) - 1)]
    last_step_sec = float(np.diff(times[-reach:]).max(initial=0.0))
    last_slack_sec = max(MAX_LAST_GAP_SEC, REORDER * last_step_sec)  # of packets that too few follow to compare with
    slack_sec = np.where(places + reach < len(times), 2 * STEP_SEC, last_slack_sec)
    far = np.zeros(len(shown), bool)
    far[numbers] = (shown[numbers] > latest + slack_sec) | (shown[numbers] < earliest - slack_sec)
    return far & (2 * far.sum() < len(numbers))  # most of a stream is no exception


def _shifts(offsets: Float[np.ndarray, " N"]) -> tuple[tuple[int, float], ...]:
    changes = np.flatnonzero(np.diff(offsets, prepend=0.0))
    return tuple((int(number), float(offsets[number])) for number in changes)
