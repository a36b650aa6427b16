import numpy as np
import pytest

from microemo import weights
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.perception.asr import Word, find_voice
from microemo.perception.diarisation import Diarisation, SpeakerTurn, cluster, diarise, from_spans
from microemo.perception.voices import blocks, fill, stretches
from microemo.spans import Span

RATE = 16_000


def embeddings(*centres: int, spread: float = 0.3, seed: int = 0) -> np.ndarray:
    """Unit vectors round orthogonal centres; of the same centre, their mean cosine is about 1 / (1 + spread ** 2)."""
    rng = np.random.default_rng(seed)
    found = np.eye(192)[list(centres)] + rng.normal(0, spread / np.sqrt(192), (len(centres), 192))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def turns(*spoken: tuple[int, float, float]) -> Diarisation:
    return from_spans([(speaker, Span(start, end)) for speaker, start, end in spoken])


def test_speakers_are_numbered_as_they_come_and_pauses_bridged() -> None:
    found = turns((7, 4, 5), (3, 0, 1), (3, 1.2, 2), (3, 6, 7))
    assert found.turns == (
        SpeakerTurn(0, Span(0, 2)),
        SpeakerTurn(1, Span(4, 5)),
        SpeakerTurn(0, Span(6, 7)),
    )
    assert found.num_speakers == 2
    assert found.overlaps == ()


def test_overlapping_speech_is_marked_once() -> None:
    found = turns((0, 0, 4), (1, 1, 2), (2, 1.5, 3), (1, 3.5, 5))
    assert found.overlaps == (Span(1, 3), Span(3.5, 4))


def test_an_utterance_has_the_speaker_of_most_of_it() -> None:
    found = turns((0, 0, 2), (1, 2, 5))
    assert found.speaker_of(Span(1, 2.5)) == 0
    assert found.speaker_of(Span(1, 4)) == 1
    assert found.speaker_of(Span(6, 7)) is None


def test_words_are_cut_where_the_speaker_changes() -> None:
    words = [Word(text, float(i), i + 0.8) for i, text in enumerate(["so", "are", "you", "yes", "am"])]
    found = turns((0, 1, 2.9), (1, 3, 4.9))
    assert [[word.text for word in run] for run in found.split_words(words)] == [["so", "are", "you"], ["yes", "am"]]
    assert Diarisation(()).split_words(words) == [words]
    assert Diarisation(()).split_words([]) == []


def test_clusters_are_the_voices() -> None:
    voices = [0, 1, 0, 2, 1, 2, 0, 1, 2]
    found = cluster(embeddings(*voices), np.full(len(voices), 2.5))
    assert len(set(found)) == 3
    assert all((found[i] == found[j]) == (voices[i] == voices[j]) for i in range(9) for j in range(9))


def test_a_single_short_voice_is_one_speaker() -> None:
    assert cluster(embeddings(0), np.array([0.2])) == [0]


def test_what_is_short_joins_the_nearest() -> None:
    found = cluster(embeddings(0, 0, 1, 1, 0), np.array([3.0, 3.0, 3.0, 3.0, 0.4]))
    assert found[4] == found[0] != found[2]


def test_little_speech_that_sounds_alike_makes_no_speaker() -> None:
    mood = np.eye(192)[[0, 0, 0]] * 1.0
    mood[2] = 0.35 * np.eye(192)[0] + np.sqrt(1 - 0.35**2) * np.eye(192)[1]
    assert len(set(cluster(mood, np.array([3.0, 3.0, 2.0])))) == 1
    assert len(set(cluster(mood, np.array([3.0, 3.0, 6.0])))) == 2


def test_many_embeddings_cluster_as_few_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microemo.perception.diarisation.NUM_AT_ONCE", 20)
    voices = [0, 1, 2] * 30
    found = cluster(embeddings(*voices), np.full(90, 2.0))
    assert len(set(found)) == 3
    assert found == [found[index % 3] for index in range(90)]


def test_blocks_hold_all_that_is_voiced_ten_seconds_at_a_time() -> None:
    voiced = [Span(0.5, 3), Span(4, 6), Span(9, 12), Span(20, 45)]
    found = list(blocks(voiced))
    assert all(block[-1].end_sec - block[0].start_sec <= 10 for block in found)
    pieces = [span for block in found for span in block]
    assert sum(end - start for start, end in pieces) == pytest.approx(sum(end - start for start, end in voiced))
    assert list(blocks([])) == []


def test_every_voiced_frame_has_a_voice_and_no_other() -> None:
    active = np.zeros((100, 3), bool)
    active[10:30, 0] = active[35:50, 1] = True
    times_sec = np.arange(100) / 10
    found = fill(active, times_sec, [Span(1.5, 6), Span(8, 9)])
    assert not found[:15].any() and not found[60:80].any() and not found[90:].any()
    assert found[15:60].any(axis=1).all()
    assert found[33, 1] and found[31, 0] and found[55, 1]
    assert found[80:90, 3].all() and not found[80:90, :3].any()


def test_long_stretches_are_cut_at_their_quietest_moment() -> None:
    voice, loudness = np.zeros(400, bool), np.ones(400)
    voice[20:220] = True
    loudness[120] = 0
    assert list(stretches(voice, loudness)) == [slice(20, 120), slice(120, 220)]


@pytest.mark.weights
def test_a_reader_is_one_speaker_and_a_dialogue_is_two() -> None:
    samples = weights.path("speech_samples")
    folders = weights.path("pyannote_segmentation"), weights.path("campplus")
    reader, dialogue = (
        np.array(waveform(probe(samples / f"{name}.wav")), np.float32) for name in ("two_cities", "endgame_nagg_nell")
    )
    reader = reader[: 20 * RATE]

    def diarised(sound: np.ndarray) -> Diarisation:
        return diarise(sound, find_voice(sound, len(sound) / RATE), *folders)

    assert diarised(reader).num_speakers == 1
    assert diarised(dialogue).num_speakers == 2
    both = np.concatenate([reader, np.zeros(RATE, np.float32), dialogue])
    found = diarised(both)
    assert found == diarised(both)
    assert found.num_speakers == 3
    assert {speaker for speaker, span in found.turns if span.end_sec <= 21} == {0}
    assert {speaker for speaker, span in found.turns if span.start_sec >= 21} == {1, 2}
