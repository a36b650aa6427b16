"""First labels: words of the likeliest family, as sure as all words for it together; and what else is possible."""

from collections.abc import Callable

import pytest
import torch
from every_token import first_words
from toy_features import toy_features

from microemo.config import TINY, Calibration
from microemo.lexicon import FAMILIES
from microemo.model import first_label
from microemo.model.features import Features
from microemo.model.first_label import FirstLabel, FirstWords, Noted, shown_by
from microemo.model.language import SPACE, LanguageModel, Sampler
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, Question, question_about

# Of two families: "glad" and "merry" (tokens 1 and 2), and "low" (3). Token 0 is of no family.
WORDS = FirstWords(torch.tensor([1, 2, 3]), torch.tensor([[True, False], [True, False], [False, True]]))
PROBABILITIES = torch.tensor([[0.1, 0.3, 0.25, 0.35], [0.6, 0.1, 0.1, 0.2]])


def test_a_family_is_as_likely_as_all_its_words_together() -> None:
    found = WORDS.log_probs(PROBABILITIES.log()).exp()
    torch.testing.assert_close(found, torch.tensor([[0.55, 0.35], [0.2, 0.2]]))


def test_the_likeliest_word_of_the_likeliest_family_is_chosen_unless_most_is_of_none() -> None:
    score, token = FirstLabel(WORDS, Calibration())(PROBABILITIES.log())
    assert token.tolist() == [1, 0]  # "low" alone is likelier than "glad", and sadness less likely than joy
    assert score.exp().tolist() == pytest.approx([0.55 / 0.9, 0.6])


def test_a_word_is_drawn_among_those_of_the_family() -> None:
    first, rows = FirstLabel(WORDS, Calibration()), PROBABILITIES[:1].log().expand(200, -1)
    score, token = first(rows, Sampler(temperature=1.0, seeds=range(200)))
    assert set(token.tolist()) == {1, 2}
    assert score.exp().tolist() == pytest.approx([0.55 / 0.9] * 200)  # as sure as of the family, whatever the word


def test_what_was_put_together_decides_which_family_and_how_sure() -> None:
    unnamed = torch.tensor([[0.3, 0.4, 0.0, 0.05]])  # its likeliest word is a family's, though most is of none
    fused = torch.tensor([[0.1, 0.3], [torch.nan, torch.nan], [0.1, 0.3]]).log()
    score, token = FirstLabel(WORDS, Calibration())(torch.cat([PROBABILITIES, unnamed]).log(), fused=fused)
    assert token.tolist() == [3, 0, 3]
    assert score.exp().tolist() == pytest.approx([0.75, 0.6, 0.75])  # the second has none, and most is of no family


def test_the_temperature_is_of_the_families() -> None:
    families = WORDS.log_probs(PROBABILITIES.log())
    sure = FirstLabel(WORDS, Calibration(temperature=2.0)).sure_of(families).exp()
    assert sure[0].tolist() == pytest.approx([0.55**0.5 / (0.55**0.5 + 0.35**0.5), 0.35**0.5 / (0.55**0.5 + 0.35**0.5)])


def test_a_first_token_that_was_not_chosen_is_as_sure_as_its_family() -> None:
    first = FirstLabel(WORDS, Calibration())
    logits = PROBABILITIES[:1].log()
    families = WORDS.log_probs(logits)
    both = torch.cat([first.log_prob(logits, torch.tensor([token]), families) for token in (2, 3, 0)]).exp()
    assert both.tolist() == pytest.approx([0.55 / 0.9, 0.35 / 0.9, 0.1])


