"""A model of the ``tiny`` preset and a browser, for every test that wants one. Shapes in the model are checked."""

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
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
