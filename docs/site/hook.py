"""What the plain Markdown of the repository needs to be a site: documents from outside ``docs/``, and no dead links.

Links are written for readers of the repository, relative to the document that they are in. Where one leads to a
document of the site it is turned to its page; where it leads to another file, to the repository's address
(``repo_url``) or, while there is none, to a remark where the file is.
"""

import posixpath
import re
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|#)([^)\s#]+)(#[^)\s]*)?\)")
PICTURE = re.compile(r"(!\[[^\]]*\])\((?!https?:)([^)\s]+)\)")
DIAGRAM = re.compile(r"^```mermaid\n.*?^```\n", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the documents from elsewhere."""
    for page, source in config.extra["outside"].items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """The page with its links turned. Diagrams are left out: what draws them would come from another machine."""
    pages = config.extra["outside"]
    source = pages.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    places = {file: name for name, file in pages.items()}
    return turned(DIAGRAM.sub("", markdown), source, places, config.repo_url)


def turned(markdown: str, source: str, places: dict[str, str], repo_url: str | None = None) -> str:
    """The text of ``source``, a file of the repository; ``places`` are the pages of files outside ``docs/``."""

    def turn(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        file = _file(source, target)
        if not (ROOT / file).exists():
            return link[0]  # mkdocs names it, and stops
        if file in places or re.fullmatch(r"docs/.*\.md", file):
            return f"[{text}]({places.get(file, file.removeprefix('docs/'))}{anchor})"
        if repo_url:
            return f"[{text}]({repo_url.rstrip('/')}/blob/main/{file}{anchor})"
        return f'<abbr title="{escape(file)} in the repository">{text}</abbr>'

    def turn_picture(picture: re.Match[str]) -> str:
        return f"{picture[1]}({_file(source, picture[2]).removeprefix('docs/')})"

    return PICTURE.sub(turn_picture, LINK.sub(turn, markdown))


def _file(source: str, target: str) -> str:
    """Where a link of ``source`` leads, from the root of the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
