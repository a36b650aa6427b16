"""Predictions against ground truth, with intervals: exact, offline by default, and open to recomputation."""
