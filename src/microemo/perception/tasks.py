"""MediaPipe, imported without what it brings along: plotting and recording of sound, more than half of that time."""

import importlib
import sys
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import UInt8

BROUGHT_ALONG = ("matplotlib", "matplotlib.pyplot", "sounddevice")


class Later(ModuleType):
    """Stands for a module that is imported when something of it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


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
        for name, stand_in in stand_ins.items():  # others who import these get the modules themselves
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def picture_of(image: UInt8[np.ndarray, "H W 3"]) -> Any:
    """An RGB picture as MediaPipe takes it."""
    package = mediapipe()
    return package.Image(image_format=package.ImageFormat.SRGB, data=np.ascontiguousarray(image))
