"""Vocal events by the probabilities of sounds; what YAMNet hears is measured in ``benchmarks/vocal_events.py``."""

import numpy as np
import pytest
import torch

from microemo import weights
from microemo.clues import event_kinds
from microemo.perception import vocal_events
from microemo.perception.nets import yamnet
from microemo.perception.vocal_events import STEP_SEC, events_in

KINDS = {kind.kind: kind for kind in event_kinds()}
SPEECH = 0


def sounds(num_patches=20, **heard):
    """Probabilities in which a kind is heard in some patches: ``laughter=(slice(3, 5), 0.8)``."""
    found = np.zeros((num_patches, yamnet.NUM_CLASSES))
    found[:, SPEECH] = 0.9
    for kind, (patches, probability) in heard.items():
        found[patches, KINDS[kind].sounds[0]] = probability
    return found


def test_an_event_has_its_times():
    (clue,) = events_in(sounds(laughter=(slice(5, 9), 0.8)), 10.0)
    assert (clue.kind, clue.modality, clue.region, clue.value, clue.strength) == (
        "laughter",
        "voice",
        "voice",
        0.8,
        0.8,
    )
    assert (clue.start_sec, clue.end_sec) == pytest.approx((5.5 * STEP_SEC, 9.5 * STEP_SEC))
    assert clue.start_sec <= clue.apex_sec <= clue.end_sec


def test_events_apart_are_two_and_speech_is_none():
    found = sounds(scream=(slice(2, 3), 0.9))
    found[10, KINDS["scream"].sounds[0]] = 0.9
    assert [clue.kind for clue in events_in(found, 10.0)] == ["scream", "scream"]
    assert events_in(sounds(), 10.0) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_likely_enough_is_not_told(kind):
    threshold = KINDS[kind].threshold
    assert len(events_in(sounds(**{kind: (slice(3, 4), threshold)}), 10.0)) == 1
    assert events_in(sounds(**{kind: (slice(3, 4), threshold - 0.01)}), 10.0) == []


def test_of_two_at_a_time_the_likelier_is_told():
    found = sounds(crying=(slice(3, 4), 0.7), laughter=(slice(3, 4), 0.6))
    assert [clue.kind for clue in events_in(found, 10.0)] == ["crying"]


def test_an_event_ends_with_the_sound():
    (clue,) = events_in(sounds(num_patches=1, sigh=(slice(0, 1), 0.9)), 0.5)
    assert 0 <= clue.start_sec < clue.end_sec == 0.5


def test_patches_are_heard_alike_wherever_blocks_begin(monkeypatch, tmp_path):
    torch.manual_seed(0)
    network = yamnet.YamNet().eval()
    monkeypatch.setattr(yamnet, "load", lambda folder: network)
    sound = np.random.default_rng(0).normal(0, 0.1, 80_000).astype(np.float32)
    whole = vocal_events.probabilities(sound, tmp_path)
    assert whole.shape == (len(whole), yamnet.NUM_CLASSES)
    assert (len(whole) + 2) * STEP_SEC > 5 > (len(whole) + 1) * STEP_SEC
    monkeypatch.setattr(vocal_events, "BLOCK", 3)
    assert vocal_events.probabilities(sound, tmp_path) == pytest.approx(whole, abs=1e-5)
    assert len(vocal_events.probabilities(sound[:0], tmp_path)) == 0
    assert len(vocal_events.probabilities(sound[:100], tmp_path)) == 1


@pytest.mark.weights
def test_speech_is_heard_as_speech():
    from microemo.media.audio import waveform
    from microemo.media.probe import probe

    part = weights.path("yamnet")
    sound = waveform(probe(weights.path("speech_samples") / "beckett.wav"))
    assert vocal_events.probabilities(sound, part).mean(axis=0).argmax() == SPEECH
    assert vocal_events.vocal_events(sound, part) == []
