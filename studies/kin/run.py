"""What ideas of MicroEmo's kin do at nano's size, each alone, on the ablation study's model and clips (README.md).

    python -m studies.kin.run --out runs/kin data=data/features      # all that is missing, then the table
    python -m studies.kin.run --out runs/kin --tables                # the table of what is there

In the folder of an ablation study, its full model is not trained again.
"""

from collections.abc import Sequence
from pathlib import Path

from studies.ablation import run as ablation
from studies.ablation.run import Job
from studies.ablation.tables import FULL, Prediction, common_seeds, compared, modalities
from studies.kin import baselines
from studies.kin.train import STAGES

RECIPES = Path(__file__).parent
IDEAS = {
    "fusion": "fusion before the LLM (AffectGPT)",
    "experts": "modality experts, gated (MoSEAR)",
    "compressor": "hybrid compressor (Emotion-Qwen)",
    "selection": "half of the patches (StimuVAR)",
    "tree": "affective tree (VidEmo)",
    "contrast": "pairwise contrast (HiCMAE, VAEmo)",
    "affect": "valence and arousal by a graph (EmoGCN)",
    "curriculum": "from easy to hard (PRC-Emo)",
    "demonstrations": "similar examples in words (PRC-Emo)",
    "m2fnet": "M2FNet in nano's place",
    "vtff": "VTFF in nano's place, faces alone",
}
TITLES = {FULL: "nano's modules", **IDEAS}


def main() -> None:
    recipes = {FULL: Path(ablation.__file__).parent / "full.yaml", **{name: RECIPES / f"{name}.yaml" for name in IDEAS}}
    ablation.command(__doc__, Path("runs/kin"), recipes, 3, predicted, tables)


def predicted(job: Job) -> list[Prediction]:
    """What the model, or the baseline, predicts once it is trained."""
    config, variant = job
    if variant in baselines.BASELINES:
        return baselines.predicted(config, variant)
    return ablation.trained_and_asked(job, STAGES)


def tables(predictions: Sequence[Prediction]) -> str:
    """All in comparison with the full model, and by what there is to judge by; of the seeds that all have."""
    seeds = common_seeds(predictions, TITLES)
    if not seeds:
        return "No seed has been trained in all variants yet."
    counted = [one for one in predictions if one.seed in seeds and one.variant in TITLES]
    return "\n\n".join("\n".join(table) for table in (compared(counted, seeds, TITLES), modalities(counted, TITLES)))


if __name__ == "__main__":
    main()
