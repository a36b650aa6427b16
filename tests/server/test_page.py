"""The page as a browser shows it: a recording dropped, watched, opened, deleted; hostile names are only text."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import stub_analysis
from headless_browser import Browser
from served import address, client

HOSTILE = "<img src=x onerror=document.title='owned'> & \"quotes\" \u202e אבג.mp4"
TEXT = "document.querySelector('.jobs').innerText"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The page's address on a real port, and the folder of its jobs."""
    data = tmp_path_factory.mktemp("page") / "data"
    with client(data, stub_analysis.load, max_upload_bytes=2**20) as asked, address(asked) as url:
        yield url, data


def drop(browser: Browser, content: str, name: str) -> None:
    """As a mouse lets go of a file on the page."""
    browser.evaluate(
        f"(() => {{ const held = new DataTransfer(); held.items.add(new File([{json.dumps(content)}], "
        f"{json.dumps(name)})); window.dispatchEvent(new DragEvent('drop', {{dataTransfer: held}})); }})()"
    )


def test_a_dropped_recording_is_watched_and_its_report_opens(browser: Browser, served: tuple[str, Path]) -> None:
    url, data = served
    browser.open(url)
    assert "There are none yet" in browser.evaluate(TEXT)
    drop(browser, "slow", "clip.mp4")
    browser.wait_for(f"{TEXT}.includes('Looking at faces')")
    assert browser.evaluate("document.querySelector('.job button').textContent") == "Cancel"
    (data.parent / "gate").touch()
    for _ in range(500):  # whatever is asked within the page would not outlive it
        address = browser.send("Page.getFrameTree")["frameTree"]["frame"]["url"]
        if address.endswith("/report.html"):
            break
        time.sleep(0.02)
    assert address.endswith("/report.html")


def test_hostile_names_and_errors_are_text_and_jobs_are_deleted(browser: Browser, served: tuple[str, Path]) -> None:
    url, data = served
    browser.open(url)
    drop(browser, "bug <script>", HOSTILE)
    browser.wait_for(f"{TEXT}.includes('Failed: RuntimeError')")
    assert "<img src=x onerror=document.title='owned'>" in browser.evaluate(TEXT)
    assert browser.evaluate("document.title") == "MicroEmo"
    assert not browser.evaluate("document.querySelector('.jobs img')")
    assert "error" not in browser.evaluate("({...document.documentElement.dataset})")
    assert [event for event in browser.events if event["method"] == "Runtime.exceptionThrown"] == []

    before = browser.evaluate("document.querySelectorAll('.job').length")
    browser.click(".job button")
    assert browser.evaluate("document.querySelector('.job button').textContent") == "Delete for good?"
    browser.click(".job button")
    browser.wait_for(f"document.querySelectorAll('.job').length == {before - 1}")
    assert len(list((data / "jobs").iterdir())) == before - 1


def test_a_file_that_is_too_large_is_named(browser: Browser, served: tuple[str, Path]) -> None:
    browser.open(served[0])
    browser.wait_for("document.querySelector('.limit').textContent")
    drop(browser, "x" * (2**20 + 1), "large.mp4")
    assert "large.mp4: larger than this server takes (1 MiB)" in browser.evaluate(
        "document.querySelector('[role=alert]').innerText"
    )


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1600, True)])
def test_the_page_fits_and_everything_has_a_name(
    browser: Browser, served: tuple[str, Path], width: int, dark: bool
) -> None:
    browser.open(served[0])
    browser.send("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.send("Emulation.setEmulatedMedia", features=[scheme])
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    tree = browser.send("Accessibility.getFullAXTree")["nodes"]
    named = {"button", "link", "textbox", "combobox", "checkbox", "progressindicator"}
    nameless = [node for node in tree if node.get("role", {}).get("value") in named and not node["name"]["value"]]
    assert nameless == []
    browser.send("Emulation.clearDeviceMetricsOverride")
