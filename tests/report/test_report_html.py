import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_samples import KEY_FRAMES, make_result

from microemo.clues.table import regions
from microemo.report import html, key_frames
from microemo.result import Result
from microemo.schema import Answer, ClipInfo, Clue, KeyFrame, UtteranceAnswer

HOSTILE = '</script><img src=x onerror="document.title=1"><b>\'"&{{ 7 * 7 }}</b>'


class Page(HTMLParser):
    """All elements of a page with their attributes, and its texts."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str, css_class: str = "") -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and css_class in f" {attributes.get('class') or ''} "
        ]


@pytest.fixture(scope="module")
def content(video: Path) -> bytes:
    result = make_result(video)
    return html.render(result, KEY_FRAMES)


@pytest.fixture(scope="module")
def page(content: bytes) -> Page:
    return Page(content)


def test_page_fetches_nothing(content: bytes, page: Page) -> None:
    assert not re.search(rb"https?://|//[a-z]+\.|@import|url\(", re.sub(rb"data:[^\"]+", b"", content))
    for _, attributes in page.elements:
        for name in ("src", "href", "action", "poster", "srcset", "data"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    assert {tag for tag, _ in page.elements} & {"iframe", "object", "embed", "link", "base", "form"} == set()


def test_policy_allows_the_own_style_and_script_alone(content: bytes, page: Page) -> None:
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), content, re.DOTALL)
        assert base64.b64encode(hashlib.sha256(inline).digest()).decode() in policy
    assert not [attributes for _, attributes in page.elements if "style" in attributes]


def test_recording_is_embedded_as_it_is(video: Path, page: Page) -> None:
    (player,) = page.all("video")
    mime, data = (player["src"] or "").split(";base64,")
    assert mime == "data:video/mp4"
    assert base64.b64decode(data) == video.read_bytes()


def test_everything_is_said(page: Page) -> None:
    for words in (
        "clip.mp4", "That is unbelievable.", "Speaker B", "flabbergasted", "First a frown", "80%", "brow lowerer",
        "AU12",
        "0:00.4\N{EN DASH}0:01.6", "A second face is seen for 1.2 s and left out.", "tiny", "0123456789ab", "0.1.0",
        "not a measurement of inner state", "Left out: 1 contradicted by the measures",
    ):  # fmt: skip
        assert words in page.text
    told, _, left_out = page.text.partition("Left out: 1 contradicted by the measures")
    assert "the hands tremble" not in told  # but on request
    assert "the hands tremble (contradicted by the measures)" in " ".join(left_out.split())


def test_claims_lead_to_clues(page: Page) -> None:
    claims = page.all("a", " claim ")
    marks = {attributes["id"] for attributes in page.all("a", " mark ") if "id" in attributes}
    assert [claim["href"] for claim in claims[:6]] == [
        "#clue-1", "#clue-3", "#clue-1", "#clue-2", "#clue-3", "#clue-4",
    ]  # fmt: skip
    assert {(claim["href"] or "")[1:] for claim in claims} <= marks
    assert claims[1]["data-time"] == "3.0"


@pytest.mark.parametrize(
    ("possible", "said"),
    [
        (("angry", "sad", "fearful"), "may also be sad or fearful"),
        (("sad", "angry"), "may also be sad"),
        (("angry",), None),
        ((), None),
    ],
)
def test_what_else_is_possible_is_told_beside_the_labels(
    tmp_path: Path, possible: tuple[str, ...], said: str | None
) -> None:
    result = make_result(tmp_path / "clip.mp4")
    told = result.utterances[0].model_copy(update={"possible": possible})
    page = Page(html.render(result.model_copy(update={"utterances": (told,)})))
    assert ("may also be" in page.text) is (said is not None)
    assert said is None or said in page.text
    assert told.emotions[0].label == "annoyed"  # a word for anger


def test_labels_have_the_colour_of_their_valence(page: Page) -> None:
    assert [bar["class"] for bar in page.all("li") if bar.get("class")] == [
        "positive", "negative", "negative", "positive", "neutral",
    ]  # fmt: skip


def test_key_frames_show_active_regions(video: Path) -> None:
    result = make_result(video)
    views = key_frames.views(KEY_FRAMES, result.clues)
    assert [view.time_sec for view in views] == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]
    assert views[0].polygons == ()
    assert {polygon.region for polygon in views[1].polygons} == {
        "brows", "eyes", "nose", "mouth", "cheeks", "forehead", "jaw",
    }  # fmt: skip
    assert [{polygon.region for polygon in view.polygons if polygon.active} for view in views] == [
        set(), {"brows"}, {"brows"}, {"brows"}, set(), {"mouth"}, {"mouth"}, {"mouth"},
    ]  # fmt: skip
    for view in views:
        left, top, width, height = map(float, view.view_box.split())
        assert left >= 0
        assert top >= 0
        assert width == height <= 120
        assert left + width <= 160
        assert top + height <= 120


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    hostile = make_result(tmp_path / HOSTILE.replace("/", "|")).model_dump()
    for answer in (hostile["overall"], *hostile["utterances"]):
        answer |= {"explanation": HOSTILE, "emotions": [{"label": HOSTILE, "confidence": 0.5}]}
    for utterance in hostile["utterances"]:
        utterance |= {"text": HOSTILE, "speaker": HOSTILE}
    for clue in hostile["clues"]:
        clue |= {"kind": HOSTILE, "region": HOSTILE, "detail": HOSTILE}
    hostile["model"] |= {"name": HOSTILE, "version": HOSTILE, "weights_sha256": HOSTILE}
    hostile |= {"warnings": [HOSTILE], "microemo_version": HOSTILE}
    page = Page(html.render(Result.model_validate(hostile)))
    assert page.all("img") == []
    assert len([attributes for attributes in page.all("script") if "type" not in attributes]) == 1
    assert {attributes.get("type") for attributes in page.all("script")} <= {None, "application/json"}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert HOSTILE in page.text


def test_sound_only(tmp_path: Path) -> None:
    info = ClipInfo(path=str(tmp_path / "a.wav"), duration_sec=4, has_video=False, has_audio=True, face_seconds=0)
    page = Page(html.render(make_result(tmp_path / "a.wav", clip=info)))
    assert page.all("video") == []
    assert len(page.all("audio")) == 1
    assert "sound only" in page.text


def test_abstention_gives_its_reason(tmp_path: Path) -> None:
    nobody = Answer(explanation="Nobody is seen or heard.")
    page = Page(html.render(make_result(tmp_path / "a.mp4", overall=nobody, utterances=(), clues=(), abstained=True)))
    assert "No judgement Nobody is seen or heard." in page.text
    assert page.all("section", " timeline ") == page.all("table") == page.all("section", " utterances ") == []


def test_stretches_without_words_are_not_called_utterances(tmp_path: Path) -> None:
    result = make_result(tmp_path / "a.mp4")
    silent = [utterance.model_copy(update={"text": "", "source": "window"}) for utterance in result.utterances]
    page = Page(html.render(result.model_copy(update={"utterances": tuple(silent)})))
    assert "Moment by moment" in page.text
    assert "2 moments" in page.text
    assert "speech" not in page.texts


def test_hundreds_of_utterances_stay_small(tmp_path: Path) -> None:
    template = make_result(tmp_path / "long.mp4")
    fields = template.utterances[0].model_dump()
    utterances = tuple(
        UtteranceAnswer(**{**fields, "index": index, "start_sec": 4.0 * index, "end_sec": 4.0 * index + 3})
        for index in range(300)
    )
    clues = tuple(
        Clue(**{**template.clues[index % 5].model_dump(), "id": index + 1, "start_sec": 2.0 * index,
                "apex_sec": 2.0 * index + 1, "end_sec": 2.0 * index + 2})
        for index in range(600)
    )  # fmt: skip
    info = template.clip.model_copy(update={"duration_sec": 1200.0})
    result = template.model_copy(update={"utterances": utterances, "clues": clues, "clip": info})
    content = html.render(result, KEY_FRAMES)
    assert len(content) < 2_000_000
    assert len(Page(content).all("a", " mark ")) == 300 + 300 + 600


def test_many_key_frames_are_thinned_to_the_telling_ones(video: Path) -> None:
    many = [KeyFrame(0.05 * index, KEY_FRAMES[0].jpeg, KEY_FRAMES[1].landmarks) for index in range(80)]
    views = key_frames.views(many, make_result(video).clues)
    assert len(views) == key_frames.MAX_KEY_FRAMES
    assert all(view.clues for view in views)


def test_words_from_right_to_left_do_not_turn_what_stands_around_them(video: Path) -> None:
    result = make_result(video)
    arabic = result.utterances[0].model_copy(update={"text": "\u0645\u0631\u062d\u0628\u0627 (2)", "language": "ar"})
    page = html.render(result.model_copy(update={"utterances": (arabic, *result.utterances[1:])})).decode()
    assert f'<blockquote dir="auto" lang="ar">{arabic.text}</blockquote>' in page
    assert page.count(f"\u2068{arabic.text}\u2069") == 2  # on the timeline, and when one points at it


def test_every_region_of_the_table_has_a_colour() -> None:
    style = (Path(html.__file__).parent / "templates" / "report.css").read_text()
    for region in regions():
        assert style.count(f"--{region}: #") == 2, f"{region}: one by day and one by night"
        assert f".{region} {{ --c: var(--{region}); }}" in style
