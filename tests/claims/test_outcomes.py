"""Claims against series: what no clue lists can be true, and what is not so is known as well."""

import numpy as np
import pytest
from written import Written

from microemo.claims import judge
from microemo.claims.readings import STATE_REGIONS, STATES, Evidence
from microemo.parse import parse
from microemo.schema import ClipInfo, Clue, FaceTrack, Participant, Person, Series, Utterance
from microemo.spans import Span

TIMES = np.arange(0, 6, 0.04)
SPAN = Span(0, 6)


def during(start_sec: float, end_sec: float, value: float) -> np.ndarray:
    return np.where((start_sec <= TIMES) & (end_sec > TIMES), value, 0.0)


def evidence(*, face: bool = True, voice: bool = True, clues: tuple[Clue, ...] = ()) -> Evidence:
    """A face that presses its lips from 1 to 2 s, smiles on the left from 4 to 5 s, looks down from 0 to 1 s and blinks
    twice; a voice of two utterances, the second louder, lower and slower.
    """
    nothing = np.zeros(len(TIMES))
    columns = {
        "time_sec": TIMES,
        **{
            f"au{unit:02d}_intensity": nothing
            for unit in (1, 2, 4, 5, 6, 7, 9, 10, 15, 17, 18, 20, 23, 25, 26, 27, 28, 43)
        },
        "au24_intensity": during(1, 2, 2.5),
        "au12_intensity": during(4, 5, 4.5),
        "au12_asymmetry": during(4, 5, 0.4),
        "gaze_pitch_deg": 8 + during(0, 1, 30),
        "gaze_yaw_deg": nothing,
        "pose_pitch_deg": nothing + 5,
        "pose_yaw_deg": nothing,
        "pose_roll_deg": nothing,
        "off_camera_deg": during(0, 1, 30),
        "eye_contact": (TIMES >= 1).astype(float),
        "blink": during(2.0, 2.2, 1) + during(3.0, 3.2, 1),
        "hand_at_face": nothing,
    }
    utterances = {
        "start_sec": np.array([0.0, 3.0]), "end_sec": np.array([2.5, 6.0]), "f0_median_hz": np.array([105.0, 80.0]),
        "f0_range_semitones": np.array([5.0, 5.0]), "f0_final_rise_semitones": np.array([-2.0, -2.0]),
        "loudness_db": np.array([-30.0, -18.0]), "alpha_ratio_db": np.array([-15.0, -15.0]),
        "articulation_rate_hz": np.array([4.5, 2.5]), "longest_pause_sec": np.array([0.1, 0.9]),
        "shimmer_percent": np.array([11.0, 11.0]),
    }  # fmt: skip
    track = FaceTrack(np.zeros(0), np.zeros((0, 4)), np.zeros((0, 52)))
    series = Series("P1", columns if face else {}, {}, utterances if voice else {}, track, np.zeros(0))
    said = [
        Utterance(index=0, start_sec=0, end_sec=2.5, text="Kids are talking by the door.", source="asr"),
        Utterance(index=1, start_sec=3, end_sec=6, text="Is that so?", source="asr"),
    ]
    return Evidence("P1", clues, said if voice else (), series, 6.0, frozenset() if voice else frozenset({"voice"}))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("She presses her lips together.", "borne_out"),
        ("Around 0:01.5 the lips are pressed together.", "borne_out"),
        ("At 0:05 the lips are pressed together.", "contradicted"),
        ("Her lips are pressed hard.", "contradicted"),
        ("She smiles.", "borne_out"),
        ("She smiles faintly.", "contradicted"),
        ("She smiles broadly towards the end.", "borne_out"),
        ("She smiles at first.", "contradicted"),
        ("The left corner of her mouth lifts.", "borne_out"),
        ("The right corner of her mouth lifts.", "contradicted"),
        ("She does not smile.", "contradicted"),
        ("She does not frown.", "borne_out"),
        ("She frowns.", "contradicted"),
        ("She smiles throughout.", "contradicted"),
        ("She blinks twice.", "borne_out"),
        ("She blinks three times.", "contradicted"),
        ("Her gaze is lowered at first.", "borne_out"),
        ("She looks up.", "contradicted"),
        ("By the end she looks straight into the camera.", "borne_out"),
        ("Her head is tilted to the left.", "contradicted"),
        ("From 3 to 6 s the voice is loud.", "borne_out"),
        ("From 0 to 2 s the voice is loud.", "contradicted"),
        ("Her voice is low.", "borne_out"),
        ("Her voice is high.", "contradicted"),
        ("She speaks slowly and pauses.", "borne_out"),
        ('She says "by the door".', "borne_out"),
        ('She says "by the window".', "contradicted"),
        ("She asks something.", "borne_out"),
        ("Her voice trembles.", "unmeasurable"),
        ("Her hands shake.", "unmeasurable"),
        ("She has lost her job.", "outside_knowledge"),
        ("She smiles because her boss has left.", "outside_knowledge"),
    ],
)
def test_outcomes(text: str, outcome: str) -> None:
    assert judge(text, evidence(), SPAN) == outcome


