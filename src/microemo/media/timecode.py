"""The timecode that cameras and broadcasters give a recording: what their clock said at its first picture."""

import re

from av.container import InputContainer

TIMECODE = re.compile(r"(\d+):([0-5]\d):([0-5]\d)[:;.,](\d+)")  # hours, minutes, seconds, frames


def start_timecode_sec(container: InputContainer) -> float | None:
    """The file's timecode at its beginning, in seconds; None where it has none."""
    tags = [tag for holder in (container, *container.streams) for tag in holder.metadata.items()]
    found = (TIMECODE.fullmatch(value) for key, value in tags if key.lower() == "timecode")
    match = next(filter(None, found), None)
    if match is None:
        return None
    hours, minutes, seconds, frames = map(int, match.groups())
    rate = next((stream.average_rate for stream in container.streams.video if stream.average_rate), None)
    return 3600.0 * hours + 60 * minutes + seconds + (float(frames / rate) if rate else 0.0)
