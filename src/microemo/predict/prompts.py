"""What systems are asked; the words are in ``prompts.toml``."""

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from microemo.errors import InputError

ABSENT = "(none)"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("prompts.toml").read_text(encoding="utf-8"))


def question(name_or_text: str) -> str:
    """A question by its name, or in the user's own words. Raises ``InputError`` on a single word that is no name."""
    questions = _table()["questions"]
    text = questions.get(name_or_text, name_or_text).strip()
    if len(text.split()) < 2:
        raise InputError(f"{name_or_text!r} is no prompt; give {', '.join(questions)} or a question in your own words")
    return text


def with_subtitle(question: str, subtitle: str) -> str:
    """The question, after the words that are spoken in the clip if they are known."""
    return _filled("with_subtitle", subtitle=subtitle, question=question) if subtitle else question


def audio() -> str:
    """What the describer of the sound is asked."""
    return _filled("audio")


def video() -> str:
    """What the describer of the pictures is asked."""
    return _filled("video")


def combine(audio: str, video: str, subtitle: str, question: str) -> str:
    """What the combiner of two descriptions is asked; what there is not is ""."""
    described = {"audio": audio or ABSENT, "video": video or ABSENT, "subtitle": subtitle or ABSENT}
    return _filled("combine", **described, question=question)


def sha256(question: str | None) -> str | None:
    """Of the question; None where a system has questions of its own."""
    return None if question is None else hashlib.sha256(question.encode()).hexdigest()


def _filled(name: str, **values: str) -> str:
    return _table()[name]["text"].strip().format(**values)
