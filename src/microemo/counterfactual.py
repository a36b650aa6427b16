"""A scene as it would be without some of its clues: what shows a clue is taken out of sound, pictures and words.

The stretch of a voice's clue is silent, the region of a face's is blurred, movements stand still, words are dropped.
What cannot be perceived any more is gone from the list of clues as well: the clue itself, and those that the same
sound, picture or word would show. A voice or words of which nothing is left are none: the model gets no slot for them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from microemo.chunks import Chunk, Scene, has_speech
from microemo.clues import micro_kinds
from microemo.lexicon import languages
from microemo.media.audio import SAMPLE_RATE
from microemo.perception.face_shape import in_picture
from microemo.perception.regions import REGION_NAMES
from microemo.schema import Clue, FaceTrack, Utterance
from microemo.spans import Span, outside

SAME_SEC = 0.02  # a track's row and a sampled frame are of one moment
MAX_GAP = 3  # words between those of one clue: "not very happy" is told as "not happy"

# Of the face's shape (iBUG numbers), the outlines of each clue region that has clues, left and right apart.
OUTLINES: dict[str, tuple[tuple[int, ...], ...]] = {
    "brows": (tuple(range(17, 22)), tuple(range(22, 27))),
    "eyes": (tuple(range(36, 42)), tuple(range(42, 48))),
    "nose": (tuple(range(27, 36)),),
    "mouth": (tuple(range(48, 68)),),
    "cheeks": ((0, 1, 2, 3, 4, 48, 31, 39, 41), (16, 15, 14, 13, 12, 54, 35, 42, 46)),
    "jaw": (tuple(range(4, 13)) + tuple(range(54, 60)),),
}

Picture = UInt8[np.ndarray, "S S 3"]
Area = Bool[np.ndarray, "S S"]


def without(scene: Scene, clues: Sequence[Clue]) -> Scene:
    """The scene without what shows these clues."""
    for clue in clues:
        scene = _way(clue)(scene, clue)
    return scene


def _way(clue: Clue) -> Callable[[Scene, Clue], Scene]:
    if clue.modality == "voice":
        return _muted
    if clue.modality == "words":
        return _unsaid
    return _frozen if is_movement(clue) else _blurred


def is_movement(clue: Clue) -> bool:
    """Whether a clue of the face is one of movement: a brief one, or one of head, gaze or blinking."""
    return clue.region not in REGION_NAMES or any(clue.kind == kind.kind for kind in micro_kinds())


def _muted(scene: Scene, clue: Clue) -> Scene:
    """Silent for the clue's time, in which the person speaks no more."""
    start, end = (max(0, int((sec - scene.chunk.span.start_sec) * SAMPLE_RATE)) for sec in _span(clue))
    sound = scene.waveform
    if sound is not None:
        sound = sound.copy()
        sound[start:end] = 0
    speech = tuple(outside(scene.speech, [_span(clue)]))
    silent = [
        utterance.span
        for utterance in scene.chunk.utterances
        if has_speech(utterance, scene.speech) and not has_speech(utterance, speech)
    ]
    taken = [
        other
        for other in scene.clues
        if other.modality == "voice" and (_within(other, clue) or any(_meets(other, span) for span in silent))
    ]
    return _forgotten(replace(scene, waveform=sound, speech=speech), [clue, *taken])


def _unsaid(scene: Scene, clue: Clue) -> Scene:
    """The clue's words dropped from the utterances in its time, wherever they say them."""
    said = [
        _dropped(utterance, clue.detail) if _meets(clue, utterance.span) else utterance
        for utterance in scene.chunk.utterances
    ]
    taken = [
        other
        for other in scene.clues
        for before, after in zip(scene.chunk.utterances, said, strict=True)
        if other.modality == "words" and before != after and _meets(other, before.span)
        if not after.text or (words_of(before, other.detail) and not words_of(after, other.detail))
    ]
    return _forgotten(replace(scene, chunk=Chunk(tuple(said))), [clue, *taken])


def _dropped(utterance: Utterance, detail: str) -> Utterance:
    """An utterance without the words of a clue; its text is empty if no words are left."""
    text = utterance.text
    for start, end in sorted(words_of(utterance, detail), reverse=True):
        text = text[:start] + text[end:]
    text = " ".join(text.split()) if any(map(str.isalnum, text)) else ""
    return utterance.model_copy(update={"text": text})


def words_of(utterance: Utterance, detail: str) -> list[tuple[int, int]]:
    """From which to which character of its text an utterance says each of the words of a clue, every time it does."""
    code = utterance.language if utterance.language in languages.LANGUAGES else "en"
    language = languages.language(code)
    text = "".join(language.normalise(char)[:1] or " " for char in utterance.text)  # a character for a character
    said = [word for word in language.find_words(text) if word[0] != languages.CLAUSE_END]
    found: set[tuple[int, int]] = set()
    for phrase in detail.split(", "):
        wanted = [word for word, *_ in language.find_words(phrase)]
        for first in range(len(said)):
            places = _from(first, [word for word, *_ in said], wanted)
            found |= {said[place][1:] for place in places}
    return sorted(found)


