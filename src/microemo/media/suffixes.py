"""Which files are media, by their names."""

from pathlib import Path

VIDEO = frozenset(
    [".3gp", ".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".webm", ".wmv"]
)
AUDIO = frozenset([".aac", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav", ".wma"])


def is_media(path: Path) -> bool:
    """Whether there is a file of that name that should hold video or sound."""
    return path.suffix.lower() in VIDEO | AUDIO and not path.name.startswith(".") and path.is_file()
