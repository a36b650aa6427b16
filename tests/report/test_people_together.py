"""Several people in one report: side by side on the page, in a terminal, in a notebook; one alone as ever."""

import io
import re
from itertools import pairwise
from pathlib import Path

import pytest
from people_samples import ARABIC_NAME, CLUES, FACES, PEOPLE, listen, make_people_result, one_person_alone
from report_samples import KEY_FRAMES, make_result
from rich.console import Console
from test_report_html import HOSTILE, Page

from microemo.report import html, key_frames, notebook, timeline, wording
from microemo.report.people import moments, several
from microemo.report.text import summary
from microemo.result import Result
from microemo.schema import Answer, PersonAnswer


def printed(result: Result, width: int = 80) -> list[str]:
    """The summary's lines as a terminal of this width shows them."""
    output = io.StringIO()
    Console(file=output, width=width).print(summary(result))
    lines = [line.rstrip() for line in output.getvalue().splitlines()]
    assert all(len(line) <= width for line in lines)
    return lines


def crowd(size: int) -> Result:
    """The sample with more people who listen to the first utterance."""
    result = make_people_result(Path("a.mp4"))
    more = (
        PersonAnswer(
            id=f"P{number}", face_seconds=1, speech_seconds=0, overall=PEOPLE[1].overall,
            listening=(listen(f"P{number}", 0, 0.0, 2.0, "flabbergasted", explanation="The eyes are wide."),),
        )
        for number in range(4, size + 1)
    )  # fmt: skip
    return result.model_copy(update={"people": (*result.people, *more)})


@pytest.fixture(scope="module")
def result(video: Path) -> Result:
    return make_people_result(video)


@pytest.fixture(scope="module")
def page(result: Result) -> Page:
    return Page(html.render(result, FACES))


def test_one_person_looks_as_before_people_were_told_apart(video: Path) -> None:
    plain, alone = make_result(video), one_person_alone(video)
    pages = [re.sub(rb' data-(result|part)="\w*"', b"", html.render(one, KEY_FRAMES)) for one in (alone, plain)]
    assert pages[0] == pages[1]
    assert notebook.render(alone, KEY_FRAMES) == notebook.render(plain, KEY_FRAMES)
    assert printed(alone) == printed(plain)
    page = Page(html.render(alone, KEY_FRAMES))
    assert not [words for _, attributes in page.elements for words in (attributes.get("class") or "").split()
                if words in {"several", "people", "who"}]  # fmt: skip
    assert page.all("fieldset") == []


def test_a_moment_is_the_speaker_and_what_the_others_show() -> None:
    told = moments(make_people_result(Path("a.mp4")))
    assert [[(part.person, part.role) for part in moment.parts] for moment in told] == [
        [("P1", "speaking"), ("P2", "listening")],
        [("P3", "speaking"), ("P1", "listening")],
        [("P1", "wordless"), ("P2", "wordless")],
    ]
    assert told[1].speaker is not None and told[1].speaker.answer.text == "Oh well, why not?"
    assert told[1].part("P2") is None


def test_who_was_not_judged_while_speaking_shows_nothing() -> None:
    result = make_people_result(Path("a.mp4"))
    silent = result.utterances[0].model_copy(update={"emotions": (), "explanation": ""})
    (first, *_) = moments(result.model_copy(update={"utterances": (silent, *result.utterances[1:])}))
    assert first.part("P1") is None and first.speaker is not None


def test_one_of_several_judged_alone_keeps_what_they_show_while_others_speak() -> None:
    alone = make_people_result(Path("a.mp4"), people=PEOPLE[1:2], utterances=(), main_person="P2")
    assert several(alone)
    assert [[(part.person, part.role) for part in moment.parts] for moment in moments(alone)] == [
        [("P2", "listening")], [("P2", "listening")],
    ]  # fmt: skip
    content = Page(html.render(alone, FACES))
    assert "The mouth smiles" in content.text and "1 person" in content.text
    assert content.all("fieldset") == []  # nobody to choose from


