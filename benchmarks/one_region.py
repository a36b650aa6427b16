"""Label-paired features with each face as one clue region, for the ablation study (docs/ablation.md).

Local clue attention then attends to all of the aligned face: what is left of the local branch's worth is that it looks
at the face a second time, and what is lost is what the regions are worth.

    python benchmarks/one_region.py data/features data/one_region
    microemo train configs/ablation/full.yaml data=data/one_region output=runs/one_region validation_examples=300
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features", type=Path, help="folder of python -m microemo.train.features")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    shutil.copytree(arguments.features, arguments.out)
    for path in arguments.out.glob("faces_*.safetensors"):
        faces = load_file(arguments.features / path.name)
        masks = torch.zeros_like(faces["region_masks"])  # (N, R, P)
        masks[faces["region_masks"].any(2).any(1), 0] = 1
        save_file({**faces, "region_masks": masks}, path)


if __name__ == "__main__":
    main()
