"""Which examples a step sees, and what chance it has: a matter of the seed and the step's number alone.

So a run that was killed and resumed takes the very path that it would have taken, on however many processes.
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


def chance(seed: int, step: int, part: int) -> Random:
    """What is random in one part of a step's batch. Seeds torch too, for dropout and noise."""
    rng = Random(f"{seed}/{step}/{part}")
    torch.manual_seed(rng.getrandbits(63))
    return rng


def parts_of(config: TrainConfig, process: int, num_processes: int) -> range:
    """The parts of each batch, of ``micro_batch_size`` examples, that one of the processes reads.

    Raises ``InputError`` where the processes cannot share evenly.
    """
    num_parts = config.batch_size // config.micro_batch_size
    if num_parts % num_processes:
        raise InputError(
            f"batch_size {config.batch_size} in parts of {config.micro_batch_size} cannot be shared evenly by "
            f"{num_processes} processes; make it a multiple of {config.micro_batch_size * num_processes}"
        )
    return range(process, num_parts, num_processes)


def _permutation(seed: int, epoch: int, num_examples: int) -> list[int]:
    order = list(range(num_examples))
    Random(f"{seed}/epoch {epoch}").shuffle(order)
    return order
