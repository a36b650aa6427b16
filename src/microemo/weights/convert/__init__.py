"""One module an upstream checkpoint: ``convert(upstream, out)`` writes a part's own files from the verified ones."""
