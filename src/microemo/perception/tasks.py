"""MediaPipe, imported without what it brings along: plotting and recording of sound, more than half of that time."""

import importlib
import sys
from functools import cache
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import UInt8

BROUGHT_ALONG = ("matplotlib", "matplotlib.pyplot", "sounddevice")


class Later(ModuleType):
    """Stands for a module that is imported, lazily, when something of it is first asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        make_way()
        return getattr(importlib.import_module(self.__name__), name)


def make_way() -> None:
    """Others who import what a stand-in stands for get the module itself."""
    for name in BROUGHT_ALONG:
        if isinstance(sys.modules.get(name), Later):
            del sys.modules[name]


@cache
def mediapipe() -> Any:
    """The package ``mediapipe``."""
    stand_ins = {name: Later(name) for name in BROUGHT_ALONG if name not in sys.modules}
    for name, stand_in in stand_ins.items():
        package, _, own = name.rpartition(".")
        if package in stand_ins:
            setattr(stand_ins[package], own, stand_in)
    sys.modules.update(stand_ins)
    try:
        return importlib.import_module("mediapipe")
    finally:
        make_way()


def picture_of(image: UInt8[np.ndarray, "H W 3"]) -> Any:
    """An RGB picture as MediaPipe takes it."""
    package = mediapipe()
    return package.Image(image_format=package.ImageFormat.SRGB, data=np.ascontiguousarray(image))
