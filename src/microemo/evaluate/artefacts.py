"""What a scoring leaves behind besides its report, so that anybody can score again without the judge that was asked."""

import csv
import io
import re
from pathlib import Path

from microemo import files
from microemo.evaluate.groups import GivenGroups, save_groups
from microemo.evaluate.run import EvaluationRun
from microemo.evaluate.tables import Source, labels_in


def save(run: EvaluationRun, folder: Path) -> list[Path]:
    """Write ``groups/N-SYSTEM/TASK.zip`` of groups that a judge made, and ``labels/N-SYSTEM/TASK.csv`` and
    ``labels/truth/TASK.csv`` of labels that were found in texts, all in the published layouts. Return the paths.

    Raises ``InputError`` where a file cannot be written.
    """
    written = [_labels(source, "truth", folder) for source in run.truths if source.extracted]
    for number, (candidate, matched) in enumerate(run.systems, start=1):
        name = f"{number}-{_file_name(candidate.name)}"
        written += [_labels(source, name, folder) for source in candidate.sources.values() if source.extracted]
        if not isinstance(candidate.judge, GivenGroups):
            written += [
                save_groups(one.groups, folder / "groups" / name / f"{_file_name(task)}.zip")
                for task, one in matched.items()
                if one.groups
            ]
    return written


def _labels(source: Source, owner: str, folder: Path) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "openset"])
    writer.writerows([clip, str(list(labels))] for clip, labels in labels_in(source.table).items())
    return files.write(folder / "labels" / owner / f"{_file_name(source.task.name)}.csv", text.getvalue().encode())


def _file_name(name: str) -> str:
    """Somebody's name as one that any file system takes."""
    return re.sub(r"[^\w+-]+", "_", name).strip("_")[:80] or "unnamed"
