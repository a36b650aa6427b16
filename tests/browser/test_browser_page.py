"""The page from end to end in a browser: a recording sent, watched, looked through, corrected, and exported."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import edited_clip
import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, expect, sync_playwright
from pympi.Elan import Eaf
from report_samples import make_video
from served import address, client

from microemo.corrections import Corrections, apply
from microemo.report import html

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TIME = "Number(document.querySelector('.playhead').getAttribute('aria-valuenow'))"
PLAYER = "document.querySelector('video')"
FURIOUS = "quietly furious"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if PROGRAM is None:
        pytest.skip("no Chromium found: the page was not driven from end to end")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=PROGRAM)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("recordings") / "talk.mp4")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with client(tmp_path_factory.mktemp("edited") / "data", edited_clip.load) as asked, address(asked) as made:
        yield made


@pytest.fixture(scope="module")
def offline(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    result = edited_clip.result_of(clip)
    path = tmp_path_factory.mktemp("offline") / "report.html"
    path.write_bytes(html.render(result, result.key_frames))
    return path.as_uri()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which nothing goes wrong, unseen, and which asks nobody but its own host."""
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: complaints.append(request.url) if _leaves(request.url) else None)
    yield opened
    assert complaints == []
    assert opened.evaluate("document.title") != "owned"


def _leaves(address: str) -> bool:
    return not address.startswith(("http://127.0.0.1:", "file:", "data:", "blob:"))


