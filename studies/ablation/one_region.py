"""Label-paired features with each face as one clue region, for the ablation study (README.md).

Local clue attention then attends to all of the aligned face: what is left of the local branch's value is a second look
at the face, what is lost is the value of the regions.

    python -m studies.ablation.one_region data/features data/one_region
    python -m studies.ablation.train studies/ablation/full.yaml data=data/one_region output=runs/one_region \\
        validation_examples=300
"""

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features", type=Path, help="folder of python -m recipes.nano.features")
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
