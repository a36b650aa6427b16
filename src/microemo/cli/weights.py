"""``microemo weights``: the pretrained parts, listed, fetched, checked, and converted from published checkpoints."""

from pathlib import Path
from typing import Annotated

import typer

from microemo.cli.terminal import Debug

app = typer.Typer(help="The pretrained parts: what they are, fetch them, check them.")

Parts = Annotated[list[str] | None, typer.Argument(metavar="PART", help="Names as in the list. Default: all.")]


@app.command("list")
def list_weights() -> None:
    """Name every part: whether it is here, what a fetch loads, its licence, what it is for."""
    from microemo import weights

    for part in weights.status():
        state = "here" if part.present else "absent"
        print(f"{part.name:24}{state:8}{part.download_bytes / 1e6:6.1f} MB  {part.licence:28}{part.purpose}")


@app.command("fetch")
def fetch_weights(parts: Parts = None, debug: Debug = False) -> None:
    """Fetch the parts that are absent or damaged, and print each part's folder."""
    from microemo import progress, weights

    with progress.shown() as hook:
        folders = weights.fetch(parts, hook)
    print(*folders, sep="\n")


@app.command("verify")
def verify_weights(parts: Parts = None) -> None:
    """Check every file of the parts against its checksum; exit code 1 if one is damaged, or absent though named."""
    from microemo import weights

    states = weights.verify(parts)
    for name, state in states:
        print(f"{name:24}{state}")
    raise typer.Exit(int(any(state != "ok" and (parts or state != "absent") for _, state in states)))


@app.command("convert")
def convert_weights(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A published .pth, .bin or .safetensors file.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where model.safetensors is written.")],
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="What SOURCE is, where its keys do not tell. Default: they do.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Convert a checkpoint of InstructBLIP, Video-LLaMA, TimeChat, EVA, ImageBind or peft LoRA to our names."""
    from microemo.weights.convert import upstream

    found, file = upstream.convert(source, to, kind)
    print(found, file, sep="\t")


@app.command("compress")
def compress_weights(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A trained model's folder.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where the smaller one is written.")],
    debug: Debug = False,
) -> None:
    """Write a trained model with its matrices in eight bits: half the size."""
    from microemo.model import checkpoint

    checkpoint.compress(source, to)
    print(to)
