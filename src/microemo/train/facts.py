"""The facts of all clips of a run, each perceived and encoded where the cache has none, by several processes."""

import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import torch

from microemo.config import ModelConfig
from microemo.data.manifest import Fault, Sample
from microemo.errors import MicroEmoError
from microemo.hooks import Hook, silent
from microemo.model.microemo import MicroEmo
from microemo.train.cache import FeatureCache
from microemo.train.encoded import ClipEncoder, Facts

_own: list[ClipEncoder] = []  # of a worker, one


def facts_of(
    samples: Sequence[Sample], encoder: ClipEncoder, hook: Hook = silent, workers: int = 1
) -> tuple[dict[str, Facts], list[Fault]]:
    """The facts of all samples that can be used, by name, and what is wrong with the others.

    ``workers`` processes perceive and encode, each with a copy of the encoders; one: this process does. Raises
    ``MicroEmoError`` where a worker ends. Hook: step "encode", in clips.
    """
    found = _by_workers(samples, encoder, workers) if workers > 1 else (_found(sample, encoder) for sample in samples)
    facts: dict[str, Facts] = {}
    faults: list[Fault] = []
    hook("encode", 0, len(samples))
    for number, (sample, one) in enumerate(zip(samples, found, strict=True), start=1):
        if isinstance(one, Facts):
            facts[sample.name] = one
        else:
            faults.append(one)
        hook("encode", number, len(samples))
    return facts, faults


def _found(sample: Sample, encoder: ClipEncoder) -> Facts | Fault:
    try:
        facts = encoder.facts(sample)
    except MicroEmoError as error:
        return Fault(sample.name, "unreadable media", str(error))
    if not facts.chunks:
        return Fault(sample.name, "nobody there", "neither a face, nor a voice, nor words were found")
    return facts


def _by_workers(samples: Sequence[Sample], encoder: ClipEncoder, num: int) -> Iterator[Facts | Fault]:
    """In the order of the samples."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])  # what all of them import
    model = encoder.model
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "encoders.pt"
        torch.save((model.vision, model.audio), file)
        start = (model.config, file, str(model.device), encoder.cache, encoder.asr)
        with ProcessPoolExecutor(num, processes, _begin, start) as pool:
            try:
                yield from pool.map(_found_here, samples)
            except BrokenProcessPool as error:
                why = "too little memory, a fault in a decoder, or an encoder that only your own program knows"
                raise MicroEmoError(f"a process that encodes clips has ended: {why}; try cache.workers=1") from error


def _begin(config: ModelConfig, encoders: Path, device: str, cache: FeatureCache, asr: bool) -> None:
    """Of a worker: a model of which the encoders alone have weights, and one thread, so that however many workers
    there are, every clip's features are the same.
    """
    torch.set_num_threads(1)
    with torch.device("meta"):
        model = MicroEmo(config)
    model.vision, model.audio = torch.load(encoders, map_location=device, weights_only=False)
    _own.append(ClipEncoder(model, cache, asr))


def _found_here(sample: Sample) -> Facts | Fault:
    return _found(sample, *_own)
