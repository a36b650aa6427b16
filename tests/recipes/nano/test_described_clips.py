"""Made clips of the tables: whose faces and voices are whose, and what is asked and answered about them."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from paired_features import write_made

from microemo.citations import cited
from microemo.model.prompt import OVERALL_QUESTION, SOMEBODY
from recipes.descriptions.check import Written
from recipes.descriptions.table import listed
from recipes.nano import described, made_clips
from recipes.nano.described import Described
from recipes.nano.made_clips import parts_of

TABLES = made_clips.tables()


def test_every_facial_clue_of_a_table_has_a_face_to_have_been_measured_in() -> None:
    for table in TABLES.values():
        faces = [(part.person, face) for part in parts_of(table) for face in part.faces]
        assert sum(len(part.voices) + len(part.faces) for part in parts_of(table)) == len(table.made_of)
        for clue in table.clues:
            spans = [(face.start_sec, face.end_sec) for person, face in faces if person == clue.person]
            if clue.modality == "face":
                assert any(start - 0.01 <= clue.apex_sec <= end + 0.01 for start, end in spans), (table.id, clue)


def test_who_is_labelled_first_speaks_and_the_others_listen() -> None:
    two = next(table for table in TABLES.values() if len(table.who) == 2)
    parts = {part.person: part for part in parts_of(two)}
    for utterance, (speaker, *listeners) in zip(two.utterances, two.labels, strict=True):
        assert any(voice.start_sec == utterance.start_sec for voice in parts[speaker.person].voices)
        for listener in listeners:
            assert utterance.index in parts[listener.person].utterances
            assert all(voice.start_sec != utterance.start_sec for voice in parts[listener.person].voices)


@pytest.fixture
def described_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Described]:
    def build(*ids: str, without: float = 0.0, renewed: float = 0.0) -> Described:
        """The tables' parts with made-up features."""
        write_made(tmp_path / "made", ids, num_tokens=65, size=8, layers=1)
        monkeypatch.setattr(described, "WITHOUT", dict.fromkeys(described.WITHOUT, without))
        monkeypatch.setattr(described, "WITHOUT_CLUES", without)
        monkeypatch.setattr(described, "WITHOUT_CLUE", without)
        monkeypatch.setattr(described, "RENEWED", renewed)
        return Described(tmp_path / "made")

    return build


def alone(num_utterances: int, about: int | None) -> Written:
    """A description of a table of one person."""
    rows = map(Written.model_validate_json, described.DESCRIPTIONS.read_text().splitlines())
    return next(
        row
        for row in rows
        if row.utterance == about
        and len(TABLES[row.table].who) == 1
        and len(TABLES[row.table].utterances) == num_utterances
        and "[" in row.text
    )


def test_what_was_written_of_the_only_utterance_is_its_answer(described_of: Callable[..., Described]) -> None:
    written = alone(1, None)
    clips = described_of(written.table)
    who = TABLES[written.table].who["P1"].partition(" (")[0]
    begins = f"What does {SOMEBODY if who == 'they' else who} feel "
    asked = set()
    for seed in range(20):
        ((question, (text, is_whole), *_),) = clips.example(0, Random(seed)).turns
        assert is_whole and text.startswith(", ".join(written.labels[:3]))
        assert question.text.startswith(begins + ("in this video" if question.utterance is None else "from 0.0 s"))
        asked.add(question.utterance)
    assert asked == {0, None}  # by its times, or as the whole


def test_todays_prompts_list_what_is_told_today(described_of: Callable[..., Described]) -> None:
    """And what was written is the answer only where all of it is still told."""
    written = alone(1, None)
    for renewed in (0, 1):
        clips = described_of(written.table, renewed=renewed)
        (versions,) = clips.clips
        clip = versions[renewed]
        for seed in range(5):
            (utterance,), (turn,) = (example := clips.example(0, Random(seed))).utterances, example.turns
            assert len(utterance.clues) == len(listed(clip.table))
            assert bool(clip.written) is (renewed == 0)
            assert turn.answer.text.startswith(", ".join(written.labels[:3]) + ".") is bool(clip.written)
    assert len(listed(versions.today.table)) < len(listed(versions.seen.table))


def test_of_several_each_is_asked_about_and_then_the_whole(described_of: Callable[..., Described]) -> None:
    written = alone(2, 1)
    clips = described_of(written.table)
    example = clips.example(0, Random(0))
    assert [turn.question.utterance for turn in example.turns] == [0, 1, None]
    assert example.turns[1].answer.text.startswith(", ".join(written.labels[:3]))
    assert example.turns[1].answer.is_whole
    assert example.turns[2].question.text.endswith(OVERALL_QUESTION.rpartition("feel")[2])


def test_an_answer_about_what_was_left_out_is_its_label_alone(described_of: Callable[..., Described]) -> None:
    written = alone(1, None)
    clips = described_of(written.table, without=0.2)
    drawn = [clips.example(0, Random(seed)) for seed in range(40)]
    texts = {example.turns[0].answer for example in drawn}
    assert {answer.is_whole for answer in texts} == {True, False}
    for example in drawn:
        (utterance,), ((_, answer, *_),) = example.utterances, example.turns
        assert utterance.seen or utterance.heard or utterance.text
        assert (example.features.frames is None) is not utterance.seen
        if answer.is_whole:
            assert set(cited(answer.text)) <= {clue.id for clue in utterance.clues}
        else:
            assert "[" not in answer.text and answer.text


def test_who_listens_is_seen_and_not_heard(described_of: Callable[..., Described]) -> None:
    table = next(t for t in TABLES.values() if len(t.who) == 2 and any(len(labels) > 1 for labels in t.labels))
    clips = described_of(table.id)
    for clip, example in ((clip.seen, clips.example(place, Random(0))) for place, clip in enumerate(clips.clips)):
        for number, utterance in zip(clip.part.utterances, example.utterances, strict=True):
            assert utterance.heard is (table.utterances[number].person == clip.part.person)
            assert utterance.speaker == table.utterances[number].person
        for turn in example.turns:  # of two people nobody wrote about one
            assert not turn.answer.is_whole or re.search(r"\b(seems?|could be|clearly)\b", turn.answer.text), turn


def test_shades_are_words_for_the_feeling_that_was_written_about(described_of: Callable[..., Described]) -> None:
    found = described_of("a0001").shades.words
    assert set(found["angry", "mild"]) > {"annoyed", "irritated"}
    assert "furious" in found["angry", "strong"] and "furious" not in found["angry", "mild"]
    assert {label.strength for table in TABLES.values() for labels in table.labels for label in labels} == {
        "", "mild", "strong",
    }  # fmt: skip


def test_a_mouth_is_as_open_as_the_voice_is_loud() -> None:
    sound = np.concatenate([np.zeros(16_000), 0.5 * np.sin(np.arange(16_000) / 10)]).astype(np.float32)
    quiet, loud = made_clips.loudness(sound, [0.5, 1.5])
    assert quiet == 0 and loud > 0.9
