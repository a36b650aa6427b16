"""``result.json``: the result itself, by its one serialiser."""

import json

from microemo.schema import Clip, Result

FILENAME = "result.json"


def render(result: Result, clip: Clip | None = None) -> bytes:
    """The result as JSON that ``Result.model_validate_json`` reads back equal.

    Raises ValueError on a NaN or an infinity: pydantic would write null, which could not be read back.
    """
    text = json.dumps(result.model_dump(), indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()
