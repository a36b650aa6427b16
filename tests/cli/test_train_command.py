"""``microemo train``: what is wrong is said in one line, before anything is trained."""

import subprocess
import sys
from pathlib import Path

import pytest
from console import Run

CONFIG = "{stage: instruction, data: my.jsonl, output: out, model: {preset: tiny}, optimizer: {learning_rate: 1e-3}}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.yaml"], "absent.yaml: cannot be read"),
        (["config.yaml", "lerning_rate=1"], "lerning_rate: unknown key"),
        (["config.yaml", "stage=recognition"], "no stage recognition; known are alignment, instruction"),
        (["config.yaml", "stage=alignment", "alignment_share=0.3"], "alignment_share: not read by stage alignment"),
        (["config.yaml", "--device", "gpu"], "--device"),
        (["config.yaml", "--device", "mps"], "mps: "),
        (["config.yaml"], "my.jsonl"),
    ],
)
def test_bad_usage_is_one_line_and_code_2(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    outcome = run("train", *arguments)
    assert (outcome.code, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert said in outcome.stderr
    assert not (tmp_path / "out").exists()


def test_without_the_extra_it_says_the_command_and_help_still_works(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    program = "import sys; sys.modules['{}'] = None; from microemo.cli import main; sys.argv[1:] = {}; main()"

    def without(package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program.format(package, list(arguments))]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    helped = without("accelerate", "train", "--help")
    assert (helped.returncode, helped.stderr) == (0, "") and "CONFIG" in helped.stdout
    for package in ("accelerate", "omegaconf"):
        refused = without(package, "train", str(tmp_path / "config.yaml"))
        said = f"microemo: error: {package} is not installed; run: pip install 'microemo[train]'\n"
        assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", said)