def test_cards_say_who_is_seen_and_heard(page: Page) -> None:
    cards = page.all("li", " card ")
    assert len(cards) == 3
    for words in (
        "P1 Anna face 0:03.8, speech 0:02.0", f"P2 {ARABIC_NAME} seen, not heard: face 0:02.5",
        "P3 heard, not seen: speech 0:01.0", "First a frown", "3 people",
    ):  # fmt: skip
        assert words in page.text
    portraits = [image["id"] for image in page.all("image") if "id" in image]
    assert portraits == ["portrait-1", "portrait-2"]
    assert {use["href"] for use in page.all("use")} == {"#portrait-1", "#portrait-2"}


def test_answers_of_an_utterance_stand_side_by_side(page: Page) -> None:
    shown = [(part["class"], part["data-person"]) for part in page.all("li", " part ")]
    assert shown == [
        ("part speaking", "1"), ("part listening", "2"), ("part absent", "3"),
        ("part listening", "1"), ("part absent", "2"), ("part speaking", "3"),
        ("part wordless", "1"), ("part wordless", "2"), ("part absent", "3"),
    ]  # fmt: skip
    assert "P1 Anna speaks That is unbelievable." in page.text
    assert f"P2 {ARABIC_NAME} listening amused 80% The mouth smiles" in page.text


def test_of_a_crowd_only_those_who_were_judged_stand_beside_an_utterance() -> None:
    page = Page(html.render(crowd(6)))
    assert page.all("li", " absent ") == []
    assert len(page.all("li", " part ")) == 2 + 3 + 2 + 2


def test_lanes_are_grouped_by_person(result: Result, page: Page) -> None:
    groups = timeline.lay_out(result).groups
    assert [group.person and group.person.id for group in groups] == ["P1", "P2", "P3"]
    assert [[lane.name for lane in group.lanes] for group in groups] == [
        ["speech", "emotions", "brows", "mouth", "voice"], ["speech", "emotions", "mouth"],
        ["speech", "emotions", "words"],
    ]  # fmt: skip
    for above, below in pairwise(groups):
        assert above.top + above.height == below.top
    assert [group["aria-label"] for group in page.all("g") if "aria-label" in group] == [
        wording.who(person) for person in result.people
    ]


def test_speaking_and_listening_are_told_apart_in_words_as_well(page: Page) -> None:
    emotions = [mark["class"] for mark in page.all("a", " emotions ")]
    assert [words.split()[-1] for words in emotions] == [
        "speaking", "listening", "wordless", "listening", "wordless", "speaking",
    ]  # fmt: skip
    for words in ("\u2068Anna\u2069, speaking ·", "\u2068Anna\u2069, listening ·", "listening to P3", "no words"):
        assert words in page.text


def test_clues_say_whose_they_are_and_can_be_those_of_one_person(page: Page) -> None:
    rows = [row for row in page.all("tr") if "data-clue" in row]
    assert [(row["data-clue"], row["data-person"]) for row in rows] == [
        ("2", "1"), ("1", "1"), ("3", "2"), ("5", "3"), ("4", "1"),
    ]  # fmt: skip
    choices = [given for given in page.all("input") if given.get("name") == "showing"]
    assert [choice["value"] for choice in choices] == ["", "1", "2", "3"]
    assert "hidden" in page.all("div", "showing")[0]  # until the script can do what it offers


def test_key_frames_say_whom_they_show(result: Result, page: Page) -> None:
    views = key_frames.views(FACES, result.clues)
    at_once = {view.person: [clue.id for clue in view.clues] for view in views if view.time_sec == 1.0}
    assert at_once == {"P1": [1], "P2": [3]}
    assert [figure["data-person"] for figure in page.all("figure")] == ["1", "2"] * 8
    assert any(picture.get("aria-label") == "P1 \u2068Anna\u2069 at 0:01.0" for picture in page.all("svg"))


def test_nobody_takes_all_the_key_frames() -> None:
    many = [frame for frame in FACES for _ in range(4)]
    kept = [view.person for view in key_frames.views(many, CLUES)]
    assert (kept.count("P1"), kept.count("P2")) == (12, 12)


