"""Pictures: written, the same each time, with every name in them and nothing cut off."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from microemo.errors import InputError
from microemo.evaluate import plots
from microemo.evaluate.breakdown import class_scores, confusion
from microemo.evaluate.calibration import CheckedLabel, calibration
from microemo.evaluate.statistics import Estimate, Interval, Resampling

TRUTH = {f"clip{n}": [f"family{n % 12}"] for n in range(48)}
PREDICTED = {f"clip{n}": [f"family{n % 7}"] for n in range(48)}
SCORES = class_scores(TRUTH, PREDICTED, [f"family{n}" for n in range(12)], Resampling(resamples=20))
HOSTILE = "<b>$x_{1}$</b> \x1b[31m" + "very " * 20 + "long"


def forest(path: Path) -> Path:
    known = Estimate(value=0.6621, interval=Interval(low=0.61, high=0.71), num_clips=332)
    unknown = Estimate(value=None, interval=None, num_clips=0)
    return plots.forest([("ours", {"Avg": known, HOSTILE: known, "empty": unknown})], "EMER", path)


def families(path: Path) -> Path:
    rows = {row.name: row.f1 for row in SCORES}
    return plots.forest([(f"system {number}", rows) for number in range(20)], "F1", path)


def heat_map(path: Path) -> Path:
    return plots.confusion(confusion(TRUTH, PREDICTED), "families", path)


def reliability(path: Path) -> Path:
    found = calibration({f"{n}": [CheckedLabel(n / 50, n % 3 > 0)] for n in range(50)}, Resampling(resamples=20))
    assert found is not None
    return plots.reliability(found, HOSTILE, path)


PICTURES = [forest, families, heat_map, reliability]


@pytest.mark.parametrize("draw", PICTURES)
def test_svg_has_the_same_bytes_each_time_and_no_date(draw: Callable[[Path], Path], tmp_path: Path) -> None:
    first, second = (draw(tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == second
    assert b"<svg" in first
    assert b"dc:date" not in first
    assert {path.name for path in tmp_path.iterdir()} == {"a.svg", "b.svg"}


@pytest.mark.parametrize("draw", PICTURES)
def test_png_has_a_clear_light_margin(draw: Callable[[Path], Path], tmp_path: Path) -> None:
    image = cv2.imread(str(draw(tmp_path / "new" / "a.png")))
    assert image is not None
    edges = np.concatenate([image[:5].ravel(), image[-5:].ravel(), image[:, :5].ravel(), image[:, -5:].ravel()])
    assert edges.min() == 255
    assert (image < 128).any()


def test_every_kind_of_system_looks_different() -> None:
    looks = {(look["color"], look["marker"]) for look in map(plots._look, range(49))}
    assert len(looks) == 49


def test_unknown_suffix_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.bmp: unknown kind of picture"):
        forest(tmp_path / "a.bmp")


def test_unwritable_place_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        forest(tmp_path / "file" / "a.svg")