def _from(first: int, said: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """The places of the wanted words in this order, the first one at ``first``; none where they are not all there."""
    places: list[int] = []
    for word in wanted:
        reach = range(places[-1] + 1, places[-1] + 2 + MAX_GAP) if places else range(first, first + 1)
        place = next((place for place in reach if place < len(said) and said[place] == word), None)
        if place is None:
            return []
        places.append(place)
    return places


def _frozen(scene: Scene, clue: Clue) -> Scene:
    """The frames of the clue's time as the last one before its onset, or else the first of them, shows it."""
    inside = _rows(scene, clue)
    if len(inside):
        order = np.arange(len(scene.times_sec))
        order[inside] = max(inside[0] - (scene.times_sec[inside[0]] > clue.start_sec), 0)
        scene = replace(
            scene,
            frames=scene.frames[order],
            face_mask=scene.face_mask[order],
            faces=scene.faces[order],
            region_masks=scene.region_masks[order],
        )
    return _forgotten(scene, [clue, *(one for one in scene.clues if one.modality == "face" and _within(one, clue))])


def _blurred(scene: Scene, clue: Clue) -> Scene:
    """The clue's region blurred in views and frames of its time."""
    frames, faces = scene.frames.copy(), scene.faces.copy()
    for row in _rows(scene, clue):
        in_view = _patches(scene.region_masks[row, REGION_NAMES.index(clue.region)], len(faces[row]))
        is_whole = np.array_equal(faces[row], frames[row])  # such a model finds the regions in the frame itself
        faces[row] = blurred(faces[row], in_view)
        in_frame = in_view if is_whole else _outlined(scene, float(scene.times_sec[row]), clue.region)
        frames[row] = blurred(frames[row], in_frame)
    same = [one for one in scene.clues if one.modality == "face" and one.region == clue.region and _within(one, clue)]
    return _forgotten(replace(scene, frames=frames, faces=faces), [clue, *same])


def blurred(picture: Picture, area: Area) -> Picture:
    """An area blurred beyond recognition: by a Gaussian half as wide as it is."""
    if not area.any():
        return picture
    soft = cv2.GaussianBlur(picture, (0, 0), max(1.0, float(np.sqrt(area.sum())) / 2))
    return np.where(area[..., None], soft, picture)


def _patches(mask: Float[np.ndarray, " P"], size: int) -> Area:
    """All patches of a view that a region reaches into."""
    grid = round(len(mask) ** 0.5)
    reached = (mask.reshape(grid, grid) > 0).astype(np.uint8)
    return cv2.resize(reached, (size, size), interpolation=cv2.INTER_NEAREST).astype(bool)


def _outlined(scene: Scene, time_sec: float, region: str) -> Area:
    """Where a region of the face lies in a whole frame, with a margin; the whole face where that is not known."""
    side = scene.frames.shape[1]
    area = np.zeros((side, side), np.uint8)
    track, row = scene.track, _row_at(scene.track, time_sec)
    if track is None or row is None:
        return area.astype(bool)
    points = in_picture(track.shape[row][None], track.pose[row][None], track.place[row][None])[0]
    points = points / scene.size * side
    if not np.isfinite(points).all():
        left, top, right, bottom = (track.boxes[row] * side).round().astype(int)
        area[max(top, 0) : bottom, max(left, 0) : right] = 1
        return area.astype(bool)
    for outline in OUTLINES[region]:
        hull = cv2.convexHull(points[list(outline)].astype(np.float32))
        cv2.fillConvexPoly(area, hull.round().astype(np.int32), 1)
    margin = max(1, round(float(np.sqrt(area.sum())) / 4))
    return cv2.dilate(area, np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)).astype(bool)


def _row_at(track: FaceTrack | None, time_sec: float) -> int | None:
    """The track's row of a moment, if it has one."""
    if track is None or not len(track.times_sec):
        return None
    row = int(np.abs(track.times_sec - time_sec).argmin())
    return row if abs(track.times_sec[row] - time_sec) < SAME_SEC else None


def _rows(scene: Scene, clue: Clue) -> np.ndarray:
    """The frames in a clue's time, by index."""
    return np.flatnonzero((scene.times_sec >= clue.start_sec) & (scene.times_sec < clue.end_sec))


def _span(clue: Clue) -> Span:
    return Span(clue.start_sec, clue.end_sec)


def _within(clue: Clue, other: Clue) -> bool:
    return clue.start_sec >= other.start_sec and clue.end_sec <= other.end_sec


def _meets(clue: Clue, span: Span) -> bool:
    return clue.start_sec < span.end_sec and clue.end_sec > span.start_sec


def _forgotten(scene: Scene, clues: Sequence[Clue]) -> Scene:
    """The scene with these clues not listed any more."""
    gone = {clue.id for clue in clues}
    left = [clue for clue in scene.clues if clue.id not in gone]
    return replace(scene, evidence=replace(scene.evidence, clues=left, series=None))
