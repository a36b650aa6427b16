"""Weights that users bring: converted checkpoints, language models under licences that no manifest can accept."""

from pathlib import Path

from microemo.errors import WeightsError


def directory(name: str, cache: Path) -> Path:
    """The directory of that path, the one of that name in the cache, or a hub repository that has been downloaded.

    Nothing is downloaded here. Raises ``WeightsError``, which says how to get what there is not.
    """
    for candidate in (Path(name), cache / name):
        if candidate.is_dir():
            return candidate
    try:
        return _downloaded(name)
    except (OSError, ValueError):  # ``huggingface_hub`` knows no such repository, or the name cannot be one
        raise WeightsError(
            f"{name}: no such part, directory or downloaded hub repository; convert one with "
            f"'microemo weights convert SOURCE --to {cache / name}', or download one with 'hf download {name}'"
        ) from None


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(name, local_files_only=True))
