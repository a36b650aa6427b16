"""Packages that only an extra installs, such as ``openpyxl`` of ``[eval]``: imported by ``require``, where needed."""

import importlib
from types import ModuleType

from microemo.errors import MicroEmoError


def require(module: str, extra: str) -> ModuleType:
    """The module. Raises ``MicroEmoError``, with the command that installs ``extra``, if its package is not there."""
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise  # the package is there, but something that it needs is not
        raise MicroEmoError(f"{package} is not installed; run: pip install 'microemo[{extra}]'") from error
