"""Rules of the house that no single module's tests hold: the public surface, imports, file sizes, the documents."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from typer.main import get_command

import microemo
from microemo import cli
from microemo.weights import manifest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "microemo"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# Who may import whom: a part may import those before it, itself, and what belongs to all.
SHARED = {
    "errors",
    "extras",
    "spans",
    "hooks",
    "schema",
    "config",
    "progress",
    "files",
    "rows",
    "chat",
    "weights",
    "vocabulary",
}
LAYERS = [
    "media",
    "perception",
    "model",
    "parity",
    "chunks",
    "parse",
    "pipeline",
    "data",
    "train",
    "report",
    "predict",
    "evaluate",
    "cli",
]


def name_of(source: Path) -> str:
    return ".".join(["microemo", *source.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


MODULES = {name_of(source): source for source in SOURCES}


def imports(source: Path, *, deferred: bool) -> set[str]:
    """Modules of the package that the file imports: on import only or, ``deferred``, inside functions too."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(source.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= submodules or {node.module}
        for_types_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not for_types_only and (deferred or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            todo.extend(ast.iter_child_nodes(node))
    return found & MODULES.keys()


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "microemo"


def test_public_names_are_pinned() -> None:
    assert sorted(microemo.__all__) == ["Result", "__version__", "analyze", "load"]
    assert all(hasattr(microemo, name) for name in microemo.__all__)


def test_one_version_everywhere() -> None:
    assert microemo.__version__ == PROJECT["version"]
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("module", ["microemo", "microemo.cli", "microemo.weights"])
def test_import_stays_light(module: str) -> None:
    heavy = ["torch", "transformers", "mediapipe", "faster_whisper", "silero_vad", "cv2", "onnxruntime"]
    program = f"import sys, {module}; print(*(name for name in {heavy} if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (loaded.stdout.strip(), loaded.stderr) == ("", "")


def test_no_file_is_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert not {path: length for path, length in lengths.items() if length > 500}


def test_no_import_cycles() -> None:
    graph = {name: imports(source, deferred=False) - {name} for name, source in MODULES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError and names the cycle


@pytest.mark.parametrize("layer", LAYERS)
def test_dependencies_point_one_way(layer: str) -> None:
    allowed = {*SHARED, *LAYERS[: LAYERS.index(layer) + 1]}
    if layer == "model":
        allowed -= {"media", "perception"}
    used = {
        (name, target)
        for name, source in MODULES.items()
        if part_of(name) == layer
        for target in imports(source, deferred=True) - {"microemo"}
        if part_of(target) not in allowed
    }
    assert not used


def test_every_part_names_its_licence() -> None:
    parts = manifest.read()
    assert parts
    assert all(part.licence.strip() for part in parts.values())


def test_lock_pins_releases_and_nothing_local() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
    assert "torch==2.13.0" in lines


def test_readme_commands_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    lines = re.findall(r"^microemo (.+)$", readme, flags=re.MULTILINE)
    assert lines
    for line in lines:
        command, words = get_command(cli.app), line.split("#")[0].split("|")[0].split()
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        options = {option for parameter in command.params for option in parameter.opts}
        assert not hasattr(command, "commands"), f"no such command: microemo {line}"
        assert {word for word in words if word.startswith("-")} <= options, f"no such option: microemo {line}"


def test_readme_targets_exist() -> None:
    targets = re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    assert {"demo", "test"} <= set(targets)
    assert all(re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE) for target in targets)


@pytest.mark.parametrize("document", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]), ids=lambda p: p.name)
def test_links_between_documents_hold(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []
