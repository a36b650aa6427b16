"""``microemo train``: what is wrong is said in one line, before anything is trained."""

from pathlib import Path

import pytest
from console import Run

CONFIG = "{stage: instruction, data: my.jsonl, output: out, model: {preset: tiny}, optimizer: {learning_rate: 1e-3}}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.yaml"], "absent.yaml: cannot be read"),
        (["config.yaml", "lerning_rate=1"], "lerning_rate: unknown key"),
        (["config.yaml"], "my.jsonl"),
    ],
)
def test_bad_usage_is_one_line_and_code_2(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    outcome = run("train", *arguments)
    assert (outcome.code, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert said in outcome.stderr
    assert not (tmp_path / "out").exists()
