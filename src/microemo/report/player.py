"""The recording inside the report: the file itself where browsers play it, else a smaller copy, else nothing."""

import base64
import heapq
import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from microemo.errors import InputError
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.container import media_streams, open_media
from microemo.media.probe import MediaInfo, probe
from microemo.media.video import frames
from microemo.schema import ClipInfo

MAX_BYTES = 50 * 2**20  # of media in one page; base64 makes it a third more
MAX_SIDE = 640
VIDEO_BITRATE, MIN_VIDEO_BITRATE, AUDIO_BITRATE = 700_000, 120_000, 48_000
HEADROOM = 0.9  # encoders overshoot their bitrate
MILLISECOND = Fraction(1, 1000)
AAC_FRAME = 1024  # samples

# By FFmpeg's names: container -> (name in the MIME type, codecs that browsers play in it).
PLAYABLE: dict[str, tuple[str, set[str]]] = {
    "mov,mp4,m4a,3gp,3g2,mj2": ("mp4", {"h264", "av1", "vp9", "aac", "mp3", "opus", "flac"}),
    "matroska,webm": ("webm", {"vp8", "vp9", "av1", "opus", "vorbis"}),
    "ogg": ("ogg", {"opus", "vorbis", "flac"}),
    "wav": ("wav", {"pcm_s16le", "pcm_u8"}),
    "mp3": ("mpeg", {"mp3"}),
    "flac": ("flac", {"flac"}),
}
PIXEL_FORMATS = {"yuv420p", "yuvj420p"}


def data_uri(info: ClipInfo) -> str | None:
    """The recording as a ``data:`` URI of at most ``MAX_BYTES`` of media; None where that is not to be had.

    A file that is larger, that browsers do not play, or of several audio tracks, is encoded again as it was analysed
    (H.264 of at most ``MAX_SIDE`` pixels a side, 16 kHz mono AAC) at a bitrate that keeps it below the limit. None
    where the file is gone or unreadable, or so long (video: about 50 minutes) that the copy would be too poor to look
    at.
    """
    path = Path(info.path)
    kind = "video" if info.has_video else "audio"
    try:
        container = _playable(path)
        if container and info.audio_track is None and path.stat().st_size <= MAX_BYTES:
            return _uri(f"{kind}/{container}", path.read_bytes())
        copy = _smaller_copy(info)
    except (InputError, OSError, av.FFmpegError):
        return None  # the page then asks for the file
    return _uri(f"{kind}/mp4", copy) if copy else None


def _uri(mime: str, content: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def _playable(path: Path) -> str | None:
    """The MIME name of the file's container, if browsers play it with the codecs inside."""
    with open_media(path) as source:
        container, codecs = PLAYABLE.get(source.format.name, (None, set[str]()))
        contexts = [stream.codec_context for stream in media_streams(source).values()]
        plays = all(
            context and context.name in codecs and (context.type == "audio" or context.pix_fmt in PIXEL_FORMATS)
            for context in contexts  # None: a codec unknown to FFmpeg
        )
    return container if plays else None


def _smaller_copy(info: ClipInfo) -> bytes | None:
    bitrate = int(HEADROOM * 8 * MAX_BYTES / max(info.duration_sec, 1.0)) - AUDIO_BITRATE
    if bitrate < (MIN_VIDEO_BITRATE if info.has_video else 0):
        return None
    file, media = io.BytesIO(), probe(info.path, audio_track=info.audio_track)
    with av.open(file, "w", format="mp4") as target:
        streams: dict[type, Any] = {}
        sources: list[Iterator[Any]] = []
        if info.has_video:
            width, height = _copy_size(media)
            video = target.add_stream("libx264", options={"preset": "veryfast"})
            video.width, video.height, video.pix_fmt = width, height, "yuv420p"
            video.bit_rate = min(bitrate, VIDEO_BITRATE)
            video.codec_context.time_base = MILLISECOND
            streams[VideoFrame] = video
            sources.append(_pictures(media, width, height))
        if info.has_audio:
            streams[AudioFrame] = target.add_stream("aac", rate=SAMPLE_RATE, bit_rate=AUDIO_BITRATE, layout="mono")
            sources.append(_sounds(media))
        for frame in heapq.merge(*sources, key=lambda frame: frame.time):
            target.mux(streams[type(frame)].encode(frame))
        for stream in streams.values():
            target.mux(stream.encode(None))
    content = file.getvalue()
    return content if len(content) <= MAX_BYTES else None


def _copy_size(media: MediaInfo) -> tuple[int, int]:
    height, width = next(frames(media)).image.shape[:2]
    scale = min(1.0, MAX_SIDE / max(width, height))
    return 2 * max(1, round(width * scale / 2)), 2 * max(1, round(height * scale / 2))  # H.264 wants even sides


def _pictures(media: MediaInfo, width: int, height: int) -> Iterator[VideoFrame]:
    for time_sec, image in frames(media):
        picture = VideoFrame.from_ndarray(image, "rgb24").reformat(width, height, "yuv420p", interpolation="AREA")
        picture.pts, picture.time_base = round(time_sec / MILLISECOND), MILLISECOND
        yield picture


def _sounds(media: MediaInfo) -> Iterator[AudioFrame]:
    samples = waveform(media)
    if samples is None:
        return
    for start in range(0, len(samples), AAC_FRAME):
        sound = AudioFrame.from_ndarray(samples[None, start : start + AAC_FRAME], "fltp", "mono")
        sound.rate, sound.pts, sound.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield sound
