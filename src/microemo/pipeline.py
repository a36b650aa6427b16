"""The story of MicroEmo on one page: media -> perception -> model -> parse -> result.

``perceive`` is all of media and perception and needs no model; ``understand`` is all of the model and the parser and
needs no media. Training caches the one; a cluster gives the two to different workers.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from jaxtyping import Float32

from microemo import __version__, memory, weights
from microemo.answers import Told, ask, own_answers, utterance_answers
from microemo.chunks import encode, judged, scene_of
from microemo.config import ModelConfig
from microemo.device import CPU, resolve
from microemo.effects import with_effects
from microemo.errors import WeightsError
from microemo.hooks import Hook, silent
from microemo.loading import Loading
from microemo.media import audio, subtitles, video
from microemo.media.container import Warn
from microemo.media.probe import MediaInfo, probe
from microemo.media.subtitles import Subtitles
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.perception import speakers
from microemo.perception.audio_tracks import choose_audio_track
from microemo.perception.channels import find_turns
from microemo.perception.diarisation import Diarisation, diarise
from microemo.perception.faces import FaceScan, scan
from microemo.perception.neutral_face import measured_against, read_neutral
from microemo.perception.people import who_is_who
from microemo.perception.sampling import even_times, sample_times
from microemo.perception.speakers import cut_at_changes
from microemo.perception.spoken_language import language_code
from microemo.perception.utterances import Speech, find_speech
from microemo.perception.vocal_events import vocal_events
from microemo.result import Result
from microemo.schema import Answer, Clip, ClipInfo, Clue, ModelInfo, UtteranceAnswer

NANO = Path(__file__).parent / "weights" / "nano"
OPTIONAL = {
    "face_recognition": "people are told apart by place and time alone",
    "hand_landmarker": "hands before the face are not told",
    "yamnet": "laughter, crying, sighs and the like are not looked for",
}
"""Parts of the weights that perception does without where they cannot be had, and what is so then."""
ABSTENTION = Answer(explanation="No face was found in the picture, and no voice in the sound.")


class Pipeline:
    """A trained model and the way from a media file to a ``Result``; the model is loaded when first needed."""

    def __init__(self, directory: Path, device: str = "auto", hook: Hook = silent) -> None:
        self.directory = directory
        self.config = checkpoint.read_config(directory)
        self.device = resolve(device)
        self._hook = hook
        self._weights_sha256 = checkpoint.weights_sha256(directory)
        self._loading = Loading(directory, self.config, self.device)

    @property
    def model(self) -> MicroEmo:
        return self._loading.model(self._hook)

    def load_beside(self) -> None:
        """Begin to load the model in a thread, while something else is done."""
        self._loading.begin()

    def analyze(
        self,
        path: Path | str,
        subtitles: Subtitles | None = None,
        asr: bool = True,
        hook: Hook | None = None,
        language: str | None = None,
        diarize: bool | None = None,
        audio_track: int | None = None,
        person: str | None = None,
        neutral: Path | str | None = None,
        why: bool = False,
    ) -> Result:
        """What the people in a media file feel, when, and from which clues.

        ``subtitles`` (a file's path, or cues) replace speech recognition; ``asr=False`` does without words.
        ``language`` is the ISO 639-1 code of what is said, which is found where it is not given. ``diarize`` tells
        speakers apart by their voices; by default that is done where several people are seen. ``audio_track`` counts
        from 1; by default it is one with a voice. ``person`` is the id of the only person to be judged. ``neutral`` is
        a picture or video of the main person at rest, or of whom it shows, to measure their face against. ``why`` takes
        each told clue away and asks again how sure the label is. Raises ``InputError`` where the file, the subtitles,
        the language, the track or the neutral face cannot be used, and where there is no such person.
        """
        *_, result = self.stream(
            path, subtitles, asr, hook, language, diarize, audio_track, person, neutral, why
        )  # fmt: skip
        return cast(Result, result)

    def stream(
        self,
        path: Path | str,
        subtitles: Subtitles | None = None,
        asr: bool = True,
        hook: Hook | None = None,
        language: str | None = None,
        diarize: bool | None = None,
        audio_track: int | None = None,
        person: str | None = None,
        neutral: Path | str | None = None,
        why: bool = False,
    ) -> Iterator[UtteranceAnswer | Result]:
        """``analyze``, but each utterance as soon as it is answered, person by person, and the ``Result`` at the end.

        Up to eight utterances, or a minute of them, are answered at once. Those in which nobody was to be judged are in
        the result alone.
        """
        self.load_beside()
        clip = self.perceive(path, subtitles, asr, hook, language, diarize, audio_track, neutral)
        yield from self._understood(clip, hook, person, why)

    def perceive(
        self,
        path: Path | str,
        subtitles: Subtitles | None = None,
        asr: bool = True,
        hook: Hook | None = None,
        language: str | None = None,
        diarize: bool | None = None,
        audio_track: int | None = None,
        neutral: Path | str | None = None,
    ) -> Clip:
        """Media and perception: utterances, sampled frames, people with their faces and voices, measured clues."""
        return perceive(
            Path(path), self.config, subtitles, asr, hook or self._hook, device=self.device, language=language,
            diarize=diarize, audio_track=audio_track, neutral=None if neutral is None else Path(neutral),
        )  # fmt: skip

    def understand(self, clip: Clip, hook: Hook | None = None, person: str | None = None, why: bool = False) -> Result:
        """Model and parser: tensors in, answers out, person by person, each claim checked against their clues.

        ``why`` adds the effect of each told clue. The hook's steps "understand" and "why" are in utterances.
        """
        *_, result = self._understood(clip, hook, person, why)
        return cast(Result, result)

    @torch.inference_mode()
    def _understood(
        self, clip: Clip, hook: Hook | None, person: str | None, why: bool
    ) -> Iterator[UtteranceAnswer | Result]:
        """The answers as they come, and what ``understand`` returns."""
        hook = hook or self._hook
        told = [Told(one) for one in clip.only(person)]
        asked = [(one, chunk) for one in told for chunk in judged(clip, one.about)]
        num_asked, num_told = sum(len(chunk.utterances) for _, chunk in asked), 0
        steps = ("understand", "why") if why else ("understand",)
        for step in steps:
            hook(step, 0, num_asked)
        for one, chunk in asked:
            model, scene = self._loading.model(hook), scene_of(self.config, clip, one.about, chunk)
            features = encode(model, scene)
            answered = ask(model, scene, features)
            one.hear(chunk, with_effects(model, scene, features, answered) if why else answered)
            yield from own_answers(one, chunk)
            num_told += len(chunk.utterances)
            for step in steps:
                hook(step, num_told, num_asked)
        yield self._result(clip, told)

    def _result(self, clip: Clip, told: Sequence[Told]) -> Result:
        people = {one.id: one for one in map(Told.person_answer, told)}
        main = clip.main_person if clip.main_person in people else next(iter(people), None)
        abstained = not any(one.answers for one in told)
        result = Result(
            clip=clip.info,
            people=tuple(people.values()),
            main_person=main,
            overall=ABSTENTION if abstained or main is None else people[main].overall,
            utterances=tuple(utterance_answers(clip.utterances, told)),
            clues=tuple(clue for clue in clip.clues if clue.person in people),
            abstained=abstained,
            warnings=clip.warnings,
            model=ModelInfo(
                name=self.config.name,
                version=self.config.version,
                weights_sha256=self._weights_sha256,
            ),
            microemo_version=__version__,
        )
        return result.illustrated(
            [frame for frame in clip.key_frames if frame.person in {None, *people}],
            [one.about.series for one in told if one.about.series is not None],
        )


def load(model: Path | str = "nano", device: str = "auto", hook: Hook | None = None) -> Pipeline:
    """The built-in model, or the one in a checkpoint directory, on a device: auto, cpu, cuda or mps.

    Raises ``WeightsError`` where there is no such model, and ``MicroEmoError`` where there is no such device.
    """
    return Pipeline(NANO if model == "nano" else Path(model), device, hook or silent)


def perceive(
    path: Path,
    config: ModelConfig,
    given: Subtitles | None = None,
    asr: bool = True,
    hook: Hook = silent,
    sound: Path | None = None,
    device: torch.device = CPU,
    language: str | None = None,
    diarize: bool | None = None,
    audio_track: int | None = None,
    neutral: Path | None = None,
) -> Clip:
    """All of media and perception, with the frames, views and masks that a model of this configuration reads.

    ``given`` are subtitles; ``sound`` is the file with the sound, where that is another; ``device`` is where speech
    is recognised; ``language`` is that of the words, by default found. ``diarize`` tells speakers apart, by default
    where several people are seen or each has a channel; False: whatever is said, the main person says.
    ``audio_track`` counts from 1, by default it is one with a voice. ``neutral`` shows somebody of the clip at rest.
    Raises ``InputError`` where a file, the language or the track cannot be used, and where ``neutral`` shows no face.
    """
    warnings: list[str] = []
    language = language_code(language)
    track = choose_audio_track(sound or path, warnings.append) if audio_track is None else audio_track
    info = probe(path, warnings.append, None if sound else track)
    cues = None if given is None else subtitles.for_clip(given, info, warnings.append)

    hook("listen", 0, info.duration_sec)
    heard = probe(sound, warnings.append, track) if sound else info
    sounds = audio.read(heard, warnings.append) if heard.has_audio else None
    waveform = sounds and sounds.mono
    hook("listen", info.duration_sec, info.duration_sec)
    asr_model = weights.path("whisper_base", hook) if asr and waveform is not None and cues is None else None
    speech = find_speech(waveform, info.duration_sec, cues, asr_model, hook, device, language)
    warnings += speech.warnings

    faces = _faces(info, config, speech, neutral, hook, warnings.append)

    voices = _voices(speech, sounds, len(faces.people), diarize, hook, warnings.append)
    events = _events(waveform, hook, warnings.append) if waveform is not None else []
    said = cut_at_changes(speech, voices) if voices else speech
    who = who_is_who(said, voices, faces, waveform, warnings.append, events)
    memory.give_back()  # before the model takes its own
    return Clip(
        info=ClipInfo(
            path=str(path),
            duration_sec=round(info.duration_sec, 3),
            has_video=info.has_video,
            has_audio=waveform is not None,
            width=info.width,
            height=info.height,
            face_seconds=round(faces.main_person.face_seconds, 3) if faces.main_person else 0.0,
            audio_track=heard.audio_track,
        ),
        frame_times_sec=faces.frame_times_sec,
        frames=faces.frames,
        waveform=waveform,
        utterances=who.utterances,
        people=who.people,
        main_person=who.main,
        key_frames=who.key_frames,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _faces(
    info: MediaInfo, config: ModelConfig, speech: Speech, neutral: Path | None, hook: Hook, warn: Warn
) -> FaceScan:
    """Who is seen, in pictures as the model reads them, measured against ``neutral`` if that shows one of them."""
    landmarker = weights.path("face_landmarker", hook) / "face_landmarker.task"
    recognition = _optional("face_recognition", hook, warn) if info.has_video or neutral else None
    hands = _optional("hand_landmarker", hook, warn) if info.has_video else None
    at_rest = read_neutral(neutral, landmarker, recognition, warn) if neutral else None
    num_frames, vision = config.num_frames, config.vision
    faces = scan(
        video.frames(info, video.NATIVE_FPS, warn) if info.has_video else iter(()),
        even_times(info.duration_sec, num_frames) if num_frames else sample_times(speech.utterances),
        vision.image_size,
        vision.patch_size,
        landmarker,
        speech.voiced,
        hook,
        config.local_view,
        recognition,
        hands and hands / "hand_landmarker.task",
        again=(lambda: video.frames(info, video.NATIVE_FPS)) if info.has_video and not num_frames else None,
    )
    return measured_against(faces, at_rest, str(neutral), warn) if at_rest else faces


def _events(waveform: Float32[np.ndarray, " N"], hook: Hook, warn: Warn) -> list[Clue]:
    """Laughter, crying and the like, where the weights that hear them can be had."""
    yamnet = _optional("yamnet", hook, warn)
    return vocal_events(waveform, yamnet) if yamnet else []


def _voices(
    speech: Speech, sounds: audio.Sound | None, num_faces: int, diarize: bool | None, hook: Hook, warn: Warn
) -> Diarisation | None:
    """Who speaks when: as subtitles name them, as channels or voices tell; None where one may be enough."""
    if diarize is False:
        return None
    if (named := speakers.named(speech)) is not None:
        return named
    if sounds is None or not speech.voiced:
        return None
    if (by_channel := find_turns(sounds.channels, len(sounds.mono) / audio.SAMPLE_RATE)) is not None:
        return by_channel
    return _by_voice(speech, sounds.mono, diarize, hook, warn) if diarize or num_faces > 1 else None


def _by_voice(
    speech: Speech, waveform: Float32[np.ndarray, " N"], diarize: bool | None, hook: Hook, warn: Warn
) -> Diarisation | None:
    """Turns by voice; None, with a warning, where the weights cannot be had and nobody has asked for them."""
    try:
        parts = weights.path("pyannote_segmentation", hook), weights.path("campplus", hook)
    except WeightsError as problem:
        if diarize:
            raise
        warn(f"several people are seen, but all speech is taken for the main person's: {problem}")
        return None
    return diarise(waveform, speech.voiced, *parts, hook)


def _optional(part: str, hook: Hook, warn: Warn) -> Path | None:
    """One of the parts that perception can do without; None, with a warning, where it cannot be had."""
    try:
        return weights.path(part, hook)
    except WeightsError as problem:
        warn(f"{OPTIONAL[part]}: {problem}")
        return None
