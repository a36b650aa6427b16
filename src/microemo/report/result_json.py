"""``result.json``: the result itself, by its one serialiser."""

import json
from collections.abc import Sequence

from microemo.schema import KeyFrame, ResultRecord

FILENAME = "result.json"


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    """The result as JSON that ``Result.read`` reads back equal; key frames have no place in it.

    Raises ValueError on a NaN or an infinity: pydantic would write null, which could not be read back.
    """
    text = json.dumps(result.model_dump(), indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()
