"""The page as a browser shows it: scripts run, the recording plays, and everything leads to its moment."""

from pathlib import Path

import pytest
from headless_browser import Browser
from people_samples import FACES, make_people_result
from report_samples import DURATION_SEC, KEY_FRAMES, make_result, make_video

from microemo import report

PLAYHEAD = "Number(document.querySelector('.playhead').getAttribute('aria-valuenow'))"
PLAYER = "document.querySelector('video, audio')"
NOT_SEEKING = f"!{PLAYER}.seeking && {PLAYER}.readyState > 1"


@pytest.fixture(scope="module")
def page(video: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    result = make_result(video)
    return report.save(result, tmp_path_factory.mktemp("out"), ["html"], KEY_FRAMES)[0].as_uri()


def complaints(browser: Browser) -> list[dict]:
    """Script errors, breaches of the page's own security policy, and requests beyond the page itself."""
    return [
        event
        for event in browser.events
        if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")
        or (event["method"] == "Network.requestWillBeSent"
            and not event["params"]["request"]["url"].startswith(("file:", "data:")))
    ]  # fmt: skip


def test_page_runs_and_plays(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.wait_for(f"{PLAYER}.readyState > 0")
    assert browser.evaluate(f"{PLAYER}.duration") == pytest.approx(DURATION_SEC, abs=0.1)
    assert browser.evaluate(f"{PLAYER}.videoWidth") == 160
    assert browser.evaluate("document.querySelectorAll('.track .mark').length") == 2 + 2 + 5
    assert browser.evaluate("document.querySelector('.open-file').hidden")
    before = browser.evaluate(PLAYHEAD)
    browser.evaluate(f"{PLAYER}.muted = true, {PLAYER}.play()")
    browser.wait_for(f"{PLAYHEAD} > 0.3")
    assert before == 0
    assert complaints(browser) == []


@pytest.mark.parametrize(
    ("selector", "seconds"),
    [
        (".overall .claim[href='#clue-3']", 3.0),  # a claim leads to its clue's apex
        (".track #clue-2 .body", 1.1),
        (".track [href='#utterance-1'] .body", 2.0),
        (".utterances .when a[href='#utterance-1']", 2.0),
        (".key-frames figure:last-child a", 3.5),
        (".clues tr[data-clue='4'] a", 2.8),
    ],
)
def test_click_seeks(browser: Browser, page: str, selector: str, seconds: float) -> None:
    browser.open(page)
    browser.wait_for(NOT_SEEKING)
    browser.click(selector)
    browser.wait_for(f"{PLAYHEAD} > 0 && {NOT_SEEKING}")
    assert browser.evaluate(PLAYHEAD) == pytest.approx(seconds)
    assert browser.evaluate(f"{PLAYER}.currentTime") == pytest.approx(seconds)
    assert complaints(browser) == []


def test_click_between_marks_seeks(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.click(".track .tick:nth-of-type(4) path")  # the ruler's line at 1.5 s
    assert browser.evaluate(PLAYHEAD) == pytest.approx(1.5, abs=0.02)


def test_claim_highlights_its_clue(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.click(".overall .claim[href='#clue-3']")
    chosen = browser.evaluate("[...document.querySelectorAll('.chosen')].map(e => e.dataset.clue)")
    assert set(chosen) == {"3"}
    assert browser.evaluate("document.querySelector('.track #clue-3').classList.contains('chosen')")
    assert browser.evaluate("document.querySelector('.clues tr[data-clue=\"3\"]').classList.contains('chosen')")
    assert browser.evaluate("document.querySelector('.doing').textContent") == "lip corner puller · jaw drop"


def test_keyboard_alone_suffices(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.evaluate("document.querySelector('.overall .claim[href=\"#clue-3\"]').focus()")
    browser.press("Enter")
    assert browser.evaluate(PLAYHEAD) == pytest.approx(3.0)
    browser.evaluate("document.querySelector('.playhead').focus()")
    browser.press("ArrowRight")
    assert browser.evaluate(PLAYHEAD) == pytest.approx(3.5)
    marks = "[...document.querySelectorAll('.track .mark')]"
    assert browser.evaluate(f"{marks}.every(mark => {{ mark.focus(); return document.activeElement === mark }})")


@pytest.mark.parametrize(("name", "seconds"), [("#clue-3", 3.0), ("#utterance-1", 2.0), ("#t=1.25", 1.25)])
def test_address_of_a_moment(browser: Browser, page: str, name: str, seconds: float) -> None:
    browser.open(page + name)
    browser.wait_for(NOT_SEEKING)
    assert browser.evaluate(f"{PLAYER}.currentTime") == pytest.approx(seconds)
    assert browser.evaluate(PLAYHEAD) == pytest.approx(seconds)


def test_player_follows_the_reader(browser: Browser, page: str) -> None:
    browser.open(page)
    browser.wait_for(NOT_SEEKING)
    browser.evaluate("document.querySelector('footer').scrollIntoView()")
    browser.wait_for("document.querySelector('.player.floating')")
    bottom, height = browser.evaluate(f"[{PLAYER}.getBoundingClientRect().bottom, innerHeight]")
    assert 0 < bottom <= height


def test_transcoded_recording_plays(browser: Browser, tmp_path: Path) -> None:
    path = make_video(tmp_path / "old.avi", "mpeg4", "mp2")
    browser.open(report.save(make_result(path), tmp_path, ["html"])[0].as_uri() + "#clue-3")
    browser.wait_for(NOT_SEEKING)
    assert browser.evaluate(f"{PLAYER}.duration") == pytest.approx(DURATION_SEC, abs=0.2)
    assert browser.evaluate(f"{PLAYER}.currentTime") == pytest.approx(3.0)


def test_without_recording_the_page_asks_for_it(browser: Browser, tmp_path: Path) -> None:
    browser.open(report.save(make_result(tmp_path / "gone.mp4"), tmp_path, ["html"])[0].as_uri())
    assert browser.evaluate("document.querySelector('.open-file').checkVisibility()")
    browser.click(".overall .claim[href='#clue-3']")
    assert browser.evaluate(PLAYHEAD) == pytest.approx(3.0)
    assert complaints(browser) == []


VISIBLE_ROWS = "[...document.querySelectorAll('.clues tbody tr')].filter(row => row.checkVisibility()).length"
GROUPS = "[...document.querySelectorAll('.track g[data-person]')]"
HEIGHT = "document.querySelector('.track > svg').getBoundingClientRect().height"


@pytest.fixture(scope="module")
def page_of_people(video: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return report.save(make_people_result(video), tmp_path_factory.mktemp("people"), ["html"], FACES)[0].as_uri()


def test_one_person_can_be_shown_alone(browser: Browser, page_of_people: str) -> None:
    browser.open(page_of_people)
    assert browser.evaluate("document.querySelector('.showing').checkVisibility()")
    assert browser.evaluate(VISIBLE_ROWS) == 5
    whole = browser.evaluate(HEIGHT)
    first = browser.evaluate(f"{GROUPS}[0].getBoundingClientRect().top - {GROUPS}[0].ownerSVGElement"
                             ".getBoundingClientRect().top")  # fmt: skip
    browser.click(".showing input[value='2']")
    assert browser.evaluate(VISIBLE_ROWS) == 1
    shown = browser.evaluate(f"{GROUPS}.map(group => getComputedStyle(group).display != 'none')")
    assert shown == [False, True, False]
    assert browser.evaluate(HEIGHT) < whole
    moved = browser.evaluate(f"{GROUPS}[1].getBoundingClientRect().top - {GROUPS}[1].ownerSVGElement"
                             ".getBoundingClientRect().top")  # fmt: skip
    assert moved == pytest.approx(first, abs=0.5)
    parts = "[...document.querySelectorAll('.part, figure')].filter(part => part.checkVisibility())"
    assert browser.evaluate(f"new Set({parts}.map(part => part.dataset.person)).size") == 1
    browser.click(".showing input[value='']")
    assert browser.evaluate(VISIBLE_ROWS) == 5
    assert browser.evaluate(HEIGHT) == pytest.approx(whole)
    assert complaints(browser) == []


def test_people_are_chosen_by_keyboard(browser: Browser, page_of_people: str) -> None:
    browser.open(page_of_people)
    browser.evaluate("document.querySelector('.showing input').focus()")
    browser.press("ArrowRight")
    assert browser.evaluate("document.querySelector('.showing :checked').value") == "1"
    assert browser.evaluate(VISIBLE_ROWS) == 3


def test_what_happens_now_is_that_of_the_people_shown(browser: Browser, page_of_people: str) -> None:
    browser.open(page_of_people + "#t=1")
    doing = "document.querySelector('.doing').textContent"
    assert (
        browser.evaluate(doing) == "P1 pitch raised \N{MIDDLE DOT} P1 brow lowerer \N{MIDDLE DOT} P2 lip corner puller"
    )
    browser.click(".showing input[value='2']")
    assert browser.evaluate(doing) == "P2 lip corner puller"


@pytest.mark.parametrize("width", [375, 768, 1440])
def test_people_fit_any_screen(browser: Browser, page_of_people: str, width: int) -> None:
    browser.open(page_of_people)
    browser.send("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    assert browser.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
