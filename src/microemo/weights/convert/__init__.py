"""One module an upstream checkpoint.

Those of the manifest's parts: ``convert(upstream, out)`` writes a part's own files from the verified ones. Those of
checkpoints that users bring (``upstream.py``): ``from_upstream`` and ``to_upstream`` between their names and ours.
"""
