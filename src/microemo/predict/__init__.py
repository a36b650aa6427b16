"""Other systems, and our own, on the same clips with the same question (paper Table 1); scoring is another step."""

from microemo.predict.run import Outcome, predict
from microemo.predict.settings import Placement, Settings

__all__ = ["Outcome", "Placement", "Settings", "predict"]
