"""``microemo predict``: any system on the same clips with the same question. ``evaluate`` scores what comes of it."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from microemo.cli.terminal import Debug, Device

MODEL_HELP = (
    "nano or a checkpoint of ours; hf:NAME or hf:FOLDER; http://HOST/v1#NAME of an OpenAI-compatible server; or a "
    "pair, audio=MODEL,video=MODEL,combine=MODEL."
)


def predict(
    clips: Annotated[
        Path,
        typer.Argument(
            metavar="CLIPS", help="A folder of clips, or a CSV or JSONL with columns name, path, subtitle, speaker."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Predictions, as JSON Lines: a row a clip.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help=MODEL_HELP)] = "nano",
    prompt: Annotated[
        str, typer.Option(metavar="NAME|TEXT", help="The question: reasoning, labels, or any text.")
    ] = "reasoning",
    frames: Annotated[int, typer.Option(min=1, help="Frames sampled from a clip.")] = 8,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest answer.")] = 512,
    modalities: Annotated[str, typer.Option(metavar="LIST", help="What other models may use.")] = "video,audio,text",
    asr: Annotated[bool, typer.Option("--asr", help="Recognise the words of clips without a subtitle.")] = False,
    device: Device = "auto",
    dtype: Annotated[Literal["auto", "float32", "bfloat16", "float16"], typer.Option(help="For hf: models.")] = "auto",
    allow_download: Annotated[
        bool, typer.Option("--allow-download", help="Fetch an hf: model that is not on this machine.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with FILE: run what it does not answer.")] = False,
    debug: Debug = False,
) -> None:
    """Run a system on clips and keep its answers, to be scored with evaluate.

    A clip that fails gets a row that says why, and the others go on. Exit code 1 if some failed, 2 if all did.
    """
    from pydantic import ValidationError

    from microemo import predict as prediction
    from microemo import progress

    try:
        settings = prediction.PredictionSettings.model_validate(
            {
                "num_frames": frames,
                "max_new_tokens": max_new_tokens,
                "modalities": modalities.replace(" ", "").split(","),
                "asr": asr,
            }
        )
    except ValidationError as error:
        raise typer.BadParameter(f"--modalities {modalities}: {error.errors()[0]['msg']}") from error
    loading = prediction.LoadOptions(device, dtype, allow_download)
    with progress.shown() as hook:
        finished = prediction.predict(clips, model, out, prompt, settings, loading, resume, hook)
    kept = f", {len(finished.kept)} answered before" if finished.kept else ""
    print(f"{out}: {len(finished.answered)} answered{kept}, {len(finished.failed)} failed")
    if finished.failed:
        print("microemo: failed (the rows say why):", ", ".join(finished.failed), file=sys.stderr)
    some = finished.answered or finished.kept
    raise typer.Exit((1 if some else 2) if finished.failed else 0)