def wait_for(page: Page, condition: str) -> None:
    """Playwright's own waiting would evaluate texts in the page, which its policy does not allow."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise AssertionError(condition)


def is_open(page: Page) -> None:
    page.wait_for_selector("html[data-ready]")
    wait_for(page, f"!{PLAYER}.seeking && {PLAYER}.readyState > 1")


def labels_of(page: Page, person: str, at: str = "0:00.0") -> Any:
    return page.get_by_role("combobox", name=f"Labels, {person}, at {at}")


def tier(download: Download, name: str) -> list[tuple[int, int, str]]:
    return Eaf(str(download.path())).get_annotation_data_for_tier(name)


def test_what_is_corrected_on_the_page_is_in_the_tiers(page: Page, url: str, clip: Path) -> None:
    page.goto(url)
    page.get_by_label("Drop a recording here, or choose one").set_input_files(clip)
    expect(page.get_by_role("progressbar", name="Progress of talk.mp4")).to_be_visible()
    expect(page.locator(".job .state")).to_have_text(
        re.compile("(Looking at faces|Judging), 50 %")
    )  # steps pass quickly
    page.wait_for_url("**/report.html")
    is_open(page)

    page.locator(".utterances").get_by_role("link", name="The brows go down").click()
    assert page.evaluate(TIME) == pytest.approx(0.9)
    assert page.evaluate(f"{PLAYER}.currentTime") == pytest.approx(0.9)

    page.get_by_role("button", name="Correct").click()
    expect(labels_of(page, "P1")).to_have_value("annoyed")
    labels_of(page, "P1").fill(f"{FURIOUS}, hurt")
    page.get_by_role("spinbutton", name="to, at 0:00.0").fill("1.5")
    page.get_by_role("textbox", name="Your name").fill("Ann")
    expect(page.get_by_role("group", name="Corrections")).to_be_visible()
    page.get_by_role("button", name="Save corrections").click()
    expect(page.locator(".saved")).to_have_text("2 utterances corrected, saved on the server.")
    expect(page.locator(".mark.corrected title")).to_have_text(f"{FURIOUS}, hurt (corrected)")

    with page.expect_download() as exported:
        page.get_by_role("link", name="ELAN").click()
    assert tier(exported.value, "P1 emotion 1")[0] == (0, 1500, FURIOUS)
    assert tier(exported.value, "P1 emotion 2")[0] == (0, 1500, "hurt")
    assert tier(exported.value, "P3 transcript") == [(1500, 3000, edited_clip.HOSTILE)]  # the border moved for both

    page.reload()
    expect(page.locator(".instead")).to_have_text(f"{FURIOUS}, hurt corrected")
    expect(page.get_by_role("link", name="The brows go down")).to_have_count(0)  # no reason for another label
    page.get_by_role("button", name="Correct").click()
    expect(page.get_by_role("textbox", name="Your name")).to_have_value("Ann")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the first visible element of a selector has the focus."""
    page.evaluate("document.activeElement.blur()")
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_a_keyboard_is_enough(page: Page, url: str, clip: Path) -> None:
    page.on("filechooser", lambda chooser: chooser.set_files(clip))  # early: it is only then caught that it opens
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    tab_to(page, ".drop input")
    page.keyboard.press("Enter")
    page.wait_for_url("**/report.html")
    is_open(page)

    tab_to(page, ".utterances a.claim")
    page.keyboard.press("Enter")
    assert page.evaluate(TIME) == pytest.approx(0.9)
    page.keyboard.press("s")
    wait_for(page, f"{PLAYER}.playbackRate === 0.25 && !{PLAYER}.paused")
    page.evaluate(f"{PLAYER}.pause()")
    wait_for(page, f"{PLAYER}.playbackRate === 1")  # the event comes a little later

    page.keyboard.press("e")
    expect(labels_of(page, "P1")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("relieved")
    page.keyboard.press("Control+S")
    expect(page.locator(".saved")).to_have_text("1 utterance corrected, saved on the server.")
    tab_to(page, ".exports a")
    with page.expect_download() as exported:
        page.keyboard.press("Enter")
    assert tier(exported.value, "P1 emotion 1")[0] == (0, 2000, "relieved")


def test_a_page_without_a_server_saves_a_file_and_reads_it(
    page: Page, offline: str, clip: Path, tmp_path: Path
) -> None:
    page.goto(offline)
    is_open(page)
    page.get_by_role("button", name="Correct").click()
    labels_of(page, "P2").fill("embarrassed")
    page.get_by_role("textbox", name="Why, P2, at 0:00.0").fill(edited_clip.HOSTILE)
    page.get_by_role("spinbutton", name="to, at 0:00.0").fill("9")
    page.get_by_role("button", name="Save corrections").click()
    expect(page.get_by_role("alert")).to_have_text("At 0:00.0: this ends after the recording.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("spinbutton", name="to, at 0:00.0")).to_have_value("2.00")
    expect(page.get_by_role("alert")).to_be_hidden()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save corrections").click()
    assert saved.value.suggested_filename == "corrections.json"
    kept = Path(shutil.copy(saved.value.path(), tmp_path / "corrections.json"))
    corrected = apply(edited_clip.result_of(clip), Corrections.read(kept))
    assert corrected.people[1].listening[0].emotions[0].label == "embarrassed"
    assert corrected.people[1].listening[0].explanation == edited_clip.HOSTILE

    page.reload()
    is_open(page)
    page.get_by_role("button", name="Correct").click()
    page.get_by_label("Open corrections").set_input_files(kept)
    expect(page.locator(".instead b")).to_have_text("embarrassed")
    assert page.locator("main img").count() == 0
    page.get_by_role("button", name="As it was, at 0:00.0").click()
    expect(page.locator(".instead")).to_have_count(0)


def test_leaving_with_unsaved_corrections_is_asked_about(page: Page, offline: str) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(offline)
    is_open(page)
    page.get_by_role("button", name="Correct").click()
    labels_of(page, "P1").fill("calm")
    labels_of(page, "P1").blur()
    page.reload()
    assert asked == ["beforeunload"]


def test_clues_are_filtered_by_region_and_strength(page: Page, offline: str) -> None:
    page.goto(offline)
    is_open(page)
    shown = page.get_by_role("group", name="What is shown").locator(".count")
    rows, marks = page.locator(".clues tbody tr:visible"), page.locator(".track a[id]:visible")
    expect(shown).to_have_text("6 of 6 clues, 16 of 16 key frames")
    height = page.locator(".track > svg").bounding_box()["height"]  # type: ignore[index]
    page.get_by_role("combobox", name="Region").select_option("mouth")
    expect(shown).to_have_text("2 of 6 clues, 3 of 16 key frames")
    assert (rows.count(), marks.count()) == (2, 2)
    assert page.locator(".track > svg").bounding_box()["height"] < height  # type: ignore[index]
    page.get_by_role("radio", name="P2").check()
    expect(shown).to_have_text("1 of 6 clues, 1 of 16 key frames")
    page.get_by_role("slider", name="Clues from").fill("65")
    expect(shown).to_have_text("0 of 6 clues, 0 of 16 key frames")
    page.get_by_role("slider", name="Labels from").fill("85")
    assert page.locator(".utterances .bars li:visible, .mark.emotions:visible").count() == 0


def test_faces_are_outlined_and_clues_played_slowly(page: Page, offline: str) -> None:
    page.goto(offline + "#t=1.1")
    is_open(page)
    face = page.locator(".overlay g[data-person='1']")
    assert set(face.locator("polygon.active").evaluate_all("all => all.map(one => one.classList[0])")) == {"brows"}
    expect(face.locator("text")).to_have_text("P1 micro brow raise")
    left = face.locator("polygon").first.bounding_box()["x"]  # type: ignore[index]
    page.evaluate("report.seek(3.5)")
    assert face.locator("polygon").first.bounding_box()["x"] > left  # type: ignore[index]  # it moves with the face
    page.evaluate(f"{PLAYER}.muted = true")
    page.get_by_role("button", name="Play micro brow raise at 0:01.1 slowly").click()
    wait_for(page, f"{PLAYER}.playbackRate === 0.25 && !{PLAYER}.paused")
    assert page.evaluate(TIME) == pytest.approx(0.7, abs=0.15)
    expect(page.get_by_text("¼ speed")).to_be_visible()
    wait_for(page, f"{PLAYER}.paused && {PLAYER}.playbackRate === 1")
    assert page.evaluate(TIME) == pytest.approx(1.6, abs=0.2)
    page.get_by_role("checkbox", name="Outline the regions of faces").uncheck()
    expect(page.locator(".overlay")).to_be_hidden()


def test_a_claim_lights_up_its_clue_and_says_what_hangs_on_it(page: Page, offline: str) -> None:
    page.goto(offline)
    is_open(page)
    claim = page.locator(".utterances").get_by_role("link", name="The brows go down")
    claim.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("without it: annoyed 80% → 45%")
    expect(claim).to_have_accessible_description(page.get_by_role("tooltip").inner_text().replace("\n", " "))
    lit = page.locator(".lit").evaluate_all("all => all.map(one => one.dataset.clue)")
    assert len(lit) > 3 and set(lit) == {"1"}
    assert page.locator(".track #clue-1.lit, tr.lit, figure .lit, .effects .lit").count() >= 4
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_corrections_fit_the_screen_and_have_names(chromium: Browser, offline: str, width: int, scheme: Any) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(offline)
    is_open(page)
    page.keyboard.press("e")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for role in ("button", "textbox", "combobox", "spinbutton", "slider", "checkbox", "link"):
        names = page.get_by_role(role).all()  # type: ignore[arg-type]
        assert all(one.aria_snapshot().split(" ", 2)[-1].startswith('"') for one in names), role
    context.close()
