"""A clip is as long as what it holds, whatever single timestamps say; and rare pictures and long pauses keep theirs."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transport_stream import damage, write_stream

from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.media.timestamps import MAX_GAP_SEC, NOTHING_WRONG, REORDER, Packets, correct
from microemo.media.video import frames

TEN_HOURS = 36_000.0

DAMAGE: dict[str, tuple[str, Callable[[int], bool], float]] = {
    "a picture far ahead": ("video", lambda number: number == 10, TEN_HOURS),
    "a picture a little ahead": ("video", lambda number: number == 3, 5.0),
    "a picture far back": ("video", lambda number: number == 10, -TEN_HOURS),
    "the first picture": ("video", lambda number: number == 0, TEN_HOURS),
    "the first picture back": ("video", lambda number: number == 0, -60.0),
    "the last picture": ("video", lambda number: number == 24, TEN_HOURS),
    "some pictures in a row": ("video", lambda number: number in (8, 9, 10), TEN_HOURS),
    "some pictures here and there": ("video", lambda number: number in (2, 9, 15, 24), TEN_HOURS),
    "a sound far ahead": ("audio", lambda number: number == 5, TEN_HOURS),
    "the first sound": ("audio", lambda number: number == 0, TEN_HOURS),
    "the last sound": ("audio", lambda number: number == 40, TEN_HOURS),
    "a video that jumps back": ("video", lambda number: number >= 12, -1.0),
    "a video that jumps ahead": ("video", lambda number: number >= 12, TEN_HOURS),
    "a sound that jumps back": ("audio", lambda number: number >= 20, -1.0),
    "a sound on another clock": ("audio", lambda number: True, TEN_HOURS),
    "a video on another clock": ("video", lambda number: True, TEN_HOURS),
}


ONLY_SHOWN_WRONG = [name for name in DAMAGE if "picture" in name]  # sound has one timestamp, a clock one time


@pytest.mark.parametrize(
    ("name", "dts"),
    [*((name, True) for name in DAMAGE), *((name, False) for name in ONLY_SHOWN_WRONG)],
    ids=[*DAMAGE, *(f"{name}, as it is shown" for name in ONLY_SHOWN_WRONG)],
)
def test_a_damaged_timestamp_makes_a_clip_no_longer(name: str, dts: bool, tmp_path: Path) -> None:
    kind, which, by_sec = DAMAGE[name]
    path = damage(write_stream(tmp_path / "clip.ts", 1.0), kind, which, by_sec, dts=dts)
    warnings: list[str] = []
    info = probe(path, warnings.append)
    assert info.duration_sec == pytest.approx(1.0, abs=0.06)
    told_of_it(warnings)
    shown = list(frames(info))
    assert [frame.time_sec for frame in shown] == pytest.approx([0.01 + number / 25 for number in range(25)], abs=0.05)
    assert [frame.image.mean() for frame in shown] == pytest.approx([10 + 10 * (n % 24) for n in range(25)], abs=4)
    sound = waveform(info)
    assert len(sound) / SAMPLE_RATE == pytest.approx(1.0, abs=0.06)
    assert np.abs(sound[1600:12800]).reshape(-1, 100).max(axis=1).min() > 0.3  # no holes


def told_of_it(warnings: list[str]) -> None:
    assert warnings
    assert all(" timestamps of the " in warning or ": the clock of the " in warning for warning in warnings)


def test_a_whole_stream_is_left_as_it_is(tmp_path: Path) -> None:
    info = probe(write_stream(tmp_path / "clip.ts", 2.0), pytest.fail)
    assert set(info.corrections.values()) == {NOTHING_WRONG}


@pytest.mark.parametrize("start_sec", [TEN_HOURS, 2**33 / 90_000 - 1.0])
def test_a_clock_may_start_anywhere_and_come_round(start_sec: float, tmp_path: Path) -> None:
    """The timestamps of a transport stream begin again from 0 after 26.5 hours."""
    info = probe(write_stream(tmp_path / "clip.ts", 2.0, start_sec=start_sec), pytest.fail)
    assert info.duration_sec == pytest.approx(2.0, abs=0.06)
    assert len(list(frames(info))) == 50


def test_two_recordings_in_one_file_follow_each_other(tmp_path: Path) -> None:
    first = write_stream(tmp_path / "first.ts", 1.0, start_sec=500.0).read_bytes()
    second = write_stream(tmp_path / "second.ts", 1.0).read_bytes()
    path = tmp_path / "joined.ts"
    path.write_bytes(first + second)
    warnings: list[str] = []
    info = probe(path, warnings.append)
    assert info.duration_sec == pytest.approx(2.0, abs=0.1)
    assert ["jumps" in warning for warning in warnings] == [True, True]
    assert len(list(frames(info))) == pytest.approx(50, abs=2)
    assert len(waveform(info)) / SAMPLE_RATE == pytest.approx(2.0, abs=0.1)


def remuxed(source: Path, target: Path, change: Callable[[int, av.Packet], object], kind: str = "video") -> Path:
    with av.open(str(source)) as given, av.open(str(target), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream) for stream in given.streams}
        number = -1
        for packet in given.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == kind:
                number += 1
                change(number, packet)
            packet.stream = streams[packet.stream.index]
            made.mux(packet)
    return target


def later(packet: av.Packet, seconds: float, dts: bool = True) -> None:
    by = round(seconds / packet.time_base)
    packet.pts += by
    packet.dts += by if dts else 0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_damaged_step_in_other_containers(suffix: str, tmp_path: Path) -> None:
    """MP4 stores the steps from picture to picture: a damaged one moves all that follow."""
    source = write_stream(tmp_path / "clip.ts", 1.0)
    path = remuxed(source, tmp_path / f"clip{suffix}", lambda number, packet: number >= 12 and later(packet, 3600.0))
    hours_are_no_second(path)


def test_a_damaged_time_in_matroska(tmp_path: Path) -> None:
    source = write_stream(tmp_path / "clip.ts", 1.0)
    path = remuxed(
        source, tmp_path / "clip.mkv", lambda number, packet: number == 5 and later(packet, TEN_HOURS, dts=False)
    )
    hours_are_no_second(path)


def hours_are_no_second(path: Path) -> None:
    warnings: list[str] = []
    info = probe(path, warnings.append)
    assert info.duration_sec == pytest.approx(1.0, abs=0.12)
    told_of_it(warnings)
    assert len(list(frames(info))) == 25
    assert len(waveform(info)) / SAMPLE_RATE == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
@pytest.mark.parametrize("every_sec", [0.7, 7.0, 61.0])
def test_rare_pictures_keep_their_times(
    suffix: str, every_sec: float, tmp_path: Path, write: Callable[..., Path], greys: Callable[..., list[np.ndarray]]
) -> None:
    times_sec = [number * every_sec for number in range(12)]
    path = write(tmp_path / f"slides{suffix}", greys(12), times_sec, codec="libx264")
    warnings: list[str] = []
    info = probe(path, warnings.append)
    assert set(info.corrections.values()) == {NOTHING_WRONG}
    assert warnings == []
    assert info.duration_sec == pytest.approx(times_sec[-1], abs=0.1 if suffix != ".mp4" else every_sec + 0.1)
    assert [frame.time_sec for frame in frames(info)] == pytest.approx(times_sec, abs=0.02)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_long_pause_keeps_its_length(suffix: str, tmp_path: Path) -> None:
    source = write_stream(tmp_path / "source.ts", 2.0, kinds=("audio",))
    path = remuxed(
        source, tmp_path / f"pause{suffix}", lambda number, packet: number >= 40 and later(packet, 90.0), "audio"
    )
    info = probe(path, pytest.fail)
    assert info.duration_sec == pytest.approx(92.0, abs=0.1)
    sound = waveform(info)
    assert len(sound) / SAMPLE_RATE == pytest.approx(92.0, abs=0.1)
    assert np.flatnonzero(np.abs(sound) > 0.1)[-1] / SAMPLE_RATE == pytest.approx(92.0, abs=0.1)
    assert not sound[3 * SAMPLE_RATE : 90 * SAMPLE_RATE].any()


def one_stream(dts_sec: list[float], pts_sec: list[float] | None = None, last_sec: float = 0.04) -> Packets:
    pts = np.array(dts_sec if pts_sec is None else pts_sec)
    return Packets(np.array(dts_sec), pts, pts + last_sec)


def test_a_pause_in_one_stream_lasts_as_long_as_the_other_goes_on() -> None:
    talk = [*np.arange(0, 60, 0.02), *np.arange(3600, 3660, 0.02)]
    alone = correct({"audio": one_stream(talk)})
    assert alone["audio"].end_sec == pytest.approx(120, abs=0.2)
    video = one_stream([*np.arange(0, 3660, 0.5)])
    both = correct({"audio": one_stream(talk), "video": video})
    assert both["audio"].correction == NOTHING_WRONG
    assert both["audio"].end_sec == pytest.approx(3660, abs=0.1)


def test_one_last_picture_counts_where_something_leads_to_it() -> None:
    screen = [*np.arange(0, 4, 0.04), 64.0]
    assert correct({"video": one_stream(screen)})["video"].end_sec == pytest.approx(4, abs=0.1)
    held = Packets(np.array(screen), np.array(screen), np.array([*screen[1:], 64.04]))
    assert correct({"video": held})["video"].end_sec == pytest.approx(64.04)
    heard = correct({"video": one_stream(screen), "audio": one_stream([*np.arange(0, 64, 0.02)])})
    assert heard["video"].end_sec == pytest.approx(64.04)


@given(
    st.lists(st.floats(0.001, 10.0), min_size=1, max_size=60),
    st.integers(0, 5),
    st.randoms(use_true_random=False),
)
@settings(max_examples=200, deadline=None)
def test_no_healthy_stream_is_corrected(steps: list[float], depth: int, random: object) -> None:
    """Decoded in order, shown in any order that a decoder of this depth can restore."""
    dts = np.cumsum([0.0, *steps])
    order = sorted(range(len(dts)), key=lambda number: number + random.uniform(0, depth))  # type: ignore[attr-defined]
    shown = np.empty_like(dts)
    shown[np.array(order)] = dts
    times = correct({"video": Packets(dts, shown, shown)})
    assert depth < REORDER
    assert times["video"].correction == NOTHING_WRONG
    assert (times["video"].start_sec, times["video"].end_sec) == (0.0, dts[-1])


@given(st.lists(st.floats(0.02, 0.05), min_size=20, max_size=80), st.data())
@settings(max_examples=200, deadline=None)
def test_any_stray_is_found_and_nothing_else(steps: list[float], data: st.DataObject) -> None:
    dts = np.cumsum([0.0, *steps])
    number = data.draw(st.integers(0, len(dts) - 1))
    by_sec = data.draw(st.sampled_from([-1.0, 1.0])) * data.draw(st.floats(MAX_GAP_SEC, 1e5))
    dts[number] += by_sec
    assert correct({"video": one_stream(list(dts))})["video"].correction.damaged == {number}


ANY_TIME = st.one_of(st.floats(-1e5, 1e5), st.just(float("nan")), st.floats(0, 2))


@given(st.lists(st.tuples(ANY_TIME, ANY_TIME, st.floats(0, 1e5)), min_size=1, max_size=60), st.lists(ANY_TIME))
@settings(max_examples=300, deadline=None)
def test_whatever_the_timestamps_say_there_is_one_extent(
    packets: list[tuple[float, float, float]], others: list[float]
) -> None:
    dts, pts, durations = map(np.array, zip(*packets, strict=True))
    shown = np.where(np.isnan(pts), dts, pts)
    times = correct({"video": Packets(dts, pts, shown + durations), "audio": one_stream(others)})
    for extent in times.values():
        assert np.isfinite([extent.start_sec, extent.end_sec, extent.lead_sec]).all()
        assert extent.start_sec <= extent.end_sec
        assert [number for number, _ in extent.correction.shifts] == sorted(dict(extent.correction.shifts))
