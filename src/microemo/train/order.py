"""Which examples a step sees, and its random numbers: both depend on the seed and the step's number alone.

So a run that was killed and resumed takes the same path as one that was not, on however many processes.
"""

import math
from random import Random

import torch

from microemo.errors import InputError
from microemo.train.config import TrainConfig


def num_steps(config: TrainConfig, num_examples: int) -> int:
    """Optimiser steps of a run."""
    return config.steps or math.ceil(config.epochs * num_examples / config.batch_size)


def batch(seed: int, step: int, size: int, num_examples: int) -> list[int]:
    """The indices of a step's examples: each epoch is a new permutation, and one follows the other without a gap."""
    first = step * size
    epochs = range(first // num_examples, (first + size - 1) // num_examples + 1)
    order = [index for epoch in epochs for index in _permutation(seed, epoch, num_examples)]
    begin = first - epochs.start * num_examples
    return order[begin : begin + size]


def rng_of(seed: int, step: int, micro_batch: int) -> Random:
    """The random numbers of one micro-batch of a step. Seeds torch too, for dropout and noise."""
    rng = Random(f"{seed}/{step}/{micro_batch}")
    torch.manual_seed(rng.getrandbits(63))
    return rng


def micro_batches_of(config: TrainConfig, process: int, num_processes: int) -> range:
    """Which of a batch's micro-batches, of ``micro_batch_size`` examples each, one of the processes reads.

    Raises ``InputError`` where the processes cannot share them evenly.
    """
    num_micro_batches = config.batch_size // config.micro_batch_size
    if num_micro_batches % num_processes:
        raise InputError(
            f"batch_size {config.batch_size} in micro-batches of {config.micro_batch_size} cannot be shared evenly by "
            f"{num_processes} processes; make it a multiple of {config.micro_batch_size * num_processes}"
        )
    return range(process, num_micro_batches, num_processes)


def _permutation(seed: int, epoch: int, num_examples: int) -> list[int]:
    order = list(range(num_examples))
    Random(f"{seed}/epoch {epoch}").shuffle(order)
    return order
