"""What earns more: true labels, what was measured, an end; and what costs: a word about a face that is not there."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import seen_clips
from written import Written

from microemo.claims.readings import Evidence
from microemo.config import TINY
from microemo.evaluate.wheels import Clusters, Level
from microemo.model.language import Generation, Text
from microemo.schema import Modality, Utterance
from microemo.spans import Span
from microemo.train.config import RewardWeights
from microemo.train.examples import Truth
from microemo.train.rewards import REWARDS, Attempt, lexicon_wheel, rewards_of

CLUES = seen_clips.perceive(Path("0-sad.mp4"), TINY).clues  # a frown
TRUE = " sad. The brows are pulled down [1]. This suggests sadness."
FALSE = " happy. She smiles. This suggests joy."


def attempt(text: str, *absent: Modality, labels: tuple[str, ...] = ("sad",), has_ended: bool = True) -> Attempt:
    written = Written(text)
    evidence = Evidence(None, () if "face" in absent else CLUES, absent=frozenset(absent))
    ids = tuple(range(len(written.pieces)))
    generation = Generation(written.pieces, written.log_probs, ids=ids, has_ended=has_ended)
    truth = Truth(labels, Text(""), Span(0, 2), evidence, {1: CLUES[0].id})
    return Attempt.of(generation, truth, lexicon_wheel())


def rewards(text: str, *absent: Modality, max_tokens: int = 99, **changes: bool) -> dict[str, float]:
    return rewards_of(attempt(text, *absent, **changes), max_tokens)


def test_every_reward_has_its_weight() -> None:
    assert REWARDS.keys() == RewardWeights.model_fields.keys()


def test_a_true_answer_earns_more_than_a_false_one() -> None:
    true, false = rewards(TRUE), rewards(FALSE)
    assert true == {"precision": 1, "recall": 1, "format": 1, "grounding": 1, "faithfulness": 0}
    assert false == {"precision": 0, "recall": 0, "format": 1, "grounding": 0, "faithfulness": 0}


def test_precision_and_recall_are_told_apart() -> None:
    more, fewer = attempt(" sad, happy."), attempt(" sad.", labels=("sad", "angry"))
    assert (REWARDS["precision"](more), REWARDS["recall"](more)) == (0.5, 1)
    assert (REWARDS["precision"](fewer), REWARDS["recall"](fewer)) == (1, 0.5)
    assert more.shares[0] == fewer.shares[0] == pytest.approx(2 / 3)
    assert attempt(" grieving.").shares[0] == 1  # another word of the family
    assert attempt(" sad.", labels=()).shares == (0, 0, 0)


def test_labels_are_scored_on_all_wheels() -> None:
    class Five:
        name = "five"

        def clusters(self, labels: Iterable[str], level: Level) -> list[Clusters]:
            known = [*labels]
            return [dict.fromkeys(known, "all"), *({label: label for label in known} for _ in range(4))]

    generation = attempt(" gloomy.").generation
    shares = Attempt.of(generation, attempt("").truth, Five()).shares
    assert shares == pytest.approx((0.2, 0.2, 0.2))  # on the one wheel on which they are the same


def test_a_word_that_the_lexicon_does_not_know_is_looked_for_nowhere() -> None:
    assert rewards(" blorbly. The brows are pulled down.")["precision"] == 0


@pytest.mark.parametrize(
    ("text", "is_well_formed"),
    [(TRUE, True), (" sad.", False), (" The brows are pulled down.", False), (" sad. ...", False), ("", False)],
)
def test_the_form_is_labels_an_explanation_and_an_end(text: str, is_well_formed: bool) -> None:
    assert rewards(text)["format"] == is_well_formed
    assert rewards(text, has_ended=False)["format"] == 0


def test_what_is_long_earns_nothing_and_pays() -> None:
    num_tokens = len(Written(TRUE).pieces)
    assert rewards(TRUE, max_tokens=num_tokens) == rewards(TRUE)
    assert {*rewards(TRUE, max_tokens=num_tokens - 1).values()} == {0}
    assert rewards(TRUE, "face", max_tokens=1)["faithfulness"] == -1


def test_a_claim_about_what_is_not_there_costs_and_is_not_grounded() -> None:
    seen, blinded = rewards(TRUE), rewards(TRUE, "face")
    assert (seen["faithfulness"], blinded["faithfulness"]) == (0, -1)
    assert (seen["grounding"], blinded["grounding"]) == (1, 0)
    muted = rewards(" sad. The brows are pulled down. The voice is quiet.", "voice")
    assert (muted["faithfulness"], muted["grounding"]) == (-1, 0.5)
    assert rewards(" sad.", "face")["faithfulness"] == 0


@pytest.mark.parametrize(
    "told", ["The voice trembles.", "Her trembling voice suggests sadness.", "The breath is shaky."]
)
def test_what_no_instrument_hears_is_of_the_voice(told: str) -> None:
    assert rewards(f" sad. {told}", "voice")["faithfulness"] == -1
    assert rewards(f" sad. {told}", "face")["faithfulness"] == 0


@pytest.mark.parametrize(
    ("told", "absent", "other"),
    [
        ("She looks sad.", "face", "voice"),
        ("His eyes tell of grief.", "face", "voice"),
        ("He sounds sad.", "voice", "face"),
        ("The tone is bitter.", "voice", "face"),
    ],
)
def test_what_makes_no_claim_costs_where_it_speaks_of_what_is_not_there(
    told: str, absent: Modality, other: Modality
) -> None:
    assert not attempt(f" sad. {told}").claims
    filler = "It is all right. She nods. " if absent == "voice" else "It is all right. The voice is loud. "
    for text in (f" sad. {told}", f" sad. {filler * 3}{told}"):
        assert rewards(text, absent)["faithfulness"] == -1
    assert rewards(f" sad. {told}", other)["faithfulness"] == 0


def test_what_is_quoted_may_be_of_anything() -> None:
    assert rewards(' sad. She says "lower your voice".', "voice")["faithfulness"] == 0


def test_repeating_what_was_said_earns_nothing() -> None:
    said = (Utterance(index=0, start_sec=0, end_sec=2, text="Well.", source="asr"),)
    one = attempt(' sad. She says "well".')
    heard = replace(one.truth, evidence=replace(one.truth.evidence, utterances=said))
    again = Attempt.of(one.generation, heard, lexicon_wheel())
    assert again.claims[0].is_borne_out
    assert REWARDS["grounding"](again) == 0


def test_what_is_denied_earns_nothing_and_costs_where_nobody_could_see() -> None:
    assert attempt(" sad. She does not smile.").claims[0].is_borne_out
    assert rewards(" sad. She does not smile.")["grounding"] == 0
    assert rewards(" sad. The brows are pulled down. She does not smile.")["grounding"] == 0.5
    assert rewards(" sad. The brows are not pulled down.")["grounding"] == 0
    unseen = rewards(" sad. She does not smile.", "face")
    assert (unseen["grounding"], unseen["faithfulness"]) == (0, -1)