def test_a_token_is_the_familys_whose_word_it_is_or_that_alone_has_words_that_begin_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = {"happy": "happy", "exuberant": "happy", "exasperated": "angry", "sad": "sad", "sadistic": "angry",
             "glum": "sad"}  # fmt: skip
    tokens = {"happy": [1], "exuberant": [2, 3], "exasperated": [2, 4], "sad": [5], "sadistic": [5, 6], "glum": [7, 8]}
    monkeypatch.setattr(first_label, "labelled_words", words.items)

    class Toy(LanguageModel):
        def __init__(self) -> None:
            torch.nn.Module.__init__(self)
            self.letters = torch.nn.Embedding(9, 2)

        @property
        def table(self) -> torch.nn.Embedding:
            return self.letters

        def token_ids(self, text: str) -> list[int]:
            return tokens[text.removeprefix(SPACE)]

    language = Toy()
    known = FirstWords.known_to(language)
    found = {token: FAMILIES[int(of.long().argmax())] for token, of in zip(known.ids.tolist(), known.of, strict=True)}
    assert found == {1: "happy", 5: "sad", 7: "sad"}
    assert (known.of.sum(1) == 1).all()
    taught = FirstWords.known_to(language, {"happy", "exuberant", "glum"})
    assert sorted(taught.ids.tolist()) == [1, 2, 7]  # "ex" is of joy alone now


def test_where_each_letter_is_a_token_labels_are_as_the_llm_writes_them(tiny: MicroEmo) -> None:
    assert len(FirstWords.known_to(tiny.language).ids) == 0
    assert MicroEmo(tiny.config.model_copy(update={"calibration": Calibration()})).first_label is None


def test_possible_is_what_is_at_least_as_likely_as_calibration_says_and_always_the_first() -> None:
    """The first two families of all, of 0.61 and 0.39 where the label is of one of them."""
    logits = PROBABILITIES[:1].log().expand(4, -1)
    first = FirstLabel(WORDS, Calibration(possible_from={"face": 0.3, "voice": 0.5, "both": 0.9}))
    noted = Noted(first, ["face", "voice", "both", "words"])
    _, token = noted(logits)
    assert token.tolist() == [1, 1, 1, 1]
    assert noted.possible == [tuple(FAMILIES[:2]), (FAMILIES[0],), (FAMILIES[0],), ()]


def test_what_is_shown_is_what_the_utterance_shows_that_is_asked_about() -> None:
    entries = [PromptUtterance(0.0, 1.0, seen=False), PromptUtterance(1.0, 2.0, heard=False)]
    clip, silent = toy_features(num_frames=2, audio_sec=2), toy_features(num_frames=2, audio_sec=0)
    asked = [Question("What?", place).about(entries) for place in (0, 1, None)]
    assert [shown_by(clip, about) for about in asked] == ["voice", "face", "both"]
    assert [shown_by(silent, about) for about in asked] == ["words", "face", "face"]
    assert shown_by(Features(), entries[:1]) == "words"


@pytest.fixture
def judging(build_tiny: Callable[..., MicroEmo], monkeypatch: pytest.MonkeyPatch) -> MicroEmo:
    """A model that draws its answers, whose tokens are all words of families."""
    monkeypatch.setattr(FirstWords, "known_to", first_words)
    drawn = TINY.language.model_copy(update={"temperature": 0.7, "max_new_tokens": 4})
    return build_tiny(
        language=drawn, calibration=Calibration(temperature=2.0, possible_from={"both": 0.0, "face": 1.0})
    )


def test_answers_are_as_sure_as_their_family_and_say_what_else_is_possible(judging: MicroEmo) -> None:
    entries = [PromptUtterance(0.0, 1.8, "Oh no."), PromptUtterance(1.8, 4.0, heard=False)]
    asked = [question_about(entries, place) for place in (None, 0, 1)]
    whole, both, face = judging.answer_all(toy_features(), entries, asked)
    assert whole.possible == ()
    assert set(both.possible) == set(FAMILIES) and len(face.possible) == 1
    assert all(one.sure is not None and 1 / len(FAMILIES) <= one.sure <= 1 for one in (whole, both, face))
    first = judging.language.token_ids(both.text)[0]
    assert both.possible[0] == FAMILIES[first % len(FAMILIES)]
