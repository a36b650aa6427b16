"""Comparison of our modules with a fixture, output by output.

A fixture is a safetensors file of random weights (``sd.`` and upstream's key), inputs, and what upstream's own code
made of them; the sizes are in its metadata, as JSON. One module a kind gives ours of every output.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from microemo.errors import InputError
from microemo.parity import eva, mel, timechat, videollama_audio
from microemo.parity.fixture import Fixture, read
from microemo.weights.convert import upstream

TOLERANCE = 1e-4  # largest absolute difference in fp32


class Kind(Protocol):
    """``INPUTS`` matches the tensors that are no outputs; ``outputs`` gives ours of each output, by its name."""

    INPUTS: re.Pattern[str]

    def outputs(self, fixture: Fixture) -> Iterator[tuple[str, Tensor]]: ...


KINDS: dict[str, Kind] = {"timechat": timechat, "eva": eva, "videollama_audio": videollama_audio, "mel": mel}


@dataclass(frozen=True)
class Comparison:
    """One recorded output; ``difference`` is the largest absolute one, infinite where the shapes differ."""

    name: str
    difference: float

    @property
    def ok(self) -> bool:
        return self.difference <= TOLERANCE


@torch.inference_mode()
def compare(path: Path) -> list[Comparison]:
    """Every output that a fixture has recorded. Raises ``InputError`` where the file is no fixture that we know."""
    fixture = read(path)
    kind = _kind(fixture)
    try:
        ours = dict(kind.outputs(fixture))
    except (InputError, RuntimeError, ValueError, TypeError, LookupError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} does not fit together: {reason}") from error
    recorded = {name for name in fixture.tensors if not kind.INPUTS.fullmatch(name)}
    if unknown := sorted(recorded - ours.keys()):
        raise InputError(f"{path} has tensors that nobody knows: {', '.join(unknown)}")
    if not recorded:
        raise InputError(f"{path} has no outputs to compare")
    return [Comparison(name, _difference(fixture.tensors[name], ours[name])) for name in ours if name in recorded]


def _kind(fixture: Fixture) -> Kind:
    if any(mel.INPUTS.fullmatch(name) for name in fixture.tensors):
        return mel
    kind = upstream.recognised(fixture.state, fixture.path)
    if kind not in KINDS:
        raise InputError(f"{fixture.path}: no fixtures of {kind} are known, only of {', '.join(KINDS)}")
    return KINDS[kind]


def _difference(recorded: Tensor, ours: Tensor) -> float:
    if recorded.shape != ours.shape:
        return float("inf")
    return (recorded - ours).abs().max().item()
