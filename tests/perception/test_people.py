"""Faces and voices become people: who speaks, who listens, whom an answer is about."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from microemo.perception import people as people_module
from microemo.perception.diarisation import Diarisation, SpeakerTurn, from_spans
from microemo.perception.faces import FaceScan, PersonScan
from microemo.perception.people import who_is_who
from microemo.perception.regions import REGION_NAMES
from microemo.perception.samples import Samples
from microemo.perception.utterances import Speech
from microemo.schema import FaceTrack, KeyFrame, Utterance
from microemo.spans import Span

SIDE, PATCHES, FPS = 8, 4, 10
TIMES = np.arange(0, 10, 0.5)


def seen(id_: int, *spans: tuple[float, float]) -> PersonScan:
    """A face that is seen in these spans."""
    times = np.concatenate([np.arange(start, end, 1 / FPS) for start, end in spans])
    mask = np.isin(TIMES, times.round(3))
    frames = tuple(KeyFrame(float(time), b"", np.zeros((478, 2), np.float32)) for time in TIMES[mask])
    return PersonScan(
        id=id_,
        track=FaceTrack(times, np.tile([0.1, 0.1, 0.3, 0.4], (len(times), 1)), np.zeros((len(times), 52), np.float32)),
        face_mask=mask,
        views=np.zeros((mask.sum(), SIDE, SIDE, 3), np.uint8),
        view_masks=np.zeros((mask.sum(), 7, PATCHES), np.float32),
        key_frame=frames[0] if frames else None,
        key_frames=frames,
    )


def scan(*faces: PersonScan) -> FaceScan:
    """The first face is the main one."""
    return FaceScan(
        frame_times_sec=TIMES,
        frames=np.zeros((len(TIMES), SIDE, SIDE, 3), np.uint8),
        all_times_sec=np.arange(0, 10, 1 / FPS),
        shots=(Span(0, 10),),
        people=tuple(sorted(faces, key=lambda face: face.id)),
        main_person=faces[0] if faces else None,
        samples=Samples(SIDE, 4),
        all_key_frames=(KeyFrame(0.0, b"", None),),
    )


def said(*spans: tuple[float, float], names: Sequence[str | None] = ()) -> Speech:
    """An utterance a span, and one at the end in which nobody speaks."""
    given = [
        Utterance(index=i, start_sec=start, end_sec=end, text=f"Line {i}.", source="asr", speaker=name)
        for i, ((start, end), name) in enumerate(zip(spans, names or [None] * len(spans), strict=True))
    ]
    last = Utterance(index=len(given), start_sec=9, end_sec=10, source="window")
    return Speech((*given, last), (), tuple(Span(*span) for span in spans))


def turns(*spoken: tuple[int, float, float]) -> Diarisation:
    return from_spans([(speaker, Span(start, end)) for speaker, start, end in spoken])


@pytest.fixture
def mouths(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Which face each speaker's voice goes with; to be filled."""
    known: dict[int, int] = {}

    def bind(voices: Diarisation, faces: Sequence[FaceTrack], waveform: object) -> tuple[int | None, ...]:
        return tuple(known.get(speaker) for speaker in range(voices.num_speakers))

    monkeypatch.setattr(people_module, "bind_speakers", bind)
    return known


SILENCE = np.zeros(160_000, np.float32)
DIALOGUE = said((0, 2), (3, 5), (6, 8))
VOICES = turns((0, 0, 2), (1, 3, 5), (0, 6, 8))


def test_each_says_their_own_and_listens_to_the_others(mouths: dict[int, int]) -> None:
    mouths |= {0: 1, 1: 0}
    who = who_is_who(DIALOGUE, VOICES, scan(seen(0, (0, 10)), seen(1, (0, 10))), SILENCE)
    assert [one.person for one in who.utterances] == ["P2", "P1", "P2", "P1"]  # silence is the main person's
    assert [one.speaker for one in who.utterances] == ["P2", "P1", "P2", None]
    first, second = who.people
    assert who.main == first.person.id == "P1"
    assert [(one.index, one.text) for one in first.utterances] == [(0, ""), (1, "Line 1."), (2, ""), (3, "")]
    assert [(one.index, one.text) for one in second.utterances] == [(0, "Line 0."), (1, ""), (2, "Line 2."), (3, "")]
    assert (first.said, second.said) == ({1, 3}, {0, 2})
    assert (first.person.speech_seconds, second.person.speech_seconds) == (2, 4)
    assert second.speech == (Span(0, 2), Span(6, 8))


def test_two_voices_of_one_mouth_are_one_person(mouths: dict[int, int]) -> None:
    mouths |= {0: 0, 1: 0}
    who = who_is_who(DIALOGUE, VOICES, scan(seen(0, (0, 10))), SILENCE)
    assert [one.person.id for one in who.people] == ["P1"]
    assert who.people[0].person.speech_seconds == 6


def test_a_voice_off_screen_is_a_person_who_is_not_seen(mouths: dict[int, int]) -> None:
    mouths |= {0: 0}
    who = who_is_who(DIALOGUE, VOICES, scan(seen(0, (0, 10))), SILENCE)
    face, voice = who.people
    assert (voice.person.id, voice.person.face_seconds, voice.person.key_frame_sec) == ("P2", 0, None)
    assert [one.index for one in voice.utterances] == [1]  # who is not seen is not judged while others speak
    assert not voice.face_mask.any() and voice.views.shape == (0, SIDE, SIDE, 3)
    assert [one.index for one in face.utterances] == [0, 1, 2, 3]


