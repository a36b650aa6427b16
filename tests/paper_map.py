"""The places in the code that ``docs/paper.md`` names. Run it to bring the document's line numbers up to date."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "paper.md"
LINK = re.compile(r"\[`(?P<symbol>[\w.]+)`\]\(\.\./(?P<file>[\w/.]+\.py)#L(?P<first>\d+)-L(?P<last>\d+)\)")

Lines = tuple[int, int]  # first and last, from 1


def places(source: Path) -> dict[str, Lines]:
    """Where a module's classes, functions and constants are, and its classes' methods and fields (``Class.name``)."""
    return _within(ast.parse(source.read_text()).body, "")


def _within(body: list[ast.stmt], prefix: str) -> dict[str, Lines]:
    found: dict[str, Lines] = {}
    for node in body:
        for name in _names(node):
            found[prefix + name] = (node.lineno, node.end_lineno or node.lineno)
        if isinstance(node, ast.ClassDef):
            found |= _within(node.body, f"{prefix}{node.name}.")
    return found


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def corrected(text: str) -> str:
    """The document with the lines at which each symbol is now. Raises ``KeyError`` where there is none of its name."""

    def link(match: re.Match[str]) -> str:
        first, last = places(ROOT / match["file"])[match["symbol"]]
        return f"[`{match['symbol']}`](../{match['file']}#L{first}-L{last})"

    return LINK.sub(link, text)


if __name__ == "__main__":
    DOCUMENT.write_text(corrected(DOCUMENT.read_text()))
