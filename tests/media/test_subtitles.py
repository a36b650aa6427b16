import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.errors import InputError
from microemo.media.probe import MediaInfo, probe
from microemo.media.subtitles import Cue, for_clip, load, read

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Hello</i> there,
my friend.

2
00:00:03,000 --> 00:00:04,000
{\\an8}Caf\u00e9 &amp; cake
"""

VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE not a cue
00:00:00.000 --> at all

intro
00:01.000 --> 00:02.500 align:start
<v Fred Smith>Hi &amp; <i>bye</i>

second cue
00:00:03.000 --> 00:00:06.000
<v.loud Ann>Hello
there
<v Bob>Yo!
"""

ASS = """[Script Info]
[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,Ann,0,0,0,,{\\b1}Well{\\b0}, yes
Comment: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,not said
"""


@pytest.fixture
def parse(tmp_path):
    def write_and_read(text, encoding="utf-8"):
        path = tmp_path / "subtitles"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read(path)

    return write_and_read


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_srt(parse, encoding, newline):
    assert parse(SRT.replace("\n", newline), encoding) == [
        Cue(1.0, 2.5, "Hello there, my friend."),
        Cue(3.0, 4.0, "Caf\u00e9 & cake"),
    ]


def test_vtt_voices(parse):
    fred, ann, bob = parse(VTT)
    assert fred == Cue(1.0, 2.5, "Hi & bye", "Fred Smith")
    assert (ann.text, ann.speaker, ann.start_sec) == ("Hello there", "Ann", 3.0)
    assert (bob.text, bob.speaker, bob.end_sec) == ("Yo!", "Bob", 6.0)
    assert ann.end_sec == bob.start_sec


def test_ass(parse):
    assert parse(ASS) == [Cue(1.0, 2.0, "Well, yes", "Ann")]


def srt(text, times="00:00:01,000 --> 00:00:03,000"):
    return f"1\n{times}\n{text}\n"


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("JOHN: Get out!", [("JOHN", "Get out!")]),
        ("DR. \u00d6Z: Now: breathe", [("DR. \u00d6Z", "Now: breathe")]),
        ("Listen: it is 12: 30", [(None, "Listen: it is 12: 30")]),
        ("- Who?\n- Me, and\nyou", [(None, "Who?"), (None, "Me, and you")]),
        ("-JOHN: Who?\n-MARY: Me", [("JOHN", "Who?"), ("MARY", "Me")]),
        ("-5 degrees", [(None, "-5 degrees")]),
        ("JOHN: Who?\nMARY: Me", [("JOHN", "Who?"), ("MARY", "Me")]),
    ],
)
def test_turns(parse, text, turns):
    assert [(cue.speaker, cue.text) for cue in parse(srt(text))] == turns


def test_cue_without_length_gets_reading_time(parse):
    (cue,) = parse(srt("Short", "00:00:01,000 --> 00:00:01,000"))
    assert cue == Cue(1.0, 2.0, "Short")
    (cue,) = parse(srt("x" * 60, "00:00:01,000 --> 00:00:00,500"))
    assert cue.end_sec == pytest.approx(5.0)


def test_unordered_overlapping_and_blank_cues(parse):
    late, early = srt("late", "00:00:05,000 --> 00:00:07,000"), srt("early", "00:00:01,000 --> 00:00:06,000")
    blank = srt("<i></i>", "00:00:02,000 --> 00:00:03,000")
    assert parse("\n".join([late, early, blank])) == [Cue(1.0, 6.0, "early"), Cue(5.0, 7.0, "late")]


def test_cues_without_length_last_until_the_next(parse):
    times = ["00:00:01,000 --> 00:00:01,000", "00:00:01,500 --> 00:00:01,200", "00:00:01,500 --> 00:00:01,500"]
    cues = parse("\n".join(srt("x" * 60, line) for line in times))
    assert [(cue.start_sec, cue.end_sec) for cue in cues] == [(1.0, 1.5), (1.5, 5.5), (1.5, 5.5)]


@pytest.mark.parametrize("form", ["SRT", "WebVTT"])
def test_what_lies_before_time_zero_is_cut(parse, form):
    """As it does after subtitles were moved to an earlier time."""
    text = SRT.replace("00:00:01,000", "-00:00:01,000") + "\n" + srt("Gone.", "-00:00:05,000 --> -00:00:03,000")
    if form == "WebVTT":
        text = "WEBVTT\n\n" + text.replace(",000", ".000").replace(",500", ".500").replace("{\\an8}", "")
    assert [(cue.start_sec, cue.end_sec, cue.text) for cue in parse(text)] == [
        (0.0, 2.5, "Hello there, my friend."),
        (3.0, 4.0, "Caf\u00e9 & cake"),
    ]


def media(duration_sec, timecode_sec=None):
    return MediaInfo(Path("clip.mp4"), duration_sec, 0.0, True, True, 64, 48, timecode_sec=timecode_sec)


def cues_at(*starts_sec):
    return [Cue(start_sec, start_sec + 2.0, "Hi.") for start_sec in starts_sec]


TEN = 36_000.0


