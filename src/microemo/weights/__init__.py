"""Pretrained parts: what they are (``manifest.toml``), where they come from, and where they are kept."""

from microemo.weights.cache import Status, cache_dir, fetch, path, status, verify

__all__ = ["Status", "cache_dir", "fetch", "path", "status", "verify"]
