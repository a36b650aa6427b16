"""Studies: code, results and what they say, each in its folder; the package does not import them."""
