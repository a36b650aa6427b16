"""Who speaks when (speaker diarisation): turns by voice, overlapping where several speak at once.

What is said at a time is embedded (``voices.py``), and agglomerative clustering joins what sounds alike. After
Bredin, pyannote.audio 2.1 speaker diarization pipeline, 2023.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from microemo.filter_banks import SAMPLE_RATE
from microemo.hooks import Hook, silent
from microemo.perception.asr import Word
from microemo.perception.voices import Voiced, VoiceFinder, blocks
from microemo.spans import Span, common

SAME_VOICE = 0.38  # mean cosine between two clusters of embeddings from which on they are one speaker
MIN_VOICE_SEC = 1.0  # what is shorter opens no cluster: its embedding is too uncertain
MIN_SPEAKER_SEC = 5.0  # a cluster with less speech in all is doubtful
DOUBTFUL = 0.3  # cosine to another cluster from which on it is the same voice in another mood
MAX_GAP_SEC = 0.3  # within a turn
NUM_AT_ONCE = 1500  # embeddings that are clustered at once; more are clustered by their clusters


class SpeakerTurn(NamedTuple):
    """One speaker's turn; speakers are counted from 0, in the order in which they are first heard."""

    speaker: int
    span: Span


@dataclass(frozen=True)
class Diarisation:
    """The turns in time order; those of different speakers overlap where they speak at once.

    ``names`` are those of the speakers where they are known, by number.
    """

    turns: tuple[SpeakerTurn, ...]
    names: tuple[str, ...] = ()

    @property
    def num_speakers(self) -> int:
        return len({turn.speaker for turn in self.turns})

    def spans_of(self, speaker: int) -> tuple[Span, ...]:
        """All turns of one speaker."""
        return tuple(span for who, span in self.turns if who == speaker)

    @cached_property
    def overlaps(self) -> tuple[Span, ...]:
        """Spans in which two or more speak at once."""
        at_once: list[Span] = []
        end_sec = 0.0  # of all turns before
        for _, turn in self.turns:
            if turn.start_sec < end_sec:
                at_once.append(Span(turn.start_sec, min(turn.end_sec, end_sec)))
            end_sec = max(end_sec, turn.end_sec)
        return tuple(joined(at_once, 0.0))

    def within(self, span: Span) -> list[SpeakerTurn]:
        """What of the turns lies in a span."""
        first = bisect_left(self._starts_sec, span.start_sec - self._longest_sec)
        last = bisect_left(self._starts_sec, span.end_sec)
        return [SpeakerTurn(who, shared) for who, turn in self.turns[first:last] for shared in common([span], [turn])]

    @cached_property
    def _starts_sec(self) -> list[float]:
        return [turn.start_sec for _, turn in self.turns]

    @cached_property
    def _longest_sec(self) -> float:
        return max((turn.end_sec - turn.start_sec for _, turn in self.turns), default=0.0)

    def speaker_of(self, span: Span) -> int | None:
        """Who speaks most of a span; None where nobody does."""
        seconds: dict[int, float] = {}
        for speaker, shared in self.within(span):
            seconds[speaker] = seconds.get(speaker, 0.0) + shared.end_sec - shared.start_sec
        return max(seconds, key=lambda speaker: seconds[speaker], default=None)

    def split(self, span: Span) -> list[Span]:
        """A span, cut where the speaker changes: in the middle between the turns of two."""
        cuts = [
            (before.end_sec + after.start_sec) / 2
            for (one, before), (other, after) in pairwise(self.within(span))
            if one != other
        ]
        edges = [span.start_sec, *(cut for cut in sorted(cuts) if span.start_sec < cut < span.end_sec), span.end_sec]
        return [Span(*ends) for ends in pairwise(edges)]

    def split_words(self, words: Sequence[Word]) -> list[list[Word]]:
        """The words of one utterance, cut where the speaker changes; a word of nobody's stays with those before."""
        speaker: int | None = None
        numbered = []
        for word in words:
            speaker = speaker if (own := self.speaker_of(Span(word.start_sec, word.end_sec))) is None else own
            numbered.append((speaker, word))
        first = next((speaker for speaker, _ in numbered if speaker is not None), None)
        runs = groupby(numbered, key=lambda pair: first if pair[0] is None else pair[0])
        return [[word for _, word in run] for _, run in runs]


def diarise(
    waveform: Float32[np.ndarray, " N"],
    voiced: Sequence[Span],
    segmentation_dir: Path,
    campplus_dir: Path,
    hook: Hook = silent,
) -> Diarisation:
    """Turns of speakers in the voiced spans of a 16 kHz mono waveform; every voiced moment is somebody's.

    The folders are those of the parts ``pyannote_segmentation`` and ``campplus``. Deterministic; of the sound, 10 s are
    in memory at a time. Hook: step "speakers", in seconds.
    """
    finder, duration_sec = VoiceFinder(segmentation_dir, campplus_dir), len(waveform) / SAMPLE_RATE
    hook("speakers", 0, duration_sec)
    found: list[Voiced] = []
    for block in blocks(voiced):
        found += finder.find(waveform, block)
        hook("speakers", block[-1].end_sec, duration_sec)
    hook("speakers", duration_sec, duration_sec)
    if not found:
        return Diarisation(())
    speakers = cluster(np.array([one.embedding for one in found]), np.array([one.seconds for one in found]))
    return from_spans([(speaker, span) for speaker, one in zip(speakers, found, strict=True) for span in one.spans])


