"""Vocal events: laughter, crying, sighs, screams and gasps, in and between utterances, with their times."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float

from microemo.clues import EventKind, event_kinds
from microemo.perception.nets import yamnet
from microemo.perception.nets.yamnet import FRAME, HOP, PATCH_FRAMES, SAMPLE_RATE
from microemo.schema import Clue
from microemo.spans import runs

STEP_FRAMES = PATCH_FRAMES // 2  # between patches, YAMNet's own
STEP_SEC = STEP_FRAMES * HOP / SAMPLE_RATE
PATCH_SEC = PATCH_FRAMES * HOP / SAMPLE_RATE
BLOCK = 64  # patches at once, half a minute


def vocal_events(waveform: Float[np.ndarray, " n"], folder: Path) -> list[Clue]:
    """The events of 16 kHz mono as clues, unnumbered and nobody's yet; ``folder`` has YAMNet's weights."""
    return events_in(probabilities(waveform, folder), len(waveform) / SAMPLE_RATE)


@torch.inference_mode()
def probabilities(waveform: Float[np.ndarray, " n"], folder: Path) -> Float[np.ndarray, "N 521"]:
    """Of each kind of sound in patches of 0.96 s, 0.48 s apart; only whole ones, for a breaking off is no sigh."""
    network = yamnet.load(folder)
    step = STEP_FRAMES * HOP
    length = (PATCH_FRAMES - 1) * HOP + FRAME
    count = max(1, (len(waveform) - length) // step + 1) if len(waveform) else 0
    blocks = [np.zeros((0, yamnet.NUM_CLASSES), np.float32)]
    for start in range(0, count, BLOCK):
        num = min(BLOCK, count - start)
        samples = np.zeros((num - 1) * step + length, np.float32)
        heard = waveform[start * step : start * step + len(samples)]
        samples[: len(heard)] = heard
        patches = yamnet.log_mels(torch.from_numpy(samples)).unfold(0, PATCH_FRAMES, STEP_FRAMES).transpose(1, 2)
        blocks.append(network(patches).sigmoid().numpy())
    return np.concatenate(blocks)


def events_in(sounds: Float[np.ndarray, "N 521"], duration_sec: float) -> list[Clue]:
    """The events by the patches' probabilities: likely enough, and likelier than any other event at that moment."""
    kinds = event_kinds()
    levels = np.stack([sounds[:, list(kind.sounds)].max(axis=1) for kind in kinds], axis=1)
    likeliest = levels == levels.max(axis=1, keepdims=True)
    return [
        clue
        for place, kind in enumerate(kinds)
        for clue in _clues(kind, levels[:, place], likeliest[:, place], duration_sec)
    ]


def _clues(
    kind: EventKind, level: Float[np.ndarray, " N"], likeliest: Bool[np.ndarray, " N"], duration_sec: float
) -> Iterator[Clue]:
    """One for each run of patches; of two patches that hear it, the halves that both hear are surest to have it."""
    for first, end in runs((level >= kind.threshold) & likeliest):
        apex = first + int(level[first:end].argmax())
        inset_sec = PATCH_SEC / 4
        start_sec, end_sec = first * STEP_SEC + inset_sec, (end - 1) * STEP_SEC + PATCH_SEC - inset_sec
        end_sec = min(end_sec, duration_sec)
        start_sec = min(start_sec, max(end_sec - STEP_SEC, 0.0))
        yield Clue(
            id=1,
            modality="voice",
            region=kind.region,
            kind=kind.kind,
            start_sec=round(start_sec, 3),
            apex_sec=round(min(max(apex * STEP_SEC + PATCH_SEC / 2, start_sec), end_sec), 3),
            end_sec=round(end_sec, 3),
            value=round(float(level[apex]), 3),
            baseline=0.0,
            strength=round(float(level[apex]), 3),
        )
