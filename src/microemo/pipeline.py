"""The story of MicroEmo on one page: media -> perception -> model -> parse -> result.

``perceive`` is all of media and perception and needs no model; ``understand`` is all of the model and the parser and
needs no media. Training caches the one; a cluster gives the two to different workers.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from microemo import __version__, weights
from microemo.chunks import Chunk, chunks, has_speech, merge, shows_person
from microemo.config import ModelConfig
from microemo.hooks import Hook, silent
from microemo.media import audio, video
from microemo.media.probe import probe
from microemo.media.subtitles import Cue
from microemo.media.subtitles import read as read_subtitles
from microemo.model import checkpoint
from microemo.model.microemo import Features, MicroEmo, cut
from microemo.model.prompt import (
    OVERALL_QUESTION,
    PromptUtterance,
    moved,
    numbered_from_one,
    prompt_utterances,
    utterance_question,
)
from microemo.parse import parse
from microemo.perception.clues import measure_clues
from microemo.perception.faces import scan
from microemo.perception.sampling import even_times, sample_times
from microemo.perception.utterances import find_speech
from microemo.schema import Answer, Clip, ClipInfo, Clue, ModelInfo, Result, Utterance, UtteranceAnswer

Answered = list[tuple[Utterance, Answer]]
Parts = list[tuple[Chunk | Utterance, Answer]]

NANO = Path(__file__).parent / "weights" / "nano"
NOTHING = Answer()
ABSTENTION = Answer(explanation="No judgement: no face was found in the picture, and no voice in the sound.")


class Pipeline:
    """A trained model and the way from a media file to a ``Result``; the model is loaded when first needed."""

    def __init__(self, directory: Path, hook: Hook = silent) -> None:
        self.directory = directory
        self.config = checkpoint.read_config(directory)
        self._hook = hook

    @cached_property
    def model(self) -> MicroEmo:
        return checkpoint.load(self.directory, lambda part: weights.path(part, self._hook))

    def analyze(self, path: Path | str, subtitles: Path | None = None, asr: bool = True, hook: Hook = silent) -> Result:
        """What the person in a video feels, when, and from which clues."""
        return self.understand(self.perceive(path, subtitles, asr, hook), hook)

    def perceive(self, path: Path | str, subtitles: Path | None = None, asr: bool = True, hook: Hook = silent) -> Clip:
        """Media and perception: utterances, sampled frames, the main person's face, measured clues.

        Raises ``InputError`` where the file, or the subtitles, cannot be used.
        """
        cues = read_subtitles(subtitles) if subtitles else None
        return perceive(Path(path), self.config, cues, asr, hook)

    @torch.inference_mode()
    def understand(self, clip: Clip, hook: Hook = silent) -> Result:
        """Model and parser: tensors in, answers out, each claim checked against the clip's clues."""
        judged = [utterance for utterance in clip.utterances if shows_person(clip, utterance)]
        answers: dict[int, Answer] = {}
        parts: Parts = []
        hook("understand", 0, len(judged))
        for chunk in chunks(judged):
            ask = self._ask_in_one_prompt if self.config.one_prompt else self._ask_one_by_one
            answered, chunk_parts = ask(clip, chunk)
            answers |= {utterance.index: answer for utterance, answer in answered}
            parts += chunk_parts
            hook("understand", len(answers), len(judged))
        return self._result(clip, merge(parts) if parts else ABSTENTION, answers)

    def _ask_one_by_one(self, clip: Clip, chunk: Chunk) -> tuple[Answered, Parts]:
        """The answers about a chunk's utterances, decoded as one batch; the overall one is put together from them.

        Each is asked about in a prompt of its own: among others, nano v0 cannot tell whose clues are whose.
        """
        features, told = encode(self.model, clip, chunk), entries(self.config, clip.clues, chunk)
        prompts = [numbered_from_one([moved(entry, -entry.start_sec)]) for entry in told]
        generations = self.model.answer(
            [
                cut(features, entry.span, has_speech(utterance, clip.speech))
                for utterance, entry in zip(chunk.utterances, told, strict=True)
            ],
            [prompt for prompt, _ in prompts],
            [utterance_question(entry.start_sec, entry.end_sec) for (entry,), _ in prompts],
        )
        answered = [
            (utterance, parse(text, clip.clues, utterance.span, ids))
            for utterance, text, (_, ids) in zip(chunk.utterances, generations, prompts, strict=True)
        ]
        return answered, [*answered]

    def _ask_in_one_prompt(self, clip: Clip, chunk: Chunk) -> tuple[Answered, Parts]:
        """The answers about a chunk as a whole and about each utterance, behind one prefix (paper, figure 1)."""
        told, ids = numbered_from_one(entries(self.config, clip.clues, chunk))
        questions = [OVERALL_QUESTION, *(utterance_question(entry.start_sec, entry.end_sec) for entry in told)]
        spans = [utterance.span for utterance in chunk.utterances]
        generations = self.model.answer_all(encode(self.model, clip, chunk), told, questions)
        whole, *each = (
            parse(text, clip.clues, span, ids) for text, span in zip(generations, [chunk.span, *spans], strict=True)
        )
        return list(zip(chunk.utterances, each, strict=True)), [(chunk, whole)]

    def _result(self, clip: Clip, overall: Answer, answers: dict[int, Answer]) -> Result:
        return Result(
            clip=clip.info,
            overall=overall,
            utterances=tuple(
                _answered(utterance, answers.get(utterance.index, NOTHING)) for utterance in clip.utterances
            ),
            clues=clip.clues,
            abstained=not answers,
            warnings=clip.warnings,
            model=ModelInfo(
                name=self.config.name, version=__version__, weights_sha256=checkpoint.weights_sha256(self.directory)
            ),
            microemo_version=__version__,
        )


