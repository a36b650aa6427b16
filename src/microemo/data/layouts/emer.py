"""EMER (Lian et al., arXiv 2306.15401), whose checked part is EMER-Fine: tables by ``name``, and folders of videos.

Labels are ``openset``, descriptions ``reason``, in one table or in several: ``final-openset-english.csv`` or
``check-openset.csv``, and ``final-EMER-reason.csv``, where the description is in ``english``. The first version's
``gt-eng.csv`` has ``names``, ``emotions``, ``subtitles``, ``reasons``. What is said is ``english`` in a table of
transcriptions or subtitles. Which clips are EMER-Fine's test part was not published, so there is no standard split.
"""

from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Found, by_stem, cells, columns_of, media_files, named_clips


def recognises(folder: Path) -> bool:
    """By tables that are only EMER's: MER's are in other layouts' folders as well."""
    return folder.is_dir() and (
        any(folder.glob("final-EMER-reason.csv"))
        or any({"name", "openset", "reason"} <= columns_of(table) for table in folder.glob("*.csv"))
        or any({"names", "emotions", "reasons"} <= columns_of(table) for table in folder.glob("*.csv"))
    )


def samples(folder: Path) -> Iterator[Found]:
    tables = sorted(folder.glob("*.csv"))
    said = [table for table in tables if "transcription" in table.name.lower() or "subtitle" in table.name.lower()]
    others = [table for table in tables if table not in said]
    described = [
        table for table in others if columns_of(table) & {"reason", "reasons"} or "reason" in table.name.lower()
    ]
    return named_clips(
        by_stem(media_files(folder)),
        cells(others, ("openset", "emotions")),
        cells(described, ("reason", "reasons", "english")),
        cells([*said, *(table for table in others if "subtitles" in columns_of(table))], ("english", "subtitles")),
        source="EMER",
    )
