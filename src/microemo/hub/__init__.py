"""A model's folder as ``transformers`` loads one: ``AutoConfig``, ``AutoModel``, ``AutoProcessor`` and ``pipeline``.

    >>> import microemo
    >>> from transformers import pipeline
    >>> pipeline("emotion-recognition", model="runs/clips/instruction")("interview.mp4")

Importing ``microemo`` makes them known, whichever of the two is imported first, and imports nothing for it: each module
here registers its class, and is imported once ``transformers`` has imported what that is registered with.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

TASK = "emotion-recognition"
REGISTERED_WITH = {
    "transformers.models.auto.configuration_auto": "microemo.hub.configuration",
    "transformers.models.auto.modeling_auto": "microemo.hub.modeling",
    "transformers.models.auto.processing_auto": "microemo.hub.processing",
    "transformers.pipelines": "microemo.hub.pipeline",
}
"""Modules of ``transformers``, and which of ours is imported behind each."""


class _Behind(MetaPathFinder):
    """Lets the other finders find the modules of ``REGISTERED_WITH``, and imports ours once such a one has run."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in REGISTERED_WITH:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                importlib.import_module(REGISTERED_WITH[name])

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


def register() -> None:
    """Make a model's folder known to ``transformers``, now or when it is imported."""
    for theirs, ours in REGISTERED_WITH.items():
        if theirs in sys.modules:
            importlib.import_module(ours)
    if not any(isinstance(finder, _Behind) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Behind())