def load(model: str = "nano", hook: Hook = silent) -> Pipeline:
    """The built-in model, or the one in a checkpoint directory. Raises ``WeightsError`` where there is none."""
    return Pipeline(NANO if model == "nano" else Path(model), hook)


def perceive(
    path: Path,
    config: ModelConfig,
    cues: Sequence[Cue] | None = None,
    asr: bool = True,
    hook: Hook = silent,
    sound: Path | None = None,
) -> Clip:
    """All of media and perception, with the frames, views and masks that a model of this configuration reads.

    ``cues`` are what is said, where that is known; ``sound`` is the file with the sound, where that is another.
    """
    warnings: list[str] = []
    info = probe(path, warnings.append)

    hook("listen", 0, info.duration_sec)
    heard = probe(sound, warnings.append) if sound else info
    waveform = audio.waveform(heard, warnings.append) if heard.has_audio else None
    asr_model = weights.path("whisper_tiny_en", hook) if asr and waveform is not None and cues is None else None
    speech = find_speech(waveform, info.duration_sec, cues, asr_model, hook)

    frames = video.frames(info, warn=warnings.append) if info.has_video else iter(())
    landmarker = weights.path("face_landmarker", hook) / "face_landmarker.task"
    num_frames, vision = config.num_frames, config.vision
    times = even_times(info.duration_sec, num_frames) if num_frames else sample_times(speech.utterances)
    faces = scan(
        frames, times, vision.image_size, vision.patch_size, landmarker, speech.voiced, hook, config.local_view
    )
    clues = measure_clues(faces.main, waveform, speech.utterances, speech.words, speech.voiced)
    if faces.num_others:
        warnings.append(f"{faces.num_others} other people were seen; the answer is about the main person alone")
    return Clip(
        info=ClipInfo(
            path=str(path),
            duration_sec=round(info.duration_sec, 3),
            has_video=info.has_video,
            has_audio=waveform is not None,
            face_seconds=round(faces.face_seconds, 3),
        ),
        frame_times_sec=faces.frame_times_sec,
        frames=faces.frames,
        faces=faces.faces,
        face_mask=faces.face_mask,
        region_masks=faces.region_masks,
        waveform=waveform,
        utterances=speech.utterances,
        clues=clues,
        speech=speech.voiced,
        key_frames=faces.key_frames,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def entries(config: ModelConfig, clues: Sequence[Clue], chunk: Chunk) -> list[PromptUtterance]:
    """What the prompt says of a chunk's utterances, in seconds from its start."""
    listed = clues if config.clue_text else ()
    return [moved(entry, -chunk.start_sec) for entry in prompt_utterances(chunk.utterances, listed)]


def encode(model: MicroEmo, clip: Clip, chunk: Chunk) -> Features:
    """A chunk as the model reads it: its frames, sound if somebody speaks, from 0 s on."""
    start, end = chunk.start_sec, chunk.end_sec
    times = clip.frame_times_sec
    inside = (times >= start) & (times < end)
    if model.config.local_view == "face":  # such a model has learnt from faces alone
        inside &= clip.face_mask
    frames = np.flatnonzero(inside)
    sound = sound_times = None
    if clip.waveform is not None and any(has_speech(utterance, clip.speech) for utterance in chunk.utterances):
        samples = clip.waveform[int(start * audio.SAMPLE_RATE) : int(end * audio.SAMPLE_RATE)]
        sound, sound_times = model.encode_sound(torch.from_numpy(np.array(samples)))
    if not len(frames):
        return Features(audio=sound, audio_times_sec=sound_times)
    pictures, views = model.encode_frames(
        torch.from_numpy(clip.frames[frames]),
        torch.from_numpy(clip.faces[frames]),
        torch.from_numpy(clip.face_mask[frames]),
    )
    return Features(
        times_sec=tuple(float(times[frame] - start) for frame in frames),
        frames=pictures,
        faces=views,
        region_masks=torch.from_numpy(clip.region_masks[frames]),
        audio=sound,
        audio_times_sec=sound_times,
    )


def _answered(utterance: Utterance, answer: Answer) -> UtteranceAnswer:
    fields = {name: getattr(answer, name) for name in Answer.model_fields}
    return UtteranceAnswer(**utterance.model_dump(), **fields)
