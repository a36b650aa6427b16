"""Ideas of MicroEmo's kin on one model, one set of clips and one metric: see README.md."""