@pytest.mark.parametrize(
    ("starts_sec", "duration_sec", "timecode_sec", "expected_sec", "said"),
    [
        ([1, 5], 10, None, [1, 5], []),
        ([1, 5], 10, TEN, [1, 5], []),
        ([TEN + 1, TEN + 5], 10, None, [1, 5], ["begin at 10:00:01, and were moved back by 10:00:00"]),
        ([TEN + 1, TEN + 5], 10, TEN, [1, 5], ["moved back by 10:00:00"]),
        ([TEN + 91, TEN + 95], 10, TEN + 90, [1, 5], ["moved back by 10:01:30"]),
        ([TEN + 1, TEN + 5], 10, 7.0, [1, 5], ["moved back by 10:00:00"]),
        ([TEN + 1, TEN + 5, TEN + 12], 10, None, [1, 5], ["moved back by 10:00:00", "1 of 3 begin after the end"]),
        ([3601, 7100], 6000, 3600.0, [1, 3500], ["moved back by 1:00:00"]),
        ([3601, 7100], 6000, None, [3601], ["1 of 2 begin after the end of the clip and are left out"]),
        ([3601, 9700], 6000, 3600.0, [3601], ["1 of 2 begin after the end"]),
        ([1, 12, 13], 10, None, [1], ["2 of 3 begin after the end of the clip and are left out"]),
    ],
)  # fmt: skip
def test_cues_come_onto_the_clock_of_the_clip(starts_sec, duration_sec, timecode_sec, expected_sec, said):
    warnings = []
    found = for_clip(cues_at(*starts_sec), media(duration_sec, timecode_sec), warnings.append)
    assert found == cues_at(*expected_sec)
    assert len(warnings) == len(said)
    assert all(part in warning for part, warning in zip(said, warnings, strict=True))


@pytest.mark.parametrize("starts_sec", [[12, 15], [TEN + 12, TEN + 15], [TEN + 1, TEN + 12, TEN + 15]])
@pytest.mark.parametrize("timecode_sec", [None, 5 * 3600.0])
def test_subtitles_of_another_recording_are_refused(tmp_path, starts_sec, timecode_sec):
    with pytest.raises(InputError, match=r"^the subtitles: the first begins at .* after the end of clip.mp4 at 0:00:1"):
        for_clip(cues_at(*starts_sec), media(10.0, timecode_sec), pytest.fail)
    path = tmp_path / "other.srt"
    path.write_text(srt("Hi.", "00:00:12,000 --> 00:00:13,000"))
    with pytest.raises(InputError, match=r"other.srt: the first begins at 0:00:12, .*; give those of this recording"):
        for_clip(path, media(10.0), pytest.fail)


def test_no_cues_are_no_fault():
    assert for_clip([], media(10.0), pytest.fail) == []


@pytest.mark.parametrize(
    ("suffix", "timecode", "expected_sec"),
    [
        (".mov", "10:00:00:00", TEN),
        (".mp4", "01:02:03:05", 3723.2),
        (".mkv", "00:59:59;12", 3599.48),
        (".mkv", "soon", None),
        (".mkv", "", None),
    ],
)
def test_the_timecode_of_a_camera(tmp_path, write, greys, suffix, timecode, expected_sec):
    info = probe(write(tmp_path / f"clip{suffix}", greys(5), metadata={"timecode": timecode}))
    assert info.timecode_sec == (expected_sec and pytest.approx(expected_sec))


@pytest.mark.parametrize("garbage", ["", "Dear diary", b"\x00\x01\xff\xfe" * 99, b"\xff\xfe\x00\xd8", "WEBVTT\n"])
def test_garbage(parse, garbage):
    with pytest.raises(InputError, match="subtitles"):
        parse(garbage)


def test_missing_file_and_directory(tmp_path):
    for path in (tmp_path / "none.srt", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read(path)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (SRT + text).encode()))
def test_anything_reads_as_valid_cues_or_an_input_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.srt"
    path.write_bytes(data)
    try:
        cues = read(path)
    except InputError:
        return
    assert all(0 <= cue.start_sec < cue.end_sec and cue.text for cue in cues)
    assert cues == sorted(cues, key=lambda cue: (cue.start_sec, cue.end_sec))


def test_cues_may_be_given_as_they_are(tmp_path: Path) -> None:
    given = [(2.0, 3.0, "Second."), Cue(0.5, 1.5, "First.", "A")]
    assert load(given) == [Cue(0.5, 1.5, "First.", "A"), Cue(2.0, 3.0, "Second.", None)]
    assert load([(0.0, math.inf, "Throughout.")]) == [Cue(0.0, math.inf, "Throughout.", None)]
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHi.\n")
    assert load(str(tmp_path / "a.srt")) == [Cue(1.0, 2.0, "Hi.", None)]


@pytest.mark.parametrize(
    "cue",
    [
        (2.0, 1.0, "a"),
        (-1.0, 1.0, "a"),
        (0.0, 1.0),
        ("0", 1.0, "a"),
        (0.0, 1.0, 3),
        (math.inf, math.inf, "a"),
        (0.0, math.nan, "a"),
    ],
)
def test_a_cue_that_cannot_be_is_named(cue: tuple[object, ...]) -> None:
    with pytest.raises(InputError, match=r"^cue 2 of the subtitles, .*: give start_sec, end_sec"):
        load([(0.0, 1.0, "fine"), cue])
