"""Descriptions by hand, from tables of what was measured: see README.md."""
