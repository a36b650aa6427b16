"""A manifest's splits as examples: every clip perceived and encoded before the first step, faults named."""

import logging

from accelerate import Accelerator
from accelerate.utils import gather_object

from microemo import rows
from microemo.data import manifest
from microemo.data.manifest import Fault, Manifest, Sample, Split
from microemo.errors import InputError
from microemo.hooks import Hook
from microemo.model.microemo import MicroEmo
from microemo.train.cache import FeatureCache
from microemo.train.clips import Clips
from microemo.train.config import TrainConfig
from microemo.train.encoded import ClipEncoder
from microemo.train.facts import facts_of

logger = logging.getLogger("microemo")

SPLITS: tuple[Split, ...] = ("train", "validation")


def of_manifest(
    config: TrainConfig,
    model: MicroEmo,
    accelerator: Accelerator,
    hook: Hook,
    masked_share: float = 0.0,
    only_corrected: bool = False,
) -> tuple[Clips, Clips]:
    """The clips of the manifest ``config.data`` to train on, and those to validate on; processes share the encoding.

    ``masked_share`` and ``only_corrected`` are as ``Clips`` has them. Clips that cannot be used are named. Raises
    ``InputError`` where a split is empty, or more than ``config.max_failed_share`` of the clips cannot be used. Hook:
    step "encode", in clips.
    """
    read = manifest.read(config.data, config.max_failed_share)
    if not read.of("train") or not read.of("validation"):
        raise InputError(f"{config.data}: no train or no validation split; microemo data import makes them")
    chosen: dict[Split, list[Sample]] = {
        split: [sample for sample in read.of(split) if sample.is_corrected or not only_corrected] for split in SPLITS
    }
    if not all(chosen.values()):
        raise _uncorrected(config)
    samples = [sample for split in SPLITS for sample in chosen[split]]
    cache = FeatureCache(config.cache.directory, int(config.cache.max_gb * 1e9))
    encoder = ClipEncoder(model.to(accelerator.device), cache, config.asr)
    own = samples[accelerator.process_index :: accelerator.num_processes]
    own_facts, own_faults = facts_of(own, encoder, hook, config.cache.workers)
    facts, faults = dict(gather_object(list(own_facts.items()))), gather_object(own_faults)
    _report_faults(config, read, faults, accelerator)

    def clips(split: Split) -> Clips:
        usable = [sample for sample in chosen[split] if sample.name in facts]
        return Clips(usable, facts, encoder, config.model, masked_share, only_corrected)

    train, validation = clips("train"), clips("validation")
    if only_corrected and not (len(train) and len(validation)):
        raise _uncorrected(config)
    return train, validation


def _uncorrected(config: TrainConfig) -> InputError:
    return InputError(
        f"{config.data}: nothing that was corrected to train on, or to validate on; microemo data import "
        "corrections reads such clips, or set preference.self_play=true"
    )


def _report_faults(config: TrainConfig, read: Manifest, faults: list[Fault], accelerator: Accelerator) -> None:
    everything = [*read.faults, *faults]
    manifest.refuse(config.data, everything, len(read.samples) + len(read.faults), config.max_failed_share)
    if everything and accelerator.is_main_process:
        logger.warning("%d clips left out: %s", len(everything), rows.some([str(fault) for fault in everything]))
