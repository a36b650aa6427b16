"""Samples of a manifest, perceived and encoded once, then read from the cache."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from microemo import __version__
from microemo.chunks import Chunk, encode, judged, scene_of
from microemo.data.manifest import Sample
from microemo.data.measure import code_sha256, cues_of
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.pipeline import perceive
from microemo.schema import Clue, Participant, Record, Utterance
from microemo.spans import Span
from microemo.train.cache import FeatureCache, Shard, key_of, weights_hash

TENSORS = ("frames", "faces", "region_masks", "audio")


class EncodedChunk(Record):
    """Utterances that go into one prompt, and the times, in seconds from the first one's start, of what was encoded."""

    utterances: tuple[Utterance, ...]
    times_sec: tuple[float, ...]
    audio_times_sec: tuple[float, ...] | None

    @property
    def chunk(self) -> Chunk:
        return Chunk(self.utterances)


class Facts(Record):
    """What perception found in a clip, without tensors; ``speech``: spans in which somebody speaks."""

    clues: tuple[Clue, ...]
    speech: tuple[Span, ...]
    chunks: tuple[EncodedChunk, ...]


@dataclass(frozen=True)
class Encoded:
    """A clip's facts, and the features of each of its chunks, in bfloat16."""

    facts: Facts
    features: Sequence[Features]


class ClipEncoder:
    """Perception and the frozen encoders of a model, behind a cache. ``asr``: recognise words that are not given."""

    def __init__(self, model: MicroEmo, cache: FeatureCache, asr: bool) -> None:
        self.model, self.cache, self.asr = model, cache, asr
        config = model.config
        self._weights = weights_hash(model.vision, model.audio)
        self._settings = [
            config.model_dump(mode="json", include={"vision", "audio", "num_frames", "local_view", "local_clues"}),
            code_sha256(),
            __version__,
        ]
        self._keys: dict[str, str] = {}

    def __call__(self, sample: Sample) -> Encoded:
        """The sample's clip. Raises ``InputError`` where its files cannot be used."""
        shard = self.cache.get(self._key(sample), lambda: self._encode(sample))
        facts = Facts.model_validate_json(shard.facts)
        return Encoded(facts, [_features(shard, number, part) for number, part in enumerate(facts.chunks)])

    def facts(self, sample: Sample) -> Facts:
        """The clip without its tensors; encoded first, if it has not been."""
        known = self.cache.facts(self._key(sample))
        return Facts.model_validate_json(known) if known else self(sample).facts

    def _key(self, sample: Sample) -> str:
        if sample.name not in self._keys:
            media = [path for path in (sample.path, sample.audio) if path is not None]
            cues = cues_of(sample)
            settings = [self._settings, cues, self.asr and cues is None]
            self._keys[sample.name] = key_of(media, self._weights, settings)
        return self._keys[sample.name]

    @torch.no_grad()
    def _encode(self, sample: Sample) -> Shard:
        for encoder in (self.model.vision, self.model.audio):  # the rest may be training
            encoder.eval()
        clip = perceive(sample.path, self.model.config, cues_of(sample), self.asr, sound=sample.audio, diarize=False)
        main = clip.main
        answerable = judged(clip, main) if main else []
        scenes = (scene_of(self.model.config, clip, main, chunk) for chunk in answerable if main)
        features = [encode(self.model, scene) for scene in scenes]
        return _shard(main, answerable, features)


def _shard(person: Participant | None, answerable: Sequence[Chunk], features: Sequence[Features]) -> Shard:
    facts = Facts(
        clues=person.clues if person else (),
        speech=person.speech if person else (),
        chunks=tuple(
            EncodedChunk(utterances=chunk.utterances, times_sec=part.times_sec, audio_times_sec=part.audio_times_sec)
            for chunk, part in zip(answerable, features, strict=True)
        ),
    )
    tensors = {
        f"{number}.{name}": getattr(part, name).to("cpu", torch.bfloat16)
        for number, part in enumerate(features)
        for name in TENSORS
        if getattr(part, name) is not None
    }
    return Shard(tensors, facts.model_dump_json())


def _features(shard: Shard, number: int, part: EncodedChunk) -> Features:
    tensors = {name: shard.tensors.get(f"{number}.{name}") for name in TENSORS}
    return Features(times_sec=part.times_sec, audio_times_sec=part.audio_times_sec, **tensors)
