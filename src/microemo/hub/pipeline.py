"""``pipeline("emotion-recognition")``: the two halves of our own pipeline in the frame of ``transformers``."""

import inspect
import os
from typing import Any

from transformers import Pipeline

from microemo.pipeline import perceive
from microemo.result import Result

UNDERSTAND = ("person", "why")
PERCEIVE = tuple(inspect.signature(perceive).parameters)[2:]  # behind the path and the configuration


class EmotionPipeline(Pipeline):
    """Paths of media files to ``Result``s, one or a list; options are those of ``perceive`` and ``understand``."""

    model: Any
    processor: Any
    _load_processor: Any = True
    _load_tokenizer: Any = False
    _load_image_processor: Any = False
    _load_feature_extractor: Any = False
    _load_video_processor: Any = False

    def _sanitize_parameters(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Raises ``TypeError`` on an option that there is not."""
        unknown = sorted(options.keys() - {*PERCEIVE, *UNDERSTAND})
        if unknown:
            raise TypeError(f"no such option: {', '.join(unknown)}; there are {', '.join((*PERCEIVE, *UNDERSTAND))}")
        seen, told = ({key: options[key] for key in own if key in options} for own in (PERCEIVE, UNDERSTAND))
        return seen, told, {}

    def preprocess(self, path: str | os.PathLike[str], **options: Any) -> Any:  # type: ignore[override]
        return self.processor(path, **options)

    def _forward(self, inputs: Any, **options: Any) -> Any:  # type: ignore[override]
        return {"result": self.model(**inputs, **options)}

    def postprocess(self, outputs: Any, **_: Any) -> Result:  # type: ignore[override]
        result: Result = outputs["result"]
        return result
