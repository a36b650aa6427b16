"""Upstream's names of tensors and ours, in both directions, with every key accounted for."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from microemo.errors import InputError

MAX_NAMED = 5  # of the keys that an error lists
BUFFERS = re.compile(r"(.*\.)?(position_ids|rotary_emb\.inv_freq)")  # upstream saves them, and makes them anew


def renamed(
    tensors: Mapping[str, Tensor], names: Mapping[str, str], unused: re.Pattern[str] = BUFFERS
) -> dict[str, Tensor]:
    """The tensors under their new ``names``, but for those whose name matches ``unused``.

    Raises ``InputError``, which names the keys that are missing and those that nobody knows.
    """
    missing = sorted(names.keys() - tensors.keys())
    unknown = sorted(name for name in tensors.keys() - names.keys() if not unused.fullmatch(name))
    if missing or unknown:
        found = [f"{what} {_listed(keys)}" for what, keys in (("missing", missing), ("unknown", unknown)) if keys]
        raise InputError(f"not the tensors of this kind of checkpoint: {'; '.join(found)}")
    return {new: tensors[old] for old, new in names.items()}


def inverse(names: Mapping[str, str]) -> dict[str, str]:
    return {new: old for old, new in names.items()}


def num_layers(names: Iterable[str], *prefixes: str) -> int:
    """How many layers ``PREFIX.N.`` there are; at least one, so that those that are missing can be named."""
    pattern = re.compile(rf"({'|'.join(map(re.escape, prefixes))})\.(\d+)\.")
    return max((int(match[2]) + 1 for name in names if (match := pattern.match(name))), default=1)


def linear(upstream: str, ours: str) -> dict[str, str]:
    """The names of a module that has a weight and a bias."""
    return {f"{upstream}.{parameter}": f"{ours}.{parameter}" for parameter in ("weight", "bias")}


def where_present(tensors: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """``names`` if any of them, upstream's or ours, is there; none otherwise: all of them or nothing."""
    known = {*names, *names.values()}
    return dict(names) if any(name in known for name in tensors) else {}


def _listed(names: list[str]) -> str:
    rest = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
