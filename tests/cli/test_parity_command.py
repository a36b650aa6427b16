"""``microemo parity``: what it prints, and its exit codes."""

from pathlib import Path

import pytest
from console import Run

from microemo import parity
from microemo.errors import InputError


def comparing(monkeypatch: pytest.MonkeyPatch, **differences: float) -> None:
    found = [parity.Comparison(name, difference) for name, difference in differences.items()]
    monkeypatch.setattr(parity, "compare", lambda path: found)


def test_a_line_an_output_and_zero_where_all_agree(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    comparing(monkeypatch, vit_out=7.512e-6, ln_out=1e-4)
    assert run("parity", "fixture.safetensors") == (0, "vit_out 7.51e-06 ok\nln_out 1.00e-04 ok\n", "")


@pytest.mark.parametrize("difference", [1.1e-4, float("inf"), float("nan")])
def test_one_where_an_output_is_off(run: Run, monkeypatch: pytest.MonkeyPatch, difference: float) -> None:
    comparing(monkeypatch, vit_out=0.0, ln_out=difference)
    outcome = run("parity", "fixture.safetensors")
    assert outcome.code == 1
    assert [line.split()[-1] for line in outcome.stdout.splitlines()] == ["ok", "off"]


def test_two_and_one_line_for_a_bad_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("nothing")
    for name in ("text.safetensors", "absent.safetensors"):
        outcome = run("parity", name)
        assert (outcome.code, outcome.stdout) == (2, "")
        assert outcome.stderr.startswith(f"microemo: error: {name}")
        assert outcome.stderr.count("\n") == 1


def test_two_where_the_file_does_not_fit_together(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path) -> None:
        raise InputError(f"{path} does not fit together: there is no pixels")

    monkeypatch.setattr(parity, "compare", fail)
    assert run("parity", "a.safetensors") == (
        2,
        "",
        "microemo: error: a.safetensors does not fit together: there is no pixels\n",
    )