def test_what_no_instrument_could_see_or_hear_is_unmeasurable() -> None:
    assert judge("She frowns.", evidence(face=False), SPAN) == "unmeasurable"
    assert judge("She does not frown.", evidence(face=False), SPAN) == "unmeasurable"
    assert judge("Her voice is loud.", evidence(voice=False), SPAN) == "unmeasurable"
    assert judge('She says "hello".', evidence(voice=False), SPAN) == "unmeasurable"
    assert judge("She laughs.", evidence(voice=False), SPAN) == "unmeasurable"


def test_others_are_judged_by_what_they_do() -> None:
    nothing = FaceTrack(np.zeros(0), np.zeros((0, 4)), np.zeros((0, 52)))
    series = Series("P2", {"time_sec": TIMES, "au12_intensity": 0 * TIMES}, {}, {}, nothing, np.zeros(0))
    still = Evidence("P2", (), (), series, 6.0)
    people = {"P1": evidence(), "P2": still}
    assert judge("P2 smiles.", evidence(), SPAN, people) == "contradicted"
    assert judge("P1 smiles.", still, SPAN, people) == "borne_out"


def test_every_action_without_a_clue_has_a_place() -> None:
    assert set(STATES) <= set(STATE_REGIONS)


@pytest.mark.parametrize("text", ["She laughs.", "She is silent."])
@pytest.mark.parametrize("has_audio", [True, False])
def test_who_does_not_speak_is_heard_where_there_is_sound(text: str, has_audio: bool) -> None:
    laugh = Clue(
        id=1, modality="voice", region="voice", kind="laughter", start_sec=1, apex_sec=1.5, end_sec=2, value=1,
        baseline=0, strength=0.8, person="P1",
    )  # fmt: skip
    person = Participant(
        Person(id="P1", face_seconds=0, speech_seconds=0), (), frozenset(), (laugh,), (), np.zeros(0, bool),
        np.zeros((0, 4, 4, 3), np.uint8), np.zeros((0, 7, 4), np.float32), series=evidence(voice=False).series,
    )  # fmt: skip
    info = ClipInfo(path="clip.mp4", duration_sec=6, has_video=True, has_audio=has_audio, face_seconds=0)
    assert judge(text, Evidence.of(person, info), SPAN) == ("borne_out" if has_audio else "unmeasurable")


def told(text: str, found: Evidence) -> str:
    return parse(Written(f"sad. {text}"), found, SPAN).explanation


def test_what_the_series_of_a_face_bear_out_is_told_where_a_clue_of_it_is_known() -> None:
    smile = Clue(
        id=1, modality="face", region="mouth", kind="lip_corner_puller", start_sec=4, apex_sec=4.5, end_sec=5,
        value=0.9, baseline=0, strength=0.9,
    )  # fmt: skip
    assert told("She smiles. She blinks twice.", evidence(clues=(smile,))) == "She smiles. She blinks twice."
    assert told("She presses her lips together and smiles. She blinks twice.", evidence()) == "She blinks twice."
    assert told("The cheeks stay still. She does not frown. She blinks twice.", evidence()) == "She blinks twice."


def test_movements_that_nothing_measures_are_not_told() -> None:
    assert judge("They push their lips up hard.", evidence(), SPAN) == "unmeasurable"
    assert told("They draw their hand down. They blink twice.", evidence()) == "They blink twice."


def test_a_feeling_of_another_family_in_any_word_is_not_concluded() -> None:
    smile = Clue(
        id=1, modality="face", region="mouth", kind="lip_corner_puller", start_sec=4, apex_sec=4.5, end_sec=5,
        value=0.9, baseline=0, strength=0.9,
    )  # fmt: skip
    found = parse(Written("happy. They look sullen, and they smile. They look happy."), evidence(clues=(smile,)), SPAN)
    assert found.explanation == "They smile. They look happy."


def test_what_seems_so_is_left_to_who_feels_so() -> None:
    for text in ("They still seem on edge.", "The tone suggests strong feeling.", "They seem quiet."):
        assert told(text, evidence()) == text