def from_spans(spoken: Sequence[tuple[int, Span]]) -> Diarisation:
    """Turns out of who speaks in which spans, short pauses bridged and speakers numbered as they come."""
    turns = [
        (span, speaker)
        for speaker in sorted({speaker for speaker, _ in spoken})
        for span in joined([span for who, span in spoken if who == speaker], MAX_GAP_SEC)
    ]
    order: dict[int, int] = {}
    for _, speaker in sorted(turns):
        order.setdefault(speaker, len(order))
    return Diarisation(tuple(SpeakerTurn(order[speaker], span) for span, speaker in sorted(turns)))


def joined(spans: Sequence[Span], max_gap_sec: float) -> Iterator[Span]:
    """The union of spans, over gaps of up to ``max_gap_sec``."""
    current: Span | None = None
    for span in sorted(spans):
        if current and span.start_sec - current.end_sec <= max_gap_sec:
            current = Span(current.start_sec, max(current.end_sec, span.end_sec))
        else:
            if current:
                yield current
            current = span
    if current:
        yield current


def cluster(
    embeddings: Float[np.ndarray, "V D"], seconds: Float[np.ndarray, " V"], same_voice: float = SAME_VOICE
) -> list[int]:
    """The speaker of each embedding (unit length): average linkage of cosines, weighted by time.

    Short ones join the nearest cluster. Many are clustered block by block, and then the blocks' clusters.
    """
    is_long = seconds >= min(MIN_VOICE_SEC, seconds.max())
    long, weights = embeddings[is_long], seconds[is_long]
    labels = np.zeros(len(long), int)
    for start in range(0, len(long), NUM_AT_ONCE):
        block = slice(start, start + NUM_AT_ONCE)
        labels[block] = _linked(long[block], weights[block], same_voice) + (labels[:start].max(initial=-1) + 1)
    sums = _sums(long, weights, labels)
    if len(long) > NUM_AT_ONCE:
        totals = _sums(np.ones((len(long), 1)), weights, labels)[:, 0]
        labels = _linked(sums / totals[:, None], totals, same_voice)[labels]
        sums = _sums(long, weights, labels)
    centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    speakers = (embeddings @ centres.T).argmax(axis=1)
    speakers[is_long] = labels
    return [int(speaker) for speaker in _absorbed(embeddings, seconds, speakers)]


def _absorbed(
    embeddings: Float[np.ndarray, "V D"], seconds: Float[np.ndarray, " V"], speakers: Int[np.ndarray, " V"]
) -> Int[np.ndarray, " V"]:
    """Clusters of little speech go to the one that sounds most like them, the smallest first, unless none does."""
    while True:
        speakers = np.unique(speakers, return_inverse=True)[1]
        sums, totals = _sums(embeddings, seconds, speakers), np.bincount(speakers, seconds)
        centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        likeness = centres @ centres.T
        np.fill_diagonal(likeness, -np.inf)
        is_doubtful = (totals < MIN_SPEAKER_SEC) & (likeness.max(axis=1) >= DOUBTFUL)
        if not is_doubtful.any():
            return speakers
        smallest = int(np.where(is_doubtful, totals, np.inf).argmin())
        speakers[speakers == smallest] = likeness[smallest].argmax()


def _linked(
    means: Float[np.ndarray, "V D"], weights: Float[np.ndarray, " V"], same_voice: float
) -> Int[np.ndarray, " V"]:
    """Labels 0, 1, … by average linkage: the most alike are joined while their mean cosine reaches ``same_voice``."""
    likeness, weights = means @ means.T, weights.copy()
    np.fill_diagonal(likeness, -np.inf)
    labels = np.arange(len(means))
    while True:
        one, other = (int(index) for index in np.unravel_index(likeness.argmax(), likeness.shape))
        if likeness[one, other] < same_voice:
            return np.unique(labels, return_inverse=True)[1]
        share = weights[one] / (weights[one] + weights[other])
        row = share * likeness[one] + (1 - share) * likeness[other]
        row[[one, other]] = -np.inf
        likeness[one] = likeness[:, one] = row
        likeness[other] = likeness[:, other] = -np.inf
        weights[one] += weights[other]
        labels[labels == other] = one


def _sums(
    values: Float[np.ndarray, "V D"], weights: Float[np.ndarray, " V"], labels: Int[np.ndarray, " V"]
) -> Float[np.ndarray, "K D"]:
    """The weighted sum of each label's values."""
    sums = np.zeros((labels.max() + 1, values.shape[1]))
    np.add.at(sums, labels, values * weights[:, None])
    return sums
