from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from report_samples import make_clue, make_result

from microemo.report import timeline


def test_lanes_lie_below_each_other() -> None:
    laid_out = timeline.lay_out(make_result(Path("a.mp4")))
    assert [lane.name for lane in laid_out.lanes] == ["speech", "emotions", "brows", "mouth", "voice", "words"]
    assert all(above.top + above.height < below.top for above, below in pairwise(laid_out.lanes))
    assert laid_out.lanes[-1].top + laid_out.lanes[-1].height < laid_out.height
    assert laid_out.ticks_sec[:3] == (0, 0.5, 1)
    assert laid_out.width == "100%"


def test_long_clips_scroll() -> None:
    template = make_result(Path("a.mp4"))
    laid_out = timeline.lay_out(template.model_copy(update={
        "clip": template.clip.model_copy(update={"duration_sec": 3600.0})
    }))  # fmt: skip
    assert int(laid_out.width) == 3600 * timeline.PIXELS_PER_SEC
    assert laid_out.ticks_sec[-1] == 3600


def test_nothing_measured_nothing_drawn() -> None:
    assert timeline.lay_out(make_result(Path("a.mp4"), utterances=(), clues=())).lanes == ()


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0.01, 5)), max_size=30))
def test_packed_clues_do_not_overlap(extents: list[tuple[float, float]]) -> None:
    clues = [
        make_clue(index, "face", "mouth", "jaw_drop", (start_sec, start_sec, start_sec + length_sec))
        for index, (start_sec, length_sec) in enumerate(extents, start=1)
    ]
    rows = timeline.pack(clues)
    assert sorted(clue.id for row in rows for clue in row) == [clue.id for clue in clues]
    assert all(first.end_sec <= second.start_sec for row in rows for first, second in pairwise(row))
    most_at_once = max(
        (sum(other.start_sec <= clue.start_sec < other.end_sec for other in clues) for clue in clues), default=0
    )
    assert len(rows) <= max(most_at_once, 1)
