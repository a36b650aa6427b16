"""How the weights that we ship were made: code and configurations that the package does not import."""
