import pytest

from microemo.errors import InputError
from microemo.predict import prompts


def test_the_questions_are_those_of_the_published_training() -> None:
    assert (
        prompts.question("reasoning") == "Please infer the person's emotional state and provide your reasoning process."
    )
    assert prompts.question("labels") == "Please recognize all possible emotional states of the character."


def test_a_question_may_be_the_users_own_but_not_a_mistyped_name() -> None:
    assert prompts.question(" What does she feel? ") == "What does she feel?"
    for mistyped in ("lables", "", "  "):
        with pytest.raises(InputError, match="reasoning, labels"):
            prompts.question(mistyped)


def test_the_subtitle_comes_before_the_question() -> None:
    asked = prompts.with_subtitle("What does he feel?", "I {am} fine.")
    assert asked == 'The subtitle of this clip is: "I {am} fine."\nWhat does he feel?'
    assert prompts.with_subtitle("What does he feel?", "") == "What does he feel?"


def test_the_combiner_reads_both_descriptions_the_subtitle_and_the_question() -> None:
    asked = prompts.combine("A {low} voice.", "", "Go away.", "What does he feel?")
    assert "Sound: A {low} voice.\nPictures: (none)\nSubtitle: Go away.\n" in asked
    assert asked.endswith("What does he feel?")
