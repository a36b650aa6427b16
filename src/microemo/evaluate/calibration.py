"""Whether confidences mean what they say: expected calibration error, Brier score, and the reliability table."""

from microemo.evaluate.statistics import Estimate, Number
from microemo.schema import Record


class Bin(Record):
    """Labels with a confidence above ``low`` (in the first bin, from it) up to ``high``; None where there are none."""

    low: float
    high: float
    num_labels: int
    confidence: Number
    accuracy: Number


class Calibration(Record):
    """The confidences of one system's labels against whether the labels are correct.

    ece, ece_equal_mass  expected calibration error over bins of equal width, or of equally many labels
    brier                mean squared distance of a label's confidence from 1 if it is correct, else from 0
    bins                 of equal width
    """

    num_labels: int
    ece: Estimate
    ece_equal_mass: Estimate
    brier: Estimate
    bins: tuple[Bin, ...]
