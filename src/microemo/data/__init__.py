"""Data in: published layouts to one manifest, what is in it, and descriptions from its labels."""
