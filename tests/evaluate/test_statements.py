"""Yes or no to statements about clips."""

import json
from pathlib import Path

import pytest

from microemo.errors import InputError
from microemo.evaluate import statements
from microemo.evaluate.statements import Statement


def test_known_figures() -> None:
    found = statements.score(
        [
            Statement("a", True, True),
            Statement("a", True, True),
            Statement("a", True, None),
            Statement("b", False, False),
            Statement("b", True, True),
        ]
    )
    assert found["accuracy"].value == pytest.approx(4 / 5)
    assert found["balanced accuracy"].value == pytest.approx((3 / 4 + 1) / 2)
    assert found["accuracy"].num_clips == 2


def test_yes_to_all_is_chance_and_intervals_are_by_clip() -> None:
    said = [Statement(f"clip{number // 4}", number % 4 > 0, True) for number in range(80)]
    found = statements.score(said)
    assert found["accuracy"].value == pytest.approx(0.75)
    assert found["balanced accuracy"].value == pytest.approx(0.5)
    interval = found["accuracy"].interval
    assert interval is not None and interval.low == pytest.approx(interval.high)  # all clips are alike


def test_all_kinds_of_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,statement,so,judged\na,They smile.,yes,No\nb,They frown.,0,\n")
    rows = [{"name": "a", "so": True, "judged": False}, {"name": "b", "so": False, "judged": None}]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    expected = [Statement("a", True, False), Statement("b", False, None)]
    assert statements.read(tmp_path / "t.csv") == statements.read(tmp_path / "t.jsonl") == expected


@pytest.mark.parametrize("row", ["a,perhaps,yes", "a,yes,perhaps", "a,,yes", "a,yes"])
def test_rows_that_cannot_be_used_are_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "t.csv").write_text(f"name,so,judged\na,yes,no\n{row}\n")
    with pytest.raises(InputError, match="line 3"):
        statements.read(tmp_path / "t.csv")
