"""Whether a command that a document names is one that the code takes. Nothing is run."""

import argparse
import ast
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

import typer
from documents import ROOT, Command
from typer.main import get_command

from microemo import cli, report
from microemo.data.layouts import LAYOUTS
from microemo.errors import MicroEmoError
from microemo.perception.spoken_language import language_code
from microemo.report.columns import check_scheme
from microemo.train import config as train_config
from microemo.weights import manifest

OTHERS = {
    "accelerate": "starts training on several processes; the command that it starts is checked",
    "torchrun": "the same",
    "srun": "SLURM's; the command that it starts is checked",
    "scontrol": "SLURM's",
    "ray": "Ray's; the command that it starts is checked",
    "curl": "asks the server, whose interface tests/server checks",
    "jq": "reads what --json prints",
    "head": "the shell's",
    "source": "the shell's",
    "python3": "the system's, which makes an environment",
    "hf": "of huggingface_hub",
    "mkdocs": "the site's, built by make test",
    "mypy": "a step of make test",
    "pytest": "a step of make test",
    "ruff": "a step of make test",
}
"""Programs that are not ours, and why naming them is well."""


def complaint(command: Command) -> str | None:
    """What is wrong with a command, or None."""
    program, *arguments = command.words
    name = Path(program).name
    if name in CHECKS:
        return CHECKS[name](arguments, command.is_mention)
    return None if name in OTHERS else f"{name}: not on the list of programs"


def _microemo(arguments: Sequence[str], is_mention: bool) -> str | None:
    """Parsed by the application itself, to the innermost command, whose function is not called."""
    command: Any = get_command(cli.app)
    name, context, rest = "microemo", None, list(arguments)
    try:
        while True:
            context = command.make_context(name, rest, parent=context)
            if not hasattr(command, "commands"):
                return _values(context.params)
            name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
    except typer.Exit:  # --help, --version
        return None
    except typer.TyperException as error:
        lacks = type(error).__name__ in ("MissingParameter", "NoArgsIsHelpError")
        return None if is_mention and lacks else error.format_message()


def _values(given: dict[str, Any]) -> str | None:
    """Values that the functions of the commands check, not the parser. In capitals they stand for any."""
    try:
        for name, check in VALUES.items():
            value = given.get(name)
            for one in value if isinstance(value, list | tuple) else [value]:
                if one is not None and not str(one).isupper():
                    check(one, given)
    except (MicroEmoError, KeyError) as error:
        return str(error)
    return None


def _configuration(path: Path, given: dict[str, Any]) -> None:
    """Of the repository alone: others are the reader's."""
    if (ROOT / path).exists():
        train_config.load(ROOT / path, given["overrides"] or [])


VALUES: dict[str, Callable[[Any, dict[str, Any]], object]] = {
    "formats": lambda value, _: report.check_formats(value.split(",")),
    "columns": lambda value, _: check_scheme(value),
    "language": lambda value, _: language_code(value),
    "layout": lambda value, _: {**LAYOUTS, "auto": None}[value],
    "parts": lambda value, _: manifest.part(value),
    "config": _configuration,
}


def _python(arguments: Sequence[str], is_mention: bool) -> str | None:
    """A module or a file of the repository, with arguments as its source declares them."""
    if arguments[0] == "-m":
        name, rest = arguments[1], arguments[2:]
        if name == "microemo":
            return _microemo(rest, is_mention)
        source = _source(name)
        if source is None:
            return f"{name}: no such module"
    else:
        source, rest = ROOT / arguments[0], arguments[1:]
        if not source.is_file():
            return f"{arguments[0]}: no such file"
    return _parsed(source, rest, is_mention)


def _source(module: str) -> Path | None:
    place = module.replace(".", "/")
    candidates = (ROOT / base / f"{place}{end}.py" for base in ("", "src") for end in ("", "/__main__"))
    return next((file for file in candidates if file.is_file()), None)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _parsed(source: Path, arguments: Sequence[str], is_mention: bool) -> str | None:
    """Read by a parser that is built from the source: importing it could take seconds, and more than this machine."""
    if "--help" in arguments:
        return None
    parser = _Parser(allow_abbrev=False)
    for names, options in _declared(_with_arguments(source)):
        parser.add_argument(*names, **options)
    try:
        parser.parse_args(arguments)
    except ValueError as error:
        return None if is_mention and "are required" in str(error) else f"{source.relative_to(ROOT)}: {error}"
    return None


def _with_arguments(source: Path) -> ast.Module:
    """The module, or the one whose ``main`` it calls, that declares arguments."""
    tree = ast.parse(source.read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    candidates = [_source(f"{node.module}.{name.name}") for node in imports for name in node.names]
    others = [ast.parse(file.read_text()) for file in candidates if file]
    return next((module for module in (tree, *others) if any(_declared(module))), tree)


KEPT = {"action", "choices", "nargs", "required", "type"}


def _declared(tree: ast.Module) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """What each ``add_argument`` is given, in order; a loop over names declares each of them."""
    looped = {
        id(call): _literal(loop.iter) for loop in ast.walk(tree) if isinstance(loop, ast.For) for call in ast.walk(loop)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_argument(node)]
    for call in sorted(calls, key=lambda call: call.lineno):
        options = {word.arg: _literal(word.value) for word in call.keywords if word.arg in KEPT}
        kept = {name: value for name, value in options.items() if value is not None}
        first = call.args[0]
        if isinstance(first, ast.Name):
            yield from (([name], kept) for name in looped[id(call)])
        else:
            yield [ast.literal_eval(name) for name in call.args], kept


def _is_argument(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"


def _literal(value: ast.expr) -> Any:
    """A value that is written out, or a type of numbers; None for what is only known when the code runs."""
    if isinstance(value, ast.Name):
        return {"int": int, "float": float}.get(value.id)
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None


def options() -> set[str]:
    """Every option of a command of ours, and of a program in the repository."""
    files = (file for room in ("benchmarks", "recipes", "studies") for file in (ROOT / room).rglob("*.py"))
    declared = (names for file in files for names, _ in _declared(ast.parse(file.read_text())))
    return {"--help", *_options(get_command(cli.app)), *chain.from_iterable(declared)}


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    for inner in getattr(command, "commands", {}).values():
        yield from _options(inner)


def _make(arguments: Sequence[str], is_mention: bool) -> str | None:
    makefile = (ROOT / "Makefile").read_text()
    targets = [word for word in arguments if "=" not in word]
    absent = [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)]
    return f"no such target: {absent[0]}" if absent else None


def _pip(arguments: Sequence[str], is_mention: bool) -> str | None:
    """Our own extras, where it installs any."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [
        extra for word in arguments for extra in "".join(re.findall(r"^(?:\.|microemo)\[(.*)\]$", word)).split(",")
    ]
    absent = {extra for extra in named if extra and not extra.isupper()} - set(project["optional-dependencies"])
    return f"no such extra: {', '.join(absent)}" if absent else None


CHECKS: dict[str, Callable[[Sequence[str], bool], str | None]] = {
    "microemo": _microemo,
    "python": _python,
    "make": _make,
    "pip": _pip,
}
