"""Files with several audio tracks (languages, microphones, a dead one among them): which of them is listened to."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32

from microemo.media.audio import SAMPLE_RATE
from microemo.media.container import Warn, ignore, media_streams, open_media
from microemo.media.excerpts import excerpts
from microemo.perception.asr import find_voice
from microemo.spans import total_sec

CLEARLY_MORE = 2.0  # times as much voice as in the track that players take has one that is taken in its place


def choose_audio_track(path: Path, warn: Warn = ignore) -> int | None:
    """Which audio track of a file to read, counted from 1; None where there is no choice.

    It is the one that players take, unless clearly more voice is heard in another. Says in a warning which, and how to
    choose another. Raises ``InputError`` where the file cannot be opened.
    """
    with open_media(path) as container:
        tracks = [track.index for track in container.streams.audio]
        if len(tracks) < 2:
            return None
        usual = tracks.index(media_streams(container)["audio"].index)
        voice_sec = [_voice_sec(excerpt) for excerpt in excerpts(container)]
    most = int(np.argmax(voice_sec))
    taken, reason = usual, "the one that players take"
    if voice_sec[most] > CLEARLY_MORE * voice_sec[usual]:
        taken, reason = most, "in which most voice is heard"
    warn(
        f"{path} has {len(tracks)} audio tracks; track {taken + 1} is taken, {reason}; choose another with "
        "--audio-track N (in Python audio_track=N)"
    )
    return taken + 1


def _voice_sec(excerpt: Float32[np.ndarray, " N"]) -> float:
    """Seconds of voice; less than none where nothing could be decoded."""
    if not len(excerpt):
        return -1.0
    return total_sec(find_voice(excerpt, len(excerpt) / SAMPLE_RATE))
