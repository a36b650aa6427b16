"""``microemo serve``: the same as ``analyze``, over HTTP, with a page."""

from pathlib import Path
from typing import Annotated

import typer

from microemo.cli.terminal import Debug, Device


def serve(
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where jobs, uploads and results are kept. Default: the user's data folder."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Files in DIR may be named by path. Default: uploads alone.")
    ] = None,
    model: Annotated[str, typer.Option(metavar="nano|PATH", help="The built-in model or a checkpoint.")] = "nano",
    host: Annotated[
        str, typer.Option(help="The address to listen on; other than loopback, with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(envvar="MICROEMO_TOKEN", help="What everybody must show; better given by the variable."),
    ] = None,
    max_queue: Annotated[int, typer.Option(min=1, help="Jobs that may wait or run at once.")] = 20,
    max_upload: Annotated[int, typer.Option(min=1, metavar="MIB", help="Largest upload, in MiB.")] = 2048,
    device: Device = "auto",
    debug: Debug = False,
) -> None:
    """Analyse recordings over HTTP: a queue, progress, results, and a page to drop a video on.

    Prints its address once the model is there, and serves until Ctrl-C; jobs that ran then go on at the next start.
    """
    from platformdirs import user_data_path

    from microemo.extras import require

    for package in ("fastapi", "uvicorn", "python_multipart"):
        require(package, extra="serve")
    from microemo.server.run import serve as run
    from microemo.server.settings import MIB, Settings

    settings = Settings(
        data=(data or user_data_path("microemo") / "server").absolute(),
        root=root,
        host=host,
        port=port,
        token=token or None,
        max_queue=max_queue,
        max_upload_bytes=max_upload * MIB,
    )
    run(settings, model, device)
