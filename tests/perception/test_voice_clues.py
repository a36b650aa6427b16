import numpy as np
import pytest

from microemo.perception.series import utterance_columns
from microemo.perception.voice_clues import SAMPLE_RATE, count_syllables, voice_clues, voices_in
from microemo.schema import Utterance


def voice(duration_sec, hertz, tilt=2.0, gain=0.05):
    """A vowel-like tone: harmonics whose level falls with the ``tilt``-th power; pitch a number or function of time."""
    times_sec = np.arange(round(duration_sec * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = hertz(times_sec) if callable(hertz) else np.full_like(times_sec, hertz)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    return (gain * sum(np.sin(n * phase) / n**tilt for n in range(1, 20))).astype(np.float32)


def silence(duration_sec):
    return np.zeros(round(duration_sec * SAMPLE_RATE), np.float32)


def spoken(*parts, texts=()):
    """One utterance for each part, half a second apart, with the waveform and its speech segments."""
    waveform, utterances, start_sec = [], [], 0.0
    for index, part in enumerate(parts):
        end_sec = start_sec + len(part) / SAMPLE_RATE
        text = texts[index] if texts else ""
        utterances.append(Utterance(index=index, start_sec=start_sec, end_sec=end_sec, text=text, source="asr"))
        waveform += [part, silence(0.5)]
        start_sec = end_sec + 0.5
    return np.concatenate(waveform), utterances, [(u.start_sec, u.end_sec) for u in utterances]


def lively(middle_hertz):
    """Six semitones up and down, as calm speech has."""
    return lambda times_sec: middle_hertz * 2 ** (3 * np.sin(2 * np.pi * times_sec) / 12)


def kinds(clues, start_sec=0.0, end_sec=np.inf):
    return {clue.kind for clue in clues if start_sec <= clue.apex_sec < end_sec}


def test_a_raised_voice_stands_out_from_the_clip():
    clues = voice_clues(*spoken(voice(2, lively(110)), voice(2, lively(110)), voice(2, lively(220))))
    assert "pitch_raised" not in kinds(clues, end_sec=5)
    (clue,) = [clue for clue in clues if clue.kind == "pitch_raised"]
    assert clue.value == pytest.approx(220, rel=0.03)
    assert clue.baseline == pytest.approx(110, rel=0.03)
    assert clue.strength == pytest.approx(1.0, abs=0.05)
    assert 5 <= clue.start_sec <= clue.apex_sec <= clue.end_sec <= 7


def test_an_only_utterance_is_held_against_calm_voices():
    assert "pitch_raised" not in kinds(voice_clues(*spoken(voice(2, lively(120)))))
    assert "pitch_raised" not in kinds(voice_clues(*spoken(voice(2, lively(205)))))
    assert "pitch_raised" in kinds(voice_clues(*spoken(voice(2, lively(330)))))


def test_a_monotone_voice_is_flat_and_a_swinging_one_lively():
    assert "pitch_flat" in kinds(voice_clues(*spoken(voice(2, 110))))
    swinging = voice(2, lambda t: 110 * 2 ** (9 * np.sin(2 * np.pi * t) / 12))
    assert "pitch_lively" in kinds(voice_clues(*spoken(swinging)))


def test_loudness_is_relative_to_the_clip():
    quiet, loud = voice(2, lively(110), gain=0.01), voice(2, lively(110), gain=0.1)
    clues = voice_clues(*spoken(quiet, loud))
    assert kinds(clues, 0, 2) & {"voice_quiet", "voice_loud"} == {"voice_quiet"}
    assert kinds(clues, 2.5, 5) & {"voice_quiet", "voice_loud"} == {"voice_loud"}
    for alone in (quiet, loud):
        assert not kinds(voice_clues(*spoken(alone))) & {"voice_quiet", "voice_loud"}


def test_the_recording_level_does_not_matter():
    waveform, utterances, speech = spoken(voice(2, lively(110)), voice(2, lively(240), tilt=0.5))
    clues = voice_clues(waveform, utterances, speech)
    assert {"pitch_raised", "voice_tense"} <= kinds(clues, 2.5, 5)
    faint = voice_clues(waveform * 0.02, utterances, speech)
    assert [(c.kind, round(c.strength, 1)) for c in faint] == [(c.kind, round(c.strength, 1)) for c in clues]


def test_rate_counts_the_syllables_of_the_text():
    tone = voice(2, lively(110))
    slow, fast = "Oh no.", "Honestly, everybody was immediately asking about another invitation."
    assert "speech_slow" in kinds(voice_clues(*spoken(tone, texts=[slow])))
    assert "speech_fast" in kinds(voice_clues(*spoken(tone, texts=[fast])))
    assert not {"speech_slow", "speech_fast"} & kinds(voice_clues(*spoken(tone)))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("...", 0), ("Kids are talking by the door", 7), ("the table", 3), ("déjà vu", 3), ("12 !", 0)],
)
def test_count_syllables(text, count):
    assert count_syllables(text) == count


def test_a_long_pause_has_its_own_time():
    halting = np.concatenate([voice(1, lively(110)), silence(1), voice(1, lively(110))])
    (clue,) = [clue for clue in voice_clues(*spoken(halting)) if clue.kind == "long_pause"]
    assert (clue.start_sec, clue.end_sec) == (pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1))
    assert clue.value == pytest.approx(1, abs=0.15)


def test_no_voice_no_clue():
    noise = np.random.default_rng(0).normal(0, 0.05, 2 * SAMPLE_RATE).astype(np.float32)
    assert voice_clues(*spoken(silence(2), noise)) == []
    assert voice_clues(*spoken(silence(0.01))) == []
    waveform, utterances, _ = spoken(voice(2, 300))
    assert voice_clues(waveform, utterances, speech=[]) == []
    assert voice_clues(waveform, [], speech=[(0, 2)]) == []


def test_each_speaker_is_held_against_the_own_voice():
    """A low and a high voice in turn: neither is raised, though both are far from the clip's median."""
    waveform, utterances, speech = spoken(*(voice(2, lively(hertz)) for hertz in (110, 205, 110, 205, 110)))
    together = voice_clues(waveform, utterances, speech)
    apart = [one.model_copy(update={"speaker": "AB"[one.index % 2]}) for one in utterances]
    assert "pitch_raised" in kinds(together)
    assert "pitch_raised" not in kinds(voice_clues(waveform, apart, speech))


def test_an_utterance_has_a_row_of_what_its_voice_is_as_a_whole():
    waveform, utterances, speech = spoken(voice(2, lively(110)), voice(2, lively(220)))
    columns = utterance_columns(voices_in(waveform, utterances, speech))
    assert columns["utterance"].tolist() == [0, 1]
    assert columns["f0_median_hz"] == pytest.approx([110, 220], rel=0.05)
    assert all(len(values) == 2 for values in columns.values())
    assert np.isfinite(columns["jitter_percent"]).all() and np.isnan(columns["articulation_rate_hz"]).all()  # no text
    assert utterance_columns([]) == {}
