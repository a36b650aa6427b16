"""What can go wrong on the user's side. Each message is one line: what, which file, what to do."""

from collections.abc import Mapping
from typing import Any


class MicroEmoError(Exception):
    """Base of every error meant for the user; the CLI prints it as one line and exits with 2."""


class InputError(MicroEmoError):
    """Something given cannot be used: a file that is missing, unreadable or not what its name says, an unknown name."""


class WeightsError(MicroEmoError):
    """A pretrained part is missing, cannot be fetched, or does not have the expected checksum."""


def reason(error: Exception) -> str:
    """Why something failed, in one line: the message meant for the user or, of a bug, the exception's type as well."""
    message = str(error) if isinstance(error, MicroEmoError) else f"{type(error).__name__}: {error}"
    return " ".join(message.split())


def in_a_line(problem: Mapping[str, Any]) -> str:
    """One of the faults that pydantic found: where, and what."""
    where = ".".join(str(part) for part in problem["loc"])
    return " ".join(f"{where}: {problem['msg']}".removeprefix(": ").split())
