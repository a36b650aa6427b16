"""What Whisper writes without having heard it: on noise, laughter, babble and languages that it does not know.

It answers whatever it is given, in fluent sentences. So each of its segments has to earn credit, by its own
probabilities and by agreement with the voice activity; else it is left out, with the reason. The thresholds were
chosen on recordings apart from those of the reported figures (``benchmarks/recognition.py``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from microemo.spans import Span

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment


class Timed(Protocol):
    """A word, or whatever else has a start and an end."""

    @property
    def start_sec(self) -> float: ...
    @property
    def end_sec(self) -> float: ...


MIN_LOG_PROB = -0.8  # of a token; stricter than Whisper's own rule: real speech had -0.64 and above
MAX_COMPRESSION_RATIO = 2.4  # Whisper's own threshold for going round in circles
MAX_NO_SPEECH_PROB = 0.6  # stricter than Whisper's own rule, since VAD has cut most of the silence away
SURE_LOG_PROB, SURE_WORDS, SURE_NO_SPEECH_PROB = -0.4, 5, 0.8  # the limit where so many words are so sure: a clear
# reader got 0.62 at -0.26; what Whisper makes up is short or unsure
MIN_WORD_PROB = 0.5  # mean over the segment's words
MIN_VOICED_SHARE = 0.5  # of the words' time
MIN_LANGUAGE_PROB = 0.5


def doubts(segments: Sequence["Segment"], said: Sequence[Sequence[Timed]], voiced: Sequence[Span]) -> list[str | None]:
    """Why each of the segments that were heard at once is not to be believed, in a few words; None where it is.

    ``said`` are their words on the clock of the voiced spans. Where most of the time is not to be believed, nothing is:
    in babble Whisper makes out a fluent sentence now and then.
    """
    own = [_doubt(segment, words, voiced) for segment, words in zip(segments, said, strict=True)]
    lengths_sec = [segment.end - segment.start for segment in segments]
    doubtful_sec = sum(length for length, reason in zip(lengths_sec, own, strict=True) if reason)
    return [reason or "most around it is uncertain" for reason in own] if 2 * doubtful_sec > sum(lengths_sec) else own


def _doubt(segment: "Segment", said: Sequence[Timed], voiced: Sequence[Span]) -> str | None:
    words = segment.words or []
    is_sure = segment.avg_logprob >= SURE_LOG_PROB and len(words) >= SURE_WORDS
    if not words or segment.no_speech_prob >= (SURE_NO_SPEECH_PROB if is_sure else MAX_NO_SPEECH_PROB):
        return "no speech in the voice"
    if segment.compression_ratio >= MAX_COMPRESSION_RATIO:
        return "the words go round in circles"
    if segment.avg_logprob <= MIN_LOG_PROB or sum(word.probability for word in words) < MIN_WORD_PROB * len(words):
        return "the words are uncertain"
    if _voiced_share(said, voiced) < MIN_VOICED_SHARE:
        return "the words lie where no voice is"
    return None


def _voiced_share(said: Sequence[Timed], voiced: Sequence[Span]) -> float:
    """In how much of the words' time a voice is heard."""
    total_sec = sum(word.end_sec - word.start_sec for word in said)
    shared_sec = sum(
        max(0.0, min(word.end_sec, span.end_sec) - max(word.start_sec, span.start_sec))
        for word in said
        for span in voiced
    )
    return shared_sec / total_sec if total_sec > 0 else 1.0
