"""The documents of the repository, and the commands that they name."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
HISTORY = {"CHANGELOG.md", "docs/log.md"}  # they speak of what was, not of what is
ROOMS = ("docs", "recipes", "studies", "benchmarks", "src/microemo/weights/nano")
DOCUMENTS = sorted(
    file
    for file in (*ROOT.glob("*.md"), *(file for room in ROOMS for file in (ROOT / room).rglob("*.md")))
    if file.relative_to(ROOT).as_posix() not in HISTORY
)

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELLS = {"bash", "sh", "shell", "console"}
MENTION = re.compile(r"`((?:[A-Z_]+=\S+ )*(?:microemo|python|pip|make|\.venv/bin/\w+) [^`]+)`")
REMARK = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
STARTERS = {"srun", "accelerate", "torchrun"}
"""What starts another command, of which it is a part."""


class Command(NamedTuple):
    """A program and its arguments; ``is_mention``: named in a sentence, so what it needs may be left out."""

    words: tuple[str, ...]
    is_mention: bool = False

    def __str__(self) -> str:
        return shlex.join(self.words)


def commands(text: str) -> Iterator[Command]:
    """All commands of a document: those of its shell blocks, and those within its sentences."""
    for language, block in FENCE.findall(text):
        if language in SHELLS:
            for line in REMARK.sub("", block.replace("\\\n", " ")).splitlines():
                yield from map(Command, simple_commands(line.removeprefix("$ ")))
    for mention in MENTION.findall(FENCE.sub("", text)):
        yield from (Command(words, is_mention=True) for words in simple_commands(mention))


def simple_commands(line: str) -> Iterator[tuple[str, ...]]:
    """The commands of a line of shell, each without its variables and its redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    is_file = False  # the next word, of a redirection
    for token in (*lexer, ";"):
        if is_file or set(token) <= set("<>"):
            is_file = not is_file
        elif set(token) <= set("|&;()"):
            yield from _without_variables(words)
            words = []
        else:
            words.append(token)


def _without_variables(words: list[str]) -> Iterator[tuple[str, ...]]:
    while words and (words[0] == "export" or re.match(r"\w+=", words[0])):
        words = words[1:]
    if not words:
        return
    yield tuple(words)
    started = next((at for at, word in enumerate(words) if word in ("microemo", "-m")), None)
    if started is not None and (words[0] in STARTERS or "--" in words):
        yield (*(("python",) if words[started] == "-m" else ()), *words[started:])