def test_the_portrait_is_the_frame_that_shows_the_face_best(result: Result) -> None:
    shown = result.illustrated(FACES)
    portrait = shown.portrait("P2")
    assert portrait is not None and (portrait.time_sec, portrait.person) == (1.0, "P2")
    assert shown.portrait("P3") is None and shown.portrait("P9") is None
    assert result.portrait("P2") is None


def test_hostile_names_and_ids_stay_texts(result: Result) -> None:
    people = tuple(one.model_copy(update={"id": f"{one.id}{HOSTILE}", "name": HOSTILE}) for one in result.people)
    hostile = Result.model_validate(result.model_copy(update={"people": people}).model_dump())
    for content in (html.render(hostile, FACES), notebook.render(hostile, FACES).encode()):
        page = Page(content)
        assert [image for image in page.all("img") if image.get("src") == "x"] == []
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        assert HOSTILE in page.text


def test_a_terminal_has_a_column_for_everybody() -> None:
    assert printed(make_people_result(Path("a.mp4"), warnings=())) == [
        "a.mp4",
        "P1 Anna  annoyed 80%, surprised 40%  face 0:03.8, speech 0:02.0",
        "         First a frown, then the jaw drops.",
        f"P2 \u2068{ARABIC_NAME}\u2069  amused 80%  seen, not heard: face 0:02.5",
        "         A smile.",
        "P3       amused 80%  heard, not seen: speech 0:01.0",
        "         The words are surprised.",
        "",
        f"               P1 Anna               P2 \u2068{ARABIC_NAME}\u2069               P3",
        "0:00.0\N{EN DASH}0:02.0  speaks: annoyed 80%   amused 80%            \N{EN DASH}",
        "0:02.0\N{EN DASH}0:03.0  surprised 80%         \N{EN DASH}                     speaks: amused 80%",
        "0:03.0\N{EN DASH}0:04.0  surprised 80%         calm 80%              \N{EN DASH}",
    ]


def test_where_there_is_room_a_terminal_says_why() -> None:
    wide = "\n".join(printed(make_people_result(Path("a.mp4")), 120))
    assert "The brows go down." in wide and "The mouth smiles." in wide


@pytest.mark.parametrize(("size", "as_columns"), [(3, True), (4, True), (5, False), (8, False)])
def test_eighty_columns_hold_four_people_abreast(size: int, as_columns: bool) -> None:
    lines = printed(crowd(size))
    at_first = next(line for line in lines if line.startswith("0:00.0"))
    assert ("P1 Anna" in at_first) != as_columns
    assert "flabbergasted" in "\n".join(lines) or size == 3


def test_long_and_hostile_names_do_not_steer_the_terminal() -> None:
    name = "\u202e\x1b[2J[bold]" + "very " * 40
    people = tuple(one.model_copy(update={"name": name}) for one in PEOPLE)
    text = "\n".join(printed(make_people_result(Path("a.mp4"), people=people)))
    assert not {"\u202e", "\x1b"} & set(text)
    assert "[bold]" in text


def test_no_judgement_of_several_people() -> None:
    reason = Answer(explanation="Nobody is seen or heard.")
    people = tuple(one.model_copy(update={"overall": Answer(), "listening": ()}) for one in PEOPLE)
    nothing = make_people_result(Path("a.mp4"), people=people, utterances=(), overall=reason, abstained=True)
    assert "No judgement: Nobody is seen or heard." in printed(nothing)
    assert "No judgement Nobody is seen or heard." in Page(html.render(nothing)).text
    assert "Nobody is seen or heard." in notebook.render(nothing)


def test_a_notebook_has_a_column_for_everybody(result: Result) -> None:
    page = Page(notebook.render(result, FACES).encode())
    assert [tag for tag, _ in page.elements].count("th") == 2 + 3
    assert len(page.all("img")) == 2
    assert f"P2 {ARABIC_NAME}" in page.text
    assert "listening: amused" in page.text and "speaking: annoyed" in page.text
