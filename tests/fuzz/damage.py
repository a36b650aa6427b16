"""Damage as files suffer it: cut off, bits flipped, parts lost, doubled, exchanged or overwritten, sizes gone wild."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

MAX_BYTES = 1 << 20
STRANGE = (
    "\u202e", "\0", "\N{PILE OF POO}", "</script><script>", "\u2028", '"', "{", "]", ",,,,", "\t", "\r",
    "../../../etc/passwd", "%s%n", "\ufeff", "=1+1",
)  # fmt: skip
VALUES = (
    None,
    True,
    -1,
    0,
    2**63,
    1e308,
    -1e-308,
    float("nan"),
    float("inf"),
    "",
    [],
    {},
    [[]],
    "1",
    *STRANGE,
    "x" * 10_000,
)
Change = Callable[[bytearray, random.Random], bytearray]


def damaged(good: bytes, rng: random.Random) -> bytes:
    """The same chance does the same damage."""
    data = bytearray(good)
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice(CHANGES)(data, rng)
    return bytes(data[:MAX_BYTES])


def mangled(good: bytes, rng: random.Random) -> bytes:
    """JSON that stays JSON: a few of its values are others, lost, or there twice."""
    content = json.loads(good)
    for _ in range(rng.choice((1, 1, 2, 4))):
        within, key = rng.choice(list(_places(content)))
        change = rng.random()
        if change < 0.6:
            within[key] = deepcopy(rng.choice(VALUES))
        elif change < 0.8:
            del within[key]
        elif isinstance(within, list):
            within.insert(key, within[key])
        else:
            within[rng.choice(STRANGE)] = within[key]
        content = content or json.loads(good)
    return json.dumps(content).encode()


def _places(content: Any) -> Any:
    """Every value within, as what holds it and by which key."""
    for key in list(content) if isinstance(content, dict) else range(len(content)):
        yield content, key
        if isinstance(content[key], dict | list):
            yield from _places(content[key])


def _stretch(data: bytearray, rng: random.Random, longest: int = 4096) -> slice:
    """Headers are short and matter most: one stretch in two begins in the first 512 bytes."""
    start = rng.randrange(min(len(data), 512) if rng.random() < 0.5 else len(data)) if data else 0
    return slice(start, start + rng.randint(1, longest))


def cut_off(data: bytearray, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data) + 1)]


def flip_bits(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 8, 64))):
        if data:
            data[_stretch(data, rng).start] ^= 1 << rng.randrange(8)
    return data


def overwrite(data: bytearray, rng: random.Random) -> bytearray:
    place = _stretch(data, rng)
    num = len(data[place])
    data[place] = rng.choice((bytes(num), b"\xff" * num, rng.randbytes(num), b" " * num))
    return data


def lose(data: bytearray, rng: random.Random) -> bytearray:
    del data[_stretch(data, rng)]
    return data


def double(data: bytearray, rng: random.Random) -> bytearray:
    place = _stretch(data, rng)
    data[place.start : place.start] = data[place] * rng.choice((1, 1, 50))
    return data


def exchange(data: bytearray, rng: random.Random) -> bytearray:
    one, other = sorted((_stretch(data, rng), _stretch(data, rng)), key=lambda place: place.start)
    data[one], data[other] = data[other], data[one]
    return data


def wild_number(data: bytearray, rng: random.Random) -> bytearray:
    """Four or eight bytes of a size, a rate or a time become an extreme one; digits become many."""
    place = _stretch(data, rng, 1).start
    if rng.random() < 0.5:
        digits = rng.choice((b"9" * 30, b"-1", b"1e999", b"NaN", b"0", b"99:99:99,999"))
        data[place : place + rng.randint(0, 4)] = digits
    else:
        size = rng.choice((4, 8))
        number = rng.choice((0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size) - 1, rng.getrandbits(8 * size)))
        data[place : place + size] = number.to_bytes(size, rng.choice(("big", "little")))
    return data


def strange_text(data: bytearray, rng: random.Random) -> bytearray:
    place = _stretch(data, rng, 1).start
    data[place:place] = rng.choice(STRANGE).encode()
    return data


CHANGES: tuple[Change, ...] = (
    cut_off, flip_bits, overwrite, lose, double, exchange, wild_number, strange_text,
)  # fmt: skip
