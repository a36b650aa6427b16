import av
import numpy as np
import pytest
import soxr
from sound_files import LAYOUTS, write_tracks

from microemo.media.audio import SAMPLE_RATE, _Timeline, read, waveform
from microemo.media.probe import probe
from microemo.media.video import frames


def onset_sec(wave, threshold=0.1):
    return np.flatnonzero(np.abs(wave) > threshold)[0] / SAMPLE_RATE


def hertz(wave):
    return np.argmax(np.abs(np.fft.rfft(wave))) * SAMPLE_RATE / len(wave)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".m4a", ".flac", ".mkv"])
def test_sixteen_kilohertz_mono(tmp_path, write, tone, suffix):
    wave = waveform(probe(write(tmp_path / f"clip{suffix}", sound=tone(1.5, rate=44100, channels=2), rate=44100)))
    assert wave.dtype == np.float32
    assert len(wave) == pytest.approx(1.5 * SAMPLE_RATE, abs=0.06 * SAMPLE_RATE)
    middle = wave[SAMPLE_RATE // 4 : SAMPLE_RATE * 5 // 4]
    assert hertz(middle) == pytest.approx(440, abs=1.5)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


def test_same_rate_passes_unchanged(tmp_path, write, tone):
    sound = tone(1.0, rate=SAMPLE_RATE)
    wave = waveform(probe(write(tmp_path / "clip.wav", sound=sound, rate=SAMPLE_RATE)))
    np.testing.assert_allclose(wave, sound[0], atol=2 / 2**15)


def test_channels_in_antiphase_do_not_cancel(tmp_path, write, tone):
    left = tone(1.0, rate=SAMPLE_RATE)
    sound = read(probe(write(tmp_path / "clip.wav", sound=np.concatenate([left, -left]), rate=SAMPLE_RATE)))
    np.testing.assert_allclose(np.abs(sound.mono), np.abs(left[0]), atol=2 / 2**15)
    assert len(sound.channels) == 2
    np.testing.assert_allclose(sound.channels, np.concatenate([left, -left]), atol=2 / 2**15)


def test_a_single_channel_is_the_sound(tmp_path, write, tone):
    sound = read(probe(write(tmp_path / "clip.wav", sound=tone(1.0))))
    np.testing.assert_array_equal(sound.channels, [sound.mono])


def test_long_sound_in_many_chunks_is_the_whole(tmp_path, write):
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.1, (1, 44100 * 5)).astype(np.float32)
    wave = waveform(probe(write(tmp_path / "clip.wav", sound=sound, rate=44100)))
    whole = soxr.resample(sound[0], 44100, SAMPLE_RATE)
    assert len(wave) == len(whole)
    np.testing.assert_allclose(wave, whole, atol=1e-3)


def test_late_sound_starts_with_silence(tmp_path, write, greys, tone):
    path = write(tmp_path / "clip.mkv", greys(50), sound=tone(1.0), sound_start_sec=0.7)
    wave = waveform(probe(path))
    assert onset_sec(wave) == pytest.approx(0.7, abs=0.01)
    assert len(wave) == pytest.approx(1.7 * SAMPLE_RATE, abs=200)


def test_no_sound(tmp_path, write, greys):
    assert waveform(probe(write(tmp_path / "clip.mp4", greys(5)))) is None


def test_digital_silence_is_sound(tmp_path, write):
    wave = waveform(probe(write(tmp_path / "clip.mp4", sound=np.zeros((1, 48000), np.float32))))
    assert wave is not None
    assert not wave.any()


def test_stays_in_range_and_writable(tmp_path, write):
    square = np.sign(np.sin(np.arange(48000) / 17))[None].astype(np.float32)
    wave = waveform(probe(write(tmp_path / "clip.wav", sound=square)))
    assert np.abs(wave).max() <= 1
    wave[0] = 0.5  # copy on write: torch.from_numpy warns of arrays that are read-only


