"""``microemo schema``: what a result.json holds."""

import json


def schema() -> None:
    """Print the JSON Schema of result.json."""
    from microemo.result import Result

    print(json.dumps(Result.model_json_schema(mode="serialization"), indent=2))
