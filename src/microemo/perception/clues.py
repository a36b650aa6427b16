"""Measured clues of a clip (paper 3.1): what the face, the voice and the words show, numbered in time order."""

from collections.abc import Iterable, Sequence

from microemo.perception.face_clues import by_shot, face_clues
from microemo.perception.head_clues import head_clues
from microemo.perception.micro_expressions import micro_clues
from microemo.perception.spoken_words import TimedWord
from microemo.perception.voice_clues import Voice, clues_of
from microemo.perception.word_clues import word_clues
from microemo.schema import Clue, FaceTrack, Utterance
from microemo.spans import Span

WORD_EDGE_SEC = 0.15  # by which words are timed wrongly


def measure_clues(
    track: FaceTrack | None,
    voices: Sequence[Voice],
    utterances: Sequence[Utterance],
    words: Sequence[TimedWord],
    speech: Sequence[Span],
    shots: Sequence[Span] = (),
    language: str = "en",
    neutral: FaceTrack | None = None,
) -> tuple[Clue, ...]:
    """All clues of a clip; any of its parts may be missing.

    ``track`` is the person's face, ``voices`` are those of the utterances, ``speech`` the spans (seconds from, to) in
    which somebody speaks, ``shots`` the clip between its cuts (none: one shot), ``language`` the ISO 639-1 code of
    utterances that have none of their own, ``neutral`` the same face at rest, where it was given. Raises
    ``InputError`` as ``word_clues`` does.
    """
    seen = by_shot(track, shots) if track is not None else []
    face = [
        clue
        for shot in seen
        for clue in (*face_clues(shot, speech, neutral), *head_clues(shot), *micro_clues(shot, speech))
    ]
    voice = [placed(clue, utterances, words) if clue.kind == "long_pause" else clue for clue in clues_of(voices)]
    return number([*face, *voice, *word_clues(utterances, words, language)])


def placed(pause: Clue, utterances: Sequence[Utterance], words: Sequence[TimedWord]) -> Clue:
    """A pause with its place: before which word of its utterance it is, where words are timed."""
    end_sec = next((one.end_sec for one in utterances if one.start_sec <= pause.start_sec < one.end_sec), pause.end_sec)
    after = (word for word in words if pause.end_sec - WORD_EDGE_SEC <= word.start_sec < end_sec)
    word = next((word.text.strip(" .,;:!?") for word in after), "")
    return pause.model_copy(update={"detail": f"before {word}" if word else ""})


def number(clues: Iterable[Clue]) -> tuple[Clue, ...]:
    """The clues in order of their onsets, with ids from 1."""
    ordered = sorted(clues, key=lambda clue: (clue.start_sec, clue.end_sec, clue.modality, clue.kind, clue.detail))
    return tuple(clue.model_copy(update={"id": index}) for index, clue in enumerate(ordered, start=1))
