"""``pipeline("emotion-recognition")``: the two halves of our own pipeline in the frame of ``transformers``."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import Pipeline
from transformers.models.auto.modeling_auto import AutoModel
from transformers.pipelines import PIPELINE_REGISTRY

from microemo.hub import TASK

if TYPE_CHECKING:
    from microemo.result import Result


class EmotionPipeline(Pipeline):
    """Paths of media files to ``Result``s, one or a list, one after the other; options are those of ``analyze``."""

    model: Any
    _load_processor: Any = False
    _load_tokenizer: Any = False
    _load_image_processor: Any = False
    _load_feature_extractor: Any = False
    _load_video_processor: Any = False

    def _sanitize_parameters(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Raises ``TypeError`` on an option that there is not."""
        ours = self.model.pipeline
        halves = [_options(half) for half in (ours.perceive, ours.understand)]
        known = dict.fromkeys(name for half in halves for name in half)
        unknown = sorted(options.keys() - known.keys())
        if unknown:
            raise TypeError(f"no such option: {', '.join(unknown)}; there are {', '.join(known)}")
        seen, told = ({key: options[key] for key in own if key in options} for own in halves)
        return seen, told, {}

    def preprocess(self, path: Path | str, **options: Any) -> Any:  # type: ignore[override]
        return {"clip": self.model.pipeline.perceive(path, **options)}

    def _forward(self, inputs: Any, **options: Any) -> Any:  # type: ignore[override]
        return {"result": self.model(**inputs, **options)}

    def postprocess(self, outputs: Any, **_: Any) -> "Result":  # type: ignore[override]
        result: Result = outputs["result"]
        return result

    def save_pretrained(self, *arguments: Any, **options: Any) -> None:
        """Raises ``WeightsError`` as the model does."""
        self.model.save_pretrained()


def _options(half: Callable[..., Any]) -> list[str]:
    """What a half of the pipeline takes besides the path or the clip."""
    return list(inspect.signature(half).parameters)[1:]


if TASK not in PIPELINE_REGISTRY.get_supported_tasks():
    PIPELINE_REGISTRY.register_pipeline(TASK, pipeline_class=EmotionPipeline, pt_model=AutoModel, type="multimodal")
