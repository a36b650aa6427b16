"""A synthetic result of several people who speak and listen, with drawn faces."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from report_samples import DURATION_SEC, KEY_FRAMES, answer, make_clue, make_result

from microemo.result import Result
from microemo.schema import Answer, KeyFrame, PersonAnswer, UtteranceAnswer

ARABIC_NAME = "\u0633\u0644\u0645\u0649"

CLUES = (
    make_clue(1, "face", "brows", "brow_lowerer", (0.4, 0.9, 1.6), "P1"),
    make_clue(2, "voice", "voice", "pitch_raised", (0.2, 1.1, 1.8), "P1"),
    make_clue(3, "face", "mouth", "lip_corner_puller", (0.6, 1.0, 1.4), "P2"),
    make_clue(4, "face", "mouth", "jaw_drop", (2.2, 2.6, 3.2), "P1"),
    make_clue(5, "words", "words", "surprise_word", (2.0, 2.2, 2.5), "P3"),
)


def listen(person: str, index: int, start_sec: float, end_sec: float, *labels: str, **claims: Any) -> UtteranceAnswer:
    """What a person shows while another speaks."""
    fields = {"index": index, "start_sec": start_sec, "end_sec": end_sec, "person": person, "source": "window"}
    return UtteranceAnswer(**fields, **answer(*labels, **claims))


UTTERANCES = (
    UtteranceAnswer(
        index=0, start_sec=0.0, end_sec=2.0, text="That is unbelievable.", person="P1", speaker="Anna", source="asr",
        language="en", **answer("annoyed", explanation="The brows go down.", The_brows_go_down=1),
    ),
    UtteranceAnswer(
        index=1, start_sec=2.0, end_sec=3.0, text="Oh well, why not?", person="P3", speaker="P3", source="asr",
        language="en", **answer("amused", explanation="The words are surprised.", The_words_are_surprised=5),
    ),
    UtteranceAnswer(
        index=2, start_sec=3.0, end_sec=4.0, person="P1", source="window",
        **answer("surprised", explanation="The jaw drops.", The_jaw_drops=4),
    ),
)  # fmt: skip

PEOPLE = (
    PersonAnswer(
        id="P1", name="Anna", face_seconds=3.8, speech_seconds=2, key_frame_sec=0.5,
        overall=Answer(**answer("annoyed", "surprised", explanation="First a frown, then the jaw drops.", a_frown=1)),
        listening=(listen("P1", 1, 2.0, 3.0, "surprised", explanation="The mouth opens.", The_mouth_opens=4),),
    ),
    PersonAnswer(
        id="P2", name=ARABIC_NAME, face_seconds=2.5, speech_seconds=0, key_frame_sec=1.0,
        overall=Answer(**answer("amused", explanation="A smile.", A_smile=3)),
        listening=(
            listen("P2", 0, 0.0, 2.0, "amused", explanation="The mouth smiles.", The_mouth_smiles=3),
            listen("P2", 2, 3.0, 4.0, "calm", explanation="The face is still."),
        ),
    ),
    PersonAnswer(
        id="P3", face_seconds=0, speech_seconds=1,
        overall=Answer(**answer("amused", explanation="The words are surprised.", The_words_are_surprised=5)),
    ),
)  # fmt: skip
"""P1 is seen and heard, P2 is seen, P3 is heard."""


def make_people_result(path: Path, **changes: Any) -> Result:
    fields = {"people": PEOPLE, "main_person": "P1", "overall": PEOPLE[0].overall, "utterances": UTTERANCES,
              "clues": CLUES}  # fmt: skip
    return make_result(path, **{**fields, **changes})


def one_person_alone(path: Path) -> Result:
    """The usual sample, all of it one person's."""
    plain = make_result(path)
    person = PersonAnswer(id="P1", face_seconds=3.8, speech_seconds=4, key_frame_sec=0.5, overall=plain.overall)
    return plain.model_copy(update={
        "people": (person,),
        "main_person": "P1",
        "utterances": tuple(one.model_copy(update={"person": "P1"}) for one in plain.utterances),
        "clues": tuple(one.model_copy(update={"person": "P1"}) for one in plain.clues),
    })  # fmt: skip


def make_faces() -> tuple[KeyFrame, ...]:
    """P1 on the left and P2 on the right of one picture, in every half second; each a disc of a colour."""
    picture = np.full((120, 240, 3), 90, np.uint8)
    cv2.circle(picture, (60, 60), 36, (80, 160, 230), -1)
    cv2.circle(picture, (180, 60), 36, (200, 120, 90), -1)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    face = np.asarray(KEY_FRAMES[1].landmarks) - 0.5
    return tuple(
        KeyFrame(time_sec, jpeg, (face + place).astype(np.float32), person)
        for time_sec in np.arange(0, DURATION_SEC, 0.5).tolist()
        for person, place in (("P1", (0.25, 0.5)), ("P2", (0.75, 0.5)))
    )


FACES = make_faces()
