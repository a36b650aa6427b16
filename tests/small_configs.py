"""The rows of Table 2, and a configuration's sizes as overrides of a file."""

import json
from collections.abc import Iterator
from typing import Any

from microemo.config import ModelConfig

ROWS = {  # of Table 2: local clues, utterance windows
    "microemo": (True, True),
    "without_utterance_windows": (True, False),
    "without_local_clues": (False, True),
    "without_both": (False, False),
}
SWITCHES = ("local_clues", "utterance_windows")


def flat(fields: dict[str, Any], prefix: str) -> Iterator[str]:
    """A configuration's fields as overrides."""
    for key, value in fields.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}={json.dumps(value)}"


def sizes_of(config: ModelConfig) -> list[str]:
    """All of a configuration but Table 2's switches and those of kindred ideas, which are the file's."""
    fields = config.model_dump(mode="json", exclude={*SWITCHES, "kin"})
    fields["vision"]["weights"] = fields["audio"]["weights"] = None
    return list(flat(fields, "model."))
