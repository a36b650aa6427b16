"""Predictions of any system, ours included, for the same clips and the same question (paper Table 1).

Scoring them is another step (``microemo.evaluate``).
"""

from microemo.predict.run import PredictionRun, predict
from microemo.predict.settings import LoadOptions, PredictionSettings

__all__ = ["LoadOptions", "PredictionRun", "PredictionSettings", "predict"]
