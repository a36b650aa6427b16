"""The ablation study of the paper's Table 2 at nano's size: see README.md."""