def test_where_mouths_do_not_tell_the_one_who_is_seen_meanwhile_speaks(mouths: dict[int, int]) -> None:
    warnings: list[str] = []
    cut = scan(seen(0, (0, 2.5), (5.5, 9)), seen(1, (2.5, 5.5)))
    who = who_is_who(DIALOGUE, VOICES, cut, SILENCE, warnings.append)
    assert [one.person for one in who.utterances[:3]] == ["P1", "P2", "P1"]
    assert len(warnings) == 1 and warnings[0].startswith("which face speaks is not clear")


def test_nobody_is_guessed_among_several_who_are_seen(mouths: dict[int, int]) -> None:
    who = who_is_who(DIALOGUE, VOICES, scan(seen(0, (0, 10)), seen(1, (0, 10))), SILENCE)
    assert [(one.person.face_seconds > 0, one.person.speech_seconds) for one in who.people] == [
        (True, 0), (True, 0), (False, 4), (False, 2),
    ]  # fmt: skip


def test_a_single_voice_is_the_main_persons_whoever_else_is_seen(mouths: dict[int, int]) -> None:
    faces = scan(seen(1, (0, 10)), seen(0, (0, 10)))
    for voices in (turns((0, 0, 2), (0, 3, 5), (0, 6, 8)), None):
        who = who_is_who(DIALOGUE, voices, faces, SILENCE)
        assert who.main == "P2"
        assert {one.person for one in who.utterances} == {"P2"}


def test_people_are_numbered_as_they_appear_or_are_heard(mouths: dict[int, int]) -> None:
    mouths |= {1: 0}
    who = who_is_who(DIALOGUE, VOICES, scan(seen(0, (2, 10))), SILENCE)
    assert [one.person.face_seconds > 0 for one in who.people] == [False, True]  # heard first, seen never


def test_names_of_subtitles_are_peoples_names(mouths: dict[int, int]) -> None:
    mouths |= {0: 0}
    speech = said((0, 2), (3, 5), names=["Anna", "Ben"])
    voices = Diarisation((SpeakerTurn(0, Span(0, 2)), SpeakerTurn(1, Span(3, 5))), ("Anna", "Ben"))
    who = who_is_who(speech, voices, scan(seen(0, (0, 10))), SILENCE)
    assert [(one.person.id, one.person.name) for one in who.people] == [("P1", "Anna"), ("P2", "Ben")]
    assert [(one.person, one.speaker) for one in who.utterances] == [("P1", "Anna"), ("P2", "Ben"), ("P1", None)]


def test_without_faces_the_one_who_speaks_most_is_the_main_person() -> None:
    who = who_is_who(DIALOGUE, turns((0, 0, 2), (1, 3, 8)), scan(), SILENCE)
    assert who.main == "P2"
    assert [frame.landmarks for frame in who.key_frames] == [None]


def test_words_alone_have_somebody_who_says_them_and_silence_has_nobody() -> None:
    words = Speech((Utterance(index=0, start_sec=0, end_sec=1, text="Hi.", source="subtitle"),), (), ())
    assert [one.person for one in who_is_who(words, None, scan(), None).utterances] == ["P1"]
    nothing = Speech((Utterance(index=0, start_sec=0, end_sec=1, source="window"),), (), ())
    who = who_is_who(nothing, None, scan(), None)
    assert (who.people, who.main, who.utterances[0].person) == ((), None, None)


def test_speech_at_once_is_marked() -> None:
    speech = said((0, 2), (1.5, 4), (6, 8))
    who = who_is_who(speech, turns((0, 0, 2), (1, 1.5, 4), (0, 6, 8)), scan(), SILENCE)
    assert [one.overlap_sec for one in who.utterances] == [0.5, 0.5, 0, 0]


def test_clues_are_their_owners_and_numbered_through(mouths: dict[int, int]) -> None:
    mouths |= {0: 0, 1: 1}
    speech = Speech(
        (
            Utterance(index=0, start_sec=0, end_sec=2, text="I am so happy.", source="subtitle"),
            Utterance(index=1, start_sec=3, end_sec=5, text="I am so sad.", source="subtitle"),
        ),
        (),
        (Span(0, 2), Span(3, 5)),
    )
    who = who_is_who(speech, turns((0, 0, 2), (1, 3, 5)), scan(seen(0, (0, 10)), seen(1, (0, 10))), SILENCE)
    assert [(clue.id, clue.person) for one in who.people for clue in one.clues] == [(1, "P1"), (2, "P2")]


def test_each_has_key_frames_and_the_best_of_them_among_these(mouths: dict[int, int]) -> None:
    who = who_is_who(DIALOGUE, None, scan(seen(0, (0, 10)), seen(1, (0, 10))), SILENCE)
    assert {frame.person for frame in who.key_frames} == {"P1", "P2"}
    assert [frame.time_sec for frame in who.key_frames] == sorted(frame.time_sec for frame in who.key_frames)
    for one in who.people:
        assert one.person.key_frame_sec in {frame.time_sec for frame in one.key_frames}


@pytest.mark.parametrize(("share", "told"), [(0.4, False), (0.6, True)])
def test_a_mouth_that_is_mostly_hidden_is_told_of(share: float, told: bool) -> None:
    face = seen(0, (0, 10))
    hidden = np.zeros((len(face.track.times_sec), len(REGION_NAMES)), bool)
    hidden[: round(share * len(hidden)), [REGION_NAMES.index("mouth"), REGION_NAMES.index("jaw")]] = True
    warnings: list[str] = []
    who_is_who(said((0, 2)), None, scan(replace(face, track=replace(face.track, hidden=hidden))), None, warnings.append)
    assert [warning.startswith("P1: mouth cannot be seen most of the time") for warning in warnings] == [True] * told
