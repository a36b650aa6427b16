"""The comparison report: an ``Evaluation`` for a terminal, as Markdown, as one HTML page, and as JSON.

All say the same: ``sections`` holds the tables and the wording, and each format only sets them.
"""

from pathlib import Path

from microemo import files
from microemo.evaluate.comparison import html, markdown
from microemo.evaluate.evaluation import Evaluation


def save(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write ``evaluation.json``, ``comparison.md`` and ``comparison.html`` beside the plots, and return their paths.

    Raises ``InputError`` where a plot cannot be read or a file cannot be written.
    """
    contents = {
        "evaluation.json": f"{evaluation.model_dump_json(indent=2)}\n",
        "comparison.md": markdown.render(evaluation),
        "comparison.html": html.render(evaluation, folder),
    }
    return [files.write(folder / name, content.encode()) for name, content in contents.items()]
