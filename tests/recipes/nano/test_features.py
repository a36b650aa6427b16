"""What features are made of: RAVDESS's takes and MELD's lines, as their layouts read them."""

from pathlib import Path

import pytest

from microemo.errors import InputError
from recipes.nano.features import actor_of, lines_of, takes_in

HEADER = "Dialogue_ID,Utterance_ID,Speaker,Utterance,Emotion\n"


def test_takes_are_ravdesss_speech_with_what_their_names_say(tmp_path: Path) -> None:
    for name in ("03-01-06-02-01-01-19", "03-01-02-01-02-02-03", "03-02-05-01-01-01-03"):  # the last one is sung
        (tmp_path / f"{name}.flac").touch()
    second, first = takes_in(tmp_path)
    assert (first.path.name, actor_of(first)) == ("03-01-06-02-01-01-19.flac", 19)
    assert (first.labels, first.intensity, first.subtitle) == (("fearful",), 0.9, "Kids are talking by the door.")
    assert (second.labels, second.intensity, actor_of(second)) == (("calm",), 0.3, 3)


def test_melds_lines_come_by_family(tmp_path: Path) -> None:
    rows = (
        '0,0,Ross,"I like it, ""really"".",joy',
        "0,1,Ross,No.,anger",
        "0,2,Ross,That\x92s odd indeed,surprise",
        f"0,3,Ross,{'word ' * 26},fear",
    )
    (tmp_path / "train_sent_emo.csv").write_text(HEADER + "\n".join(rows) + "\n")
    (tmp_path / "dev_sent_emo.csv").write_text(HEADER + "0,0,Ross,Of another part,joy\n")
    assert lines_of(tmp_path, "train") == {"happy": ["I like it, 'really'."], "surprised": ["That's odd indeed"]}


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "train_sent_emo.csv").write_text(HEADER + "0,0,Ross,Well well,bored\n")
    with pytest.raises(InputError, match=r"train_sent_emo\.csv line 2: 'bored'"):
        lines_of(tmp_path, "train")
