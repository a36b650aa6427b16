"""A model's folder as ``transformers`` loads one: ``AutoConfig``, ``AutoModel``, ``AutoProcessor`` and ``pipeline``.

    >>> import microemo
    >>> from transformers import pipeline
    >>> pipeline("emotion-recognition", model="runs/clips/instruction")("interview.mp4")

Importing ``microemo`` makes them known, whichever of the two is imported first. Nothing heavy is imported for it: each
class is registered once ``transformers`` itself has imported what it is registered with.
"""

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from microemo.model.auto_map import MODEL_TYPE

TASK = "emotion-recognition"


def _register_configuration() -> None:
    from transformers.models.auto.configuration_auto import AutoConfig

    from microemo.hub.configuration import MicroEmoConfig

    AutoConfig.register(MODEL_TYPE, MicroEmoConfig, exist_ok=True)


def _register_model() -> None:
    from transformers.models.auto.modeling_auto import AutoModel

    from microemo.hub.configuration import MicroEmoConfig
    from microemo.hub.modeling import MicroEmoModel

    AutoModel.register(MicroEmoConfig, MicroEmoModel, exist_ok=True)


def _register_processor() -> None:
    from transformers.models.auto.processing_auto import AutoProcessor

    from microemo.hub.configuration import MicroEmoConfig
    from microemo.hub.processing import MicroEmoProcessor

    AutoProcessor.register(MicroEmoConfig, MicroEmoProcessor, exist_ok=True)


def _register_pipeline() -> None:
    from transformers.models.auto.modeling_auto import AutoModel
    from transformers.pipelines import PIPELINE_REGISTRY

    from microemo.hub.pipeline import EmotionPipeline

    PIPELINE_REGISTRY.register_pipeline(TASK, pipeline_class=EmotionPipeline, pt_model=AutoModel, type="multimodal")


REGISTRATIONS: dict[str, Callable[[], None]] = {
    "transformers.models.auto.configuration_auto": _register_configuration,
    "transformers.models.auto.modeling_auto": _register_model,
    "transformers.models.auto.processing_auto": _register_processor,
    "transformers.pipelines": _register_pipeline,
}
"""What is to be done once a module of ``transformers`` is imported."""


class _Afterwards(MetaPathFinder):
    """Finds the modules of ``REGISTRATIONS`` as ever, and registers ours once each is imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in REGISTRATIONS else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Registering(spec.loader, REGISTRATIONS[name])
        return spec


class _Registering(Loader):
    """A loader that does one thing more behind another one's work."""

    def __init__(self, loader: Loader, register: Callable[[], None]) -> None:
        self._loader, self._register = loader, register

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._register()

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)


def register() -> None:
    """Make a model's folder known to ``transformers``, now or when it is imported."""
    for name, done in REGISTRATIONS.items():
        if name in sys.modules:
            done()
    if not any(isinstance(finder, _Afterwards) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Afterwards())
