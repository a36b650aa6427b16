"""``docs/result.md`` is the reference of ``result.json``: every field is on it, and its example is a result."""

import re
from pathlib import Path

from microemo.result import Result

PAGE = (Path(__file__).parents[1] / "docs" / "result.md").read_text()


def fields(schema: dict[str, object]) -> set[str]:
    """The names of all properties of a JSON Schema and its definitions."""
    records = [schema, *schema.get("$defs", {}).values()]  # type: ignore[attr-defined]
    return {name for record in records for name in record.get("properties", {})}


def test_every_field_is_explained() -> None:
    explained = set(re.findall(r"`(?:\w+\.)?(\w+)`", PAGE))
    assert fields(Result.model_json_schema(mode="serialization")) <= explained


def test_the_example_is_a_result() -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    result = Result.model_validate_json(example)
    assert result.utterances[0].claims[0].clues == (result.clues[0].id,)
