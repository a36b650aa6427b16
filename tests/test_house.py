"""Rules of the house that no single module's tests hold: the public surface, imports, file sizes, the documents."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import microemo
from microemo.model import auto_map
from microemo.pipeline import NANO
from microemo.weights import manifest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "microemo"
SOURCES = sorted(set(PACKAGE.rglob("*.py")) - {NANO / auto_map.CODE_FILE})  # which comes with a model
ROOMS = ("docs", "recipes", "studies", "src/microemo/weights/nano")  # that have documents
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# The way of the data, from the ground up: a module may import what stands before its own part, and that part.
# All imports count: those inside functions and those for types as well.
ORDER = [
    "errors", "memory", "threads", "hooks", "ahead", "extras", "spans", "filter_banks", "files", "rows", "schema",
    "device", "config", "progress", "lexicon", "clues",
    "weights", "chat", "media", "perception", "model", "parity", "claims", "chunks", "counterfactual", "citations",
    "told", "parse",
    "phases", "overall", "answers", "effects", "corrections", "report",
    "result", "loading", "pipeline", "server", "data", "batch", "predict", "evaluate", "train", "study", "doctor",
    "bench", "hub", "cli",
]  # fmt: skip
FORBIDDEN = {("model", "media"), ("model", "perception"), ("evaluate", "predict")}


def name_of(source: Path) -> str:
    return ".".join(["microemo", *source.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")


MODULES = {name_of(source): source for source in SOURCES}


def imports(source: Path) -> set[str]:
    """Modules of the package that a file imports, on import or later."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & MODULES.keys() or {node.module}
    return found & MODULES.keys() - {"microemo"}  # of the package itself, modules take the version


def part_of(module: str) -> str:
    return module.split(".")[1] if "." in module else "microemo"


def test_public_names_are_pinned() -> None:
    assert microemo.__all__ == [
        "Answer", "Claim", "ClipInfo", "Clue", "Cue", "Effect", "Emotion", "Hook", "InputError", "KeyFrame",
        "MicroEmoError", "ModelInfo", "PersonAnswer", "Pipeline", "Result", "UtteranceAnswer", "WeightsError",
        "__version__", "analyze", "evaluate", "load",
    ]  # fmt: skip
    assert all(hasattr(microemo, name) for name in microemo.__all__)
    assert set(microemo.LAZY) < set(microemo.__all__)


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
    assert not {path: length for path, length in lengths.items() if length > 400}


@pytest.mark.parametrize("module", MODULES)
def test_the_package_knows_no_recipe_and_no_study(module: str) -> None:
    assert not re.search(r"^\s*(from|import) (recipes|studies|benchmarks)\b", MODULES[module].read_text(), re.MULTILINE)


def test_every_part_has_its_place() -> None:
    assert sorted({part_of(module) for module in MODULES} - {"microemo", "__main__"}) == sorted(ORDER)


@pytest.mark.parametrize("part", ORDER)
def test_imports_point_one_way(part: str) -> None:
    before = set(ORDER[: ORDER.index(part) + 1]) - {barred for who, barred in FORBIDDEN if who == part}
    found = {(module, target) for module in MODULES if part_of(module) == part for target in imports(MODULES[module])}
    assert {(module, target) for module, target in found if part_of(target) not in before} == set()


def test_no_import_circles() -> None:
    graph = {name: imports(source) - {name, name.rpartition(".")[0]} for name, source in MODULES.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError and names the circle


def test_whatever_the_code_reads_beside_itself_is_installed_with_it() -> None:
    """An editable install has every file anyhow; a wheel has those that ``pyproject.toml`` names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    named = {file for pattern in settings["package-data"]["microemo"] for file in PACKAGE.glob(pattern)}
    tracked = subprocess.run(["git", "ls-files", PACKAGE], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    others = {ROOT / line for line in tracked.splitlines() if not line.endswith(".py")}
    assert len(others) > 40 and not others - named, sorted(map(str, others - named))


def test_every_part_names_its_licence() -> None:
    parts = manifest.read()
    assert parts
    assert all(part.licence.strip() for part in parts.values())


def test_lock_pins_releases_and_nothing_local() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
    assert "torch==2.13.0" in lines


@pytest.mark.parametrize(
    "document",
    sorted([*ROOT.glob("*.md"), *(p for room in ROOMS for p in (ROOT / room).rglob("*.md"))]),
    ids=lambda p: p.name,
)
def test_links_between_documents_hold(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []
