"""The site: it builds, its links lead somewhere, and its pages ask for nothing from any other machine."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from documents import ROOT
from headless_browser import Browser

SITE_PARTS = ("docs", "recipes", "studies", "src/microemo/weights/nano")  # what pages are made of, or link to


def build(root: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--config-file",
        str(root / "mkdocs.yml"),
        "--site-dir",
        str(out),
    ]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    done = build(ROOT, out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_hook", ROOT / "docs" / "site" / "hook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_document_is_a_page(site: Path) -> None:
    pages = {page.stem for page in site.glob("*.html")}
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} - {"README"} < pages
    assert {"index", "project", "model-card", "nano", "ablation", "changelog", "contributing"} < pages


def test_links_within_the_site_lead_to_files(site: Path) -> None:
    for page in site.glob("*.html"):
        links = re.findall(r'(?:href|src)="?([^"\s>#?]+)', page.read_text())
        inner = [link for link in links if not re.match(r"https?:|data:|/$", link)]
        assert inner
        if page.name != "404.html":  # whose links are those of a server
            assert [link for link in inner if not (page.parent / link).exists()] == []


def test_what_stays_outside_is_said_and_no_link(site: Path) -> None:
    page = (site / "training.html").read_text()
    assert '<abbr title="src/microemo/train/clips.py in the repository">' in page
    assert "../src" not in page


def test_a_link_to_nothing_stops_the_build(tmp_path: Path) -> None:
    for part in SITE_PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    for file in (*ROOT.glob("*.md"), ROOT / "mkdocs.yml"):
        shutil.copy(file, tmp_path)
    with (tmp_path / "docs" / "install.md").open("a") as page:
        page.write("[a](../no_such.md), [b](formats.md#no-such-heading)\n")
    done = build(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert "no_such.md" in done.stderr and "no-such-heading" in done.stderr


@pytest.mark.parametrize(
    ("source", "link", "turned"),
    [
        ("docs/data.md", "[a](training.md#stages)", "[a](training.md#stages)"),
        ("docs/data.md", "[a](../README.md#use)", "[a](project.md#use)"),
        ("README.md", "[a](docs/data.md) ![b](docs/images/report.png)", "[a](data.md) ![b](images/report.png)"),
        ("recipes/nano/README.md", "[a](../../docs/data.md)", "[a](data.md)"),
        ("docs/data.md", "[`[a]`](../Makefile)", '<abbr title="Makefile in the repository">`[a]`</abbr>'),
        ("docs/data.md", "[a](../no_such)", "[a](../no_such)"),
        ("docs/data.md", "[a](https://b.c/d) [e](#f)", "[a](https://b.c/d) [e](#f)"),
    ],
)
def test_links_are_turned(hook: ModuleType, source: str, link: str, turned: str) -> None:
    assert hook.turned(link, source, {"README.md": "project.md"}) == turned


def test_once_the_repository_has_an_address_links_lead_there(hook: ModuleType) -> None:
    turned = hook.turned("[a](../Makefile)", "docs/data.md", {}, "https://host/us/it/")
    assert turned == "[a](https://host/us/it/blob/main/Makefile)"


def test_pages_load_nothing_from_elsewhere_and_search_works_from_the_folder(site: Path, browser: Browser) -> None:
    found = "document.querySelectorAll('.md-search-result__item').length"
    browser.open(f"file://{site}/index.html?q=shimmer", ready=f"{found} > 1")
    asked = [
        event["params"]["request"]["url"] for event in browser.events if event["method"] == "Network.requestWillBeSent"
    ]
    assert asked and {url.partition(":")[0] for url in asked} <= {"file", "data", "blob"}
