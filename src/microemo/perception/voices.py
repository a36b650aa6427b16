"""The voices in a block of sound: where each speaks (pyannote's segmentation) and what it sounds like (CAM++)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from microemo.filter_banks import FRAME as MEL_FRAME
from microemo.filter_banks import HOP, SAMPLE_RATE
from microemo.perception.nets import campplus, segmentation
from microemo.perception.nets.segmentation import FRAME_OFFSET, FRAME_STEP, WINDOW
from microemo.spans import Span, inside, runs

FRAME_SEC = FRAME_STEP / SAMPLE_RATE
EDGE = FRAME_OFFSET - FRAME_STEP // 2  # where the first frame begins, in samples
MAX_GAP_SEC = 0.25  # within what one voice says at a time
MAX_STRETCH_SEC = 2.4  # a longer one is cut at its quietest moment: the segmentation may have missed a change
MIN_STRETCH_SEC = 0.8
MIN_ALONE_SEC = 0.3  # of less, what is said at the same time as others is embedded too
MIN_MELS = 12  # fewer frames (of 10 ms) cannot be embedded


@dataclass(frozen=True)
class Voiced:
    """What one voice says at a time, and what it sounds like (an embedding of unit length)."""

    spans: tuple[Span, ...]
    embedding: Float[np.ndarray, " 192"]
    seconds: float


class VoiceFinder:
    """Finds the voices of blocks of sound; the two nets of the folders given, on the CPU."""

    def __init__(self, segmentation_dir: Path, campplus_dir: Path) -> None:
        self._segmenter = segmentation.load(segmentation_dir)
        self._embedder = campplus.load(campplus_dir)

    @torch.inference_mode()
    def find(self, waveform: Float32[np.ndarray, " N"], block: Sequence[Span]) -> Iterator[Voiced]:
        """All that is said in the voiced spans of one block (``blocks``) of a 16 kHz mono waveform, voice by voice."""
        first = _window_start(block, len(waveform))
        samples = torch.zeros(WINDOW)
        heard = np.array(waveform[first : first + WINDOW], np.float32)
        samples[: len(heard)] = torch.from_numpy(heard)
        active = segmentation.speakers(self._segmenter(samples[None])[0]).numpy()
        times_sec = (first + FRAME_OFFSET + np.arange(len(active)) * FRAME_STEP) / SAMPLE_RATE
        active = fill(active, times_sec, block)
        mels = campplus.mels(samples)
        loudness = _loudness(mels, len(active))
        is_alone = active.sum(axis=1) == 1
        for voice in active.T:
            for stretch in stretches(voice, loudness):
                own = np.zeros(len(active), bool)
                own[stretch] = voice[stretch]
                heard_alone = own & is_alone
                embedded = heard_alone if heard_alone.sum() * FRAME_SEC >= MIN_ALONE_SEC else own
                embedding = self._embed(mels, embedded)
                if embedding is not None:
                    yield Voiced(tuple(_spans(own, first)), embedding, float(embedded.sum() * FRAME_SEC))

    def _embed(self, mels: Float[Tensor, "M K"], frames: Bool[np.ndarray, " F"]) -> Float[np.ndarray, " 192"] | None:
        chosen = mels[:, torch.from_numpy(frames)[_frames_of(mels.shape[1], len(frames))]]
        if chosen.shape[1] < MIN_MELS:
            return None
        embedding = self._embedder((chosen - chosen.mean(1, keepdim=True))[None])[0].numpy()
        return embedding / np.linalg.norm(embedding)


def blocks(voiced: Sequence[Span]) -> Iterator[list[Span]]:
    """The voiced spans in groups that the segmentation hears at once (10 s); longer ones are cut into equal ones."""
    longest_sec = (WINDOW - 2 * FRAME_OFFSET) / SAMPLE_RATE
    block: list[Span] = []
    for span in voiced:
        edges = np.linspace(*span, math.ceil((span.end_sec - span.start_sec) / longest_sec) + 1).tolist()
        for piece in map(Span, edges, edges[1:]):
            if block and piece.end_sec - block[0].start_sec > longest_sec:
                yield block
                block = []
            block.append(piece)
    if block:
        yield block


def fill(
    active: Bool[np.ndarray, "F V"], times_sec: Float[np.ndarray, " F"], block: Sequence[Span]
) -> Bool[np.ndarray, "F W"]:
    """Just what is voiced, and all of it: a frame with no voice has the nearest one's of its span, else a new voice."""
    voices = np.pad(active & inside(times_sec, block)[:, None], ((0, 0), (0, 1)))
    for span in block:
        frames = np.flatnonzero(inside(times_sec, [span]))
        known = frames[voices[frames].any(axis=1)]
        if len(known):
            voices[frames] = voices[known[np.abs(frames[:, None] - known).argmin(axis=1)]]
        else:
            voices[frames, -1] = True
    return voices


def stretches(voice: Bool[np.ndarray, " F"], loudness: Float[np.ndarray, " F"]) -> Iterator[slice]:
    """What a voice says at a time, cut at its quietest moment for as long as it is long."""
    for start, end in _runs(voice, round(MAX_GAP_SEC / FRAME_SEC)):
        yield from _cut(start, end, loudness)


def _cut(start: int, end: int, loudness: Float[np.ndarray, " F"]) -> Iterator[slice]:
    shortest = round(MIN_STRETCH_SEC / FRAME_SEC)
    if end - start <= MAX_STRETCH_SEC / FRAME_SEC:
        yield slice(start, end)
        return
    cut = start + shortest + int(loudness[start + shortest : end - shortest].argmin())
    yield from _cut(start, cut, loudness)
    yield from _cut(cut, end, loudness)


def _runs(active: Bool[np.ndarray, " F"], max_gap: int) -> list[tuple[int, int]]:
    """First and last + 1 of each run of frames, over gaps of up to ``max_gap`` frames."""
    joined: list[tuple[int, int]] = []
    for start, end in runs(active):
        if joined and start - joined[-1][1] <= max_gap:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _spans(own: Bool[np.ndarray, " F"], first: int) -> Iterator[Span]:
    for start, end in runs(own):
        start_sec, end_sec = ((first + EDGE + frame * FRAME_STEP) / SAMPLE_RATE for frame in (start, end))
        yield Span(start_sec, end_sec)


def _window_start(block: Sequence[Span], num_samples: int) -> int:
    """The window's first sample: the block in its middle, as far as the sound goes."""
    middle = round((block[0].start_sec + block[-1].end_sec) / 2 * SAMPLE_RATE)
    return max(0, min(middle - WINDOW // 2, num_samples - WINDOW))


def _loudness(mels: Float[Tensor, "M K"], num_frames: int) -> Float[np.ndarray, " F"]:
    """Log energy at each frame of the segmentation, over a tenth of a second."""
    energy = np.convolve(mels.logsumexp(0).numpy(), np.full(9, 1 / 9), mode="same")
    centres = np.arange(num_frames) * FRAME_STEP + FRAME_OFFSET
    return energy[((centres - MEL_FRAME // 2) // HOP).clip(0, len(energy) - 1)]


def _frames_of(num_mels: int, num_frames: int) -> Float[Tensor, " K"]:
    """The frame of the segmentation that each frame of the filter banks lies in."""
    return ((torch.arange(num_mels) * HOP + MEL_FRAME // 2 - EDGE) // FRAME_STEP).clamp(0, num_frames - 1)
