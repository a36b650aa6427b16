"""A model of the ``tiny`` preset, a browser and the console script, for every test that wants one.

Shapes in the model are checked.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from console import Outcome, Run
from headless_browser import Browser
from jaxtyping import install_import_hook

if TYPE_CHECKING:
    from microemo.model.microemo import MicroEmo

install_import_hook("microemo.model", "typechecker.check")  # before anything imports it

# No test depends on chance or on how busy the machine is.
hypothesis.settings.register_profile(
    "reproducible", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("reproducible")


@pytest.fixture(scope="session")
def build_tiny() -> "Callable[..., MicroEmo]":
    """Builds a ``tiny`` model, any fields of its configuration changed; the same weights for the same fields."""
    import torch
    from lively import lively

    from microemo.config import TINY
    from microemo.model.microemo import MicroEmo

    def build(**changes: Any) -> MicroEmo:
        torch.manual_seed(0)
        return lively(MicroEmo(TINY.model_copy(update=changes)))

    return build


@pytest.fixture(scope="session")
def tiny(build_tiny: "Callable[..., MicroEmo]") -> "MicroEmo":
    """Shared by all tests: not to be changed by any."""
    return build_tiny()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    programs = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    program = next(programs, None)
    if program is None:
        pytest.skip("no Chromium found: no page was opened in a browser")
    opened = Browser(program, tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the console script in this process and in ``tmp_path``, its caches there as well."""
    from microemo import cli

    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["microemo", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return Outcome(int(stop.value.code or 0), *capsys.readouterr())

    return run
