"""Other systems, and our own, on the same clips with the same question (paper Table 1); scoring is another step."""

from microemo.runner.run import Outcome, predict
from microemo.runner.settings import Placement, Settings

__all__ = ["Outcome", "Placement", "Settings", "predict"]