def frame_of(samples, rate):
    """A frame of (channels, n) samples."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32), "fltp", LAYOUTS[len(samples)])
    frame.sample_rate = rate
    return frame


def lay(tmp_path, pieces):
    """The mono sound of pieces, each of (channels, n) samples."""
    with (tmp_path / "sound").open("w+b") as file:
        timeline = _Timeline(file)
        for samples, rate, start_sec in pieces:
            timeline.add(frame_of(samples, rate), start_sec)
        return timeline.finish().mono


def test_gap_becomes_silence_and_overlap_is_heard_once(tmp_path, tone):
    second = tone(1.0, rate=8000)
    gap = lay(tmp_path, [(second, 8000, 0.0), (second, 8000, 2.0)])
    assert len(gap) == pytest.approx(3 * SAMPLE_RATE, abs=2)
    assert not gap[SAMPLE_RATE + 10 : 2 * SAMPLE_RATE - 10].any()
    assert len(lay(tmp_path, [(second, 8000, 0.0), (second, 8000, 0.5)])) == pytest.approx(1.5 * SAMPLE_RATE, abs=2)
    assert len(lay(tmp_path, [(second, 8000, 0.0), (second[:, :800], 8000, 0.2)])) == pytest.approx(SAMPLE_RATE, abs=2)


def test_rounded_times_do_not_cut(tmp_path, tone):
    sound = tone(1.0, rate=8000)
    pieces = [(sound[:, i * 80 : (i + 1) * 80], 8000, i * 0.01 + 0.004 * (i % 3)) for i in range(100)]
    np.testing.assert_allclose(lay(tmp_path, pieces), lay(tmp_path, [(sound, 8000, 0.0)]), atol=1e-5)


def test_rate_may_change_midway(tmp_path, tone):
    wave = lay(tmp_path, [(tone(1.0, rate=8000), 8000, 0.0), (tone(1.0, rate=44100), 44100, None)])
    assert len(wave) == pytest.approx(2 * SAMPLE_RATE, abs=2)
    assert hertz(wave[SAMPLE_RATE:]) == pytest.approx(440, abs=1.5)


@pytest.mark.parametrize("layouts", [(2, 1, 2), (1, 2), (2, 6), (6, 2)])
def test_channels_may_come_and_go_midway(tmp_path, tone, layouts):
    """As from film to advertisement in a broadcast."""
    beeps = tone(1.0, SAMPLE_RATE) * (np.arange(SAMPLE_RATE) % 4000 < 2000)
    wave = lay(tmp_path, [(np.tile(beeps, (number, 1)), SAMPLE_RATE, None) for number in layouts])
    assert len(wave) == len(layouts) * SAMPLE_RATE
    levels = np.abs(wave).reshape(len(layouts), -1).max(axis=1)
    assert levels.min() > 0.2


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        (".wav", "pcm_mulaw"), (".wav", "pcm_alaw"), (".wav", "pcm_u8"), (".wav", "adpcm_ima_wav"),
        (".au", "pcm_mulaw"), (".mp3", "libmp3lame"), (".m4a", "aac"),
    ],
)  # fmt: skip
def test_telephone(tmp_path, tone, suffix, codec):
    info = probe(write_tracks(tmp_path / f"call{suffix}", [tone(2.0, rate=8000)], codec, 8000), pytest.fail)
    wave = waveform(info)
    assert len(wave) / SAMPLE_RATE == pytest.approx(2.0, abs=0.06)
    middle = wave[SAMPLE_RATE // 2 : SAMPLE_RATE * 3 // 2]
    assert hertz(middle) == pytest.approx(440, abs=1.5)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.08)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        (".mka", "flac"),
        (".mka", "pcm_s16le"),
        (".webm", "libopus"),
        (".ogg", "libopus"),
        (".m4a", "aac"),
        (".ts", "mp2"),
    ],
)
@pytest.mark.parametrize("starts_sec", [(-0.5,), (0.7,), (100.0,), (3.0, 9.5)])
def test_a_clock_may_begin_anywhere_and_pause(tmp_path, tone, suffix, codec, starts_sec):
    info = probe(
        write_tracks(tmp_path / f"clip{suffix}", [tone(2.0, SAMPLE_RATE)], codec, starts_sec=starts_sec), pytest.fail
    )
    wave = waveform(info)
    loud_sec = np.flatnonzero(np.abs(wave) > 0.1) / SAMPLE_RATE
    length_sec = starts_sec[-1] - starts_sec[0] + 2.0
    if suffix == ".m4a" and starts_sec[0] < 0:
        length_sec -= 0.5  # leaves out what comes before its time 0
    assert info.duration_sec == pytest.approx(length_sec, abs=0.1)
    assert (loud_sec[0], loud_sec[-1]) == pytest.approx((0.0, length_sec), abs=0.1)
    if len(starts_sec) > 1:
        assert not (np.abs(wave[int(2.2 * SAMPLE_RATE) : int(6.4 * SAMPLE_RATE)]) > 0.05).any()


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov", ".webm"])
@pytest.mark.parametrize("start_sec", [-0.5, 0.7, 3.0])
def test_sound_and_pictures_share_a_clock(tmp_path, write, greys, tone, suffix, start_sec):
    path = write(
        tmp_path / f"clip{suffix}",
        greys(100),
        sound=tone(2.0),
        sound_start_sec=start_sec,
        options={"avoid_negative_ts": "disabled"},
    )
    info = probe(path, pytest.fail)
    first_sec = next(frames(info)).time_sec
    loud_sec = np.flatnonzero(np.abs(waveform(info)) > 0.1) / SAMPLE_RATE
    heard_from = max(start_sec, 0.0) if suffix in {".mp4", ".mov"} else start_sec  # these cut what comes before time 0
    assert loud_sec[0] - first_sec == pytest.approx(heard_from, abs=0.03)
    assert loud_sec[-1] - first_sec == pytest.approx(start_sec + 2.0, abs=0.03)
