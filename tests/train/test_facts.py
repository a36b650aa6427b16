"""The facts of all clips: in order, with faults named, and the same however many processes find them."""

from copy import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from sound_files import RATE, write_tracks

from microemo import weights
from microemo.config import TINY
from microemo.data.manifest import Sample
from microemo.errors import MicroEmoError
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.model.microemo import MicroEmo
from microemo.train.cache import FeatureCache
from microemo.train.encoded import ClipEncoder
from microemo.train.facts import facts_of


@pytest.fixture(scope="module")
def model() -> MicroEmo:
    torch.manual_seed(0)
    return MicroEmo(TINY)


@pytest.mark.weights
def test_workers_find_what_one_process_finds(tmp_path: Path, model: MicroEmo) -> None:
    sound = np.asarray(waveform(probe(weights.path("speech_samples") / "beckett.wav")))
    parts = {"one": sound[: 3 * RATE], "two": sound[3 * RATE : 6 * RATE]}
    spoken = [write_tracks(tmp_path / f"{name}.flac", [part]) for name, part in parts.items()]
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    samples = [Sample(name=path.stem, path=path, labels=("sad",)) for path in (spoken[0], broken, spoken[1])]
    steps: list[tuple[str, float, float | None]] = []

    alone = ClipEncoder(model, FeatureCache(tmp_path / "alone", 1 << 30), asr=False)
    shared = ClipEncoder(model, FeatureCache(tmp_path / "shared", 1 << 30), asr=False)
    found, faults = facts_of(samples, alone)
    assert (found, faults) == facts_of(samples, shared, lambda *step: steps.append(step), workers=2)

    assert list(found) == [path.stem for path in spoken]
    assert [(fault.place, fault.kind) for fault in faults] == [("broken", "unreadable media")]
    assert [number for _, number, _ in steps] == [0, 1, 2, 3]
    for sample in (samples[0], samples[2]):
        for one, other in zip(alone(sample).features, shared(sample).features, strict=True):
            torch.testing.assert_close(one.audio, other.audio, atol=1e-2, rtol=1e-2)  # kept in bfloat16


def test_workers_that_end_are_no_riddle(tmp_path: Path, model: MicroEmo) -> None:
    encoder = ClipEncoder(model, FeatureCache(tmp_path / "cache", 1 << 30), asr=False)
    encoder.model = copy(model)
    encoder.model.config = None  # of which no worker can make a model
    with pytest.raises(MicroEmoError, match=r"try cache\.workers=1"):
        facts_of([Sample(name="one", path=tmp_path / "one.mp4", labels=("sad",))], encoder, workers=2)
