"""MicroEmo (paper 3, figure 1): (a) global-local attention visual encoder, (b) utterance-aware video Q-Former,
(c) large language model, with audio beside them. Tensors and masks in, text out."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from microemo.config import AudioConfig, ModelConfig
from microemo.model.audio import FEATURES_PER_SEC, AudioEncoder, AudioQFormer, normalised
from microemo.model.frames import over_frames
from microemo.model.image_qformer import ImageQFormer
from microemo.model.imagebind import ImageBindEncoder
from microemo.model.labels import FirstLabel, family_token_ids, label_anchors, weighed, window_scores
from microemo.model.language import Choose, Generation, LanguageModel, Sampler, likeliest
from microemo.model.local_clues import LocalClueAttention
from microemo.model.prompt import PromptUtterance, Slot, SlotKind
from microemo.model.templates import TEMPLATES
from microemo.model.timestamps import TimestampTokenizer
from microemo.model.video_qformer import VideoQFormer, WindowQFormer
from microemo.model.vision import VisionEncoder
from microemo.spans import Span


@dataclass(frozen=True)
class Features:
    """What the frozen encoders make of a clip: all that training needs to keep of its pictures and its sound.

    times_sec      T times         of the sampled frames
    frames         (T, 1+P, D)     patch tokens of the whole frames; None without video
    faces          (T, 1+P, D)     patch tokens of the aligned face views
    region_masks   (T, R, P)       soft coverage by clue regions; zeros where no face was found
    audio          (F, L, E)       layers of the audio encoder; None without audio
    audio_times_sec  F times       of the audio features; None: F = 50 a second
    """

    times_sec: tuple[float, ...] = ()
    frames: Float[Tensor, "T N D"] | None = None
    faces: Float[Tensor, "T N D"] | None = None
    region_masks: Float[Tensor, "T R P"] | None = None
    audio: Float[Tensor, "F L E"] | None = None
    audio_times_sec: tuple[float, ...] | None = None

    def to(self, device: torch.device) -> "Features":
        """In single precision, where the model is."""

        def moved(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else tensor.to(device, torch.float32)

        return replace(
            self,
            frames=moved(self.frames),
            faces=moved(self.faces),
            region_masks=moved(self.region_masks),
            audio=moved(self.audio),
        )


class MicroEmo(nn.Module):
    """The whole model. ``pretrained`` maps a part of the weights manifest to its directory; None builds at random."""

    def __init__(self, config: ModelConfig, pretrained: Callable[[str], Path] | None = None) -> None:
        super().__init__()

        def directory(part: str | None) -> Path | None:
            return pretrained(part) if pretrained and part else None

        language_size = config.language.hidden_size
        self.config = config
        self.template = TEMPLATES[config.prompt]
        self.vision = VisionEncoder(config.vision, directory(config.vision.weights))
        if config.local_clues:
            self.local_clues = LocalClueAttention(config.vision.hidden_size, config.vision.num_heads)
        timestamps = config.image_qformer.timestamps
        self.timestamps = TimestampTokenizer(timestamps, directory(timestamps.tokenizer))
        self.image_qformer = ImageQFormer(config.image_qformer, config.vision.hidden_size)
        self.video_qformer = VideoQFormer(
            config.video_qformer, config.image_qformer.hidden_size, language_size, config.max_positions
        )
        audio = directory(config.audio.weights)
        self.audio: AudioEncoder | ImageBindEncoder
        self.audio_qformer: WindowQFormer
        if isinstance(config.audio, AudioConfig):
            self.audio = AudioEncoder(config.audio, audio)
            read_size = len(config.audio.read_layers) * config.audio.hidden_size
            self.audio_qformer = AudioQFormer(config.audio_qformer, read_size, language_size)
        else:
            self.audio = ImageBindEncoder(config.audio, audio)
            self.audio_qformer = VideoQFormer(
                config.audio_qformer, config.audio.output_size, language_size, config.audio.num_clips
            )
        self.language = LanguageModel(config.language, directory(config.language.weights), self.template.end)
        if config.activation_checkpointing:  # the frames' own is in ``frame_tokens``
            self.language.model.activation_checkpointing_enable()

    def encode_frames(self, frames: Tensor, faces: Tensor, face_mask: Bool[Tensor, " T"]) -> tuple[Tensor, Tensor]:
        """Patch tokens (T, 1+P, D) of frames and of face views, both (T, S, S, 3) uint8; no face, no tokens (zeros)."""
        whole = self.vision(frames)
        views = torch.zeros_like(whole)
        if self.config.local_clues and face_mask.any():
            in_frame = self.config.local_view == "frame"
            views[face_mask] = whole[face_mask] if in_frame else self.vision(faces[face_mask])
        return whole, views

    def encode_sound(self, waveform: Float[Tensor, " N"]) -> tuple[Float[Tensor, "F L E"], tuple[float, ...] | None]:
        """Audio features of 16 kHz mono sound in [-1, 1], and their times in seconds; None: 50 a second."""
        times = self.audio.times_sec(len(waveform)) if isinstance(self.audio, ImageBindEncoder) else None
        return self.audio(waveform), times

    def audio_features(self, audio: Float[Tensor, "F L E"]) -> Float[Tensor, "F E2"]:
        """What the audio Q-Former reads: placed clips, or the encoder's layers."""
        if isinstance(self.audio_qformer, VideoQFormer):
            return self.audio_qformer.place(audio).flatten(0, 1)
        return normalised(audio)

    def frame_tokens(self, clips: Sequence[Features]) -> list[Float[Tensor, "T Q H"] | None]:
        """Global-local attention visual encoder (paper 3.2) over all frames of all clips, by the pass."""
        seen = [clip for clip in clips if clip.frames is not None]
        if not seen:
            return [None] * len(clips)
        frames = torch.cat([clip.frames for clip in seen if clip.frames is not None])
        ids, mask = self.timestamps([time for clip in seen for time in clip.times_sec])
        inputs = [frames, ids.to(frames.device), mask.to(frames.device)]
        if self.config.local_clues:
            inputs.append(torch.cat([clip.faces for clip in seen if clip.faces is not None]))
            inputs.append(torch.cat([clip.region_masks for clip in seen if clip.region_masks is not None]))
        checkpointing = self.config.activation_checkpointing and torch.is_grad_enabled()
        read = over_frames(self._read_frames, *inputs, checkpointing=checkpointing)
        tokens = iter(read.split([len(clip.times_sec) for clip in seen]))
        return [next(tokens) if clip.frames is not None else None for clip in clips]

    def _read_frames(
        self, frames: Tensor, ids: Tensor, mask: Tensor, faces: Tensor | None = None, regions: Tensor | None = None
    ) -> Float[Tensor, "T Q H"]:
        """One pass of ``frame_tokens``: global tokens and, unless ablated, local ones."""
        if faces is None or regions is None:
            return self.image_qformer(frames, ids, mask)
        return self.image_qformer(frames, ids, mask, *self.local_clues(faces, regions))

    def tokens(self, clips: Sequence[Features], spans: Sequence[Sequence[Span]]) -> list[dict[Slot, Tensor]]:
        """Video and audio tokens (Q, H) for every slot of every clip's prompt: the whole, and a window an utterance."""
        filled: list[dict[Slot, Tensor]] = [{} for _ in clips]
        video: list[tuple[int, Slot, Tensor]] = []
        audio: list[tuple[int, Slot, Tensor]] = []
        for number, (clip, frames, utterances) in enumerate(zip(clips, self.frame_tokens(clips), spans, strict=True)):
            if frames is not None:
                placed = self.video_qformer.place(frames)
                video.append((number, Slot("video"), placed.flatten(0, 1)))
                if self.config.utterance_windows:
                    for index, span in enumerate(utterances):
                        window = placed[frames_in(clip.times_sec, span)]
                        video.append((number, Slot("video_window", index), window.flatten(0, 1)))
            if clip.audio is not None:
                features = self.audio_features(clip.audio)
                audio.append((number, Slot("audio"), features))
                if self.config.audio_windows:
                    for index, span in enumerate(utterances):
                        audio.append((number, Slot("audio_window", index), features[sound_in(clip, span)]))
        for qformer, entries in ((self.video_qformer, video), (self.audio_qformer, audio)):
            if entries:
                results = qformer([window for _, _, window in entries])
                for (number, slot, _), result in zip(entries, results, strict=True):
                    filled[number][slot] = result
        return filled

    def prefix(
        self, tokens: dict[Slot, Tensor], utterances: Sequence[PromptUtterance], times_sec: Sequence[float] = ()
    ) -> Float[Tensor, "L H"]:
        """The embedded prompt of one clip up to the question (paper 3.4); ``times_sec`` are its frames'."""
        available: frozenset[SlotKind] = frozenset(slot.kind for slot in tokens)
        return self.language.embed(self.template.prefix(utterances, available, times_sec), tokens)

    def question(self, text: str) -> Float[Tensor, "L H"]:
        """The embedded question and the opening of the answer, as they follow the prefix."""
        return self.language.embed_text(text + self.template.answer_opening)

    @torch.inference_mode()
    def answer(
        self, clips: Sequence[Features], utterances: Sequence[Sequence[PromptUtterance]], questions: Sequence[str]
    ) -> list[Generation]:
        """The answer to one question about each of several clips, all decoded as one batch."""
        tokens = self.tokens(clips, [_spans(entries) for entries in utterances])
        prompts = self.prompts(tokens, clips, utterances, questions)
        draw = self._chooser(utterances, questions)
        prior = self.config.label_prior
        if not prior:
            return self.language.answer(prompts, choose=draw)
        anchors = label_anchors(self.language)
        scores = torch.stack([weighed(window_scores(filled, anchors), prior) for filled in tokens])
        first = FirstLabel(family_token_ids(self.language), scores, prior.temperature)
        return self.language.answer(prompts, first, draw)

    def _chooser(self, utterances: Sequence[Sequence[PromptUtterance]], questions: Sequence[str]) -> Choose:
        """Of an answer's tokens; the same words, times and clues always have the same answer drawn."""
        if not self.config.language.temperature:
            return likeliest
        seeds = [zlib.crc32(repr(asked).encode()) for asked in zip(utterances, questions, strict=True)]
        return Sampler(self.config.language.temperature, seeds)

    def prompts(
        self,
        tokens: Sequence[dict[Slot, Tensor]],
        clips: Sequence[Features],
        utterances: Sequence[Sequence[PromptUtterance]],
        questions: Sequence[str],
    ) -> list[Float[Tensor, "L H"]]:
        """One embedded prompt, question and all, for each of several clips."""
        return [
            torch.cat([self.prefix(filled, entries, clip.times_sec), self.question(text)])
            for filled, entries, clip, text in zip(tokens, utterances, clips, questions, strict=True)
        ]

    @torch.inference_mode()
    def answer_all(
        self, clip: Features, utterances: Sequence[PromptUtterance], questions: Sequence[str]
    ) -> list[Generation]:
        """The answers to several questions about one clip, behind the same prefix, decoded as one batch."""
        (tokens,) = self.tokens([clip], [_spans(utterances)])
        prefix = self.prefix(tokens, utterances, clip.times_sec)
        prompts = [torch.cat([prefix, self.question(text)]) for text in questions]
        return self.language.answer(prompts, choose=self._chooser([utterances] * len(questions), questions))


def _spans(utterances: Sequence[PromptUtterance]) -> list[Span]:
    return [entry.span for entry in utterances]


def cut(clip: Features, span: Span, heard: bool = True) -> Features:
    """A span of a clip's features as a clip of its own, its times from 0 on; with its sound if that is ``heard``."""
    inside = [index for index, time in enumerate(clip.times_sec) if span[0] <= time < span[1]]
    audio = audio_times = None
    if clip.audio is not None and heard:
        sound = sound_in(clip, span)
        audio = clip.audio[sound]
        if clip.audio_times_sec is not None:
            audio_times = tuple(clip.audio_times_sec[index] - span[0] for index in sound)
    if clip.frames is None or clip.faces is None or clip.region_masks is None or not inside:
        return Features(audio=audio, audio_times_sec=audio_times)
    return Features(
        times_sec=tuple(clip.times_sec[index] - span[0] for index in inside),
        frames=clip.frames[inside],
        faces=clip.faces[inside],
        region_masks=clip.region_masks[inside],
        audio=audio,
        audio_times_sec=audio_times,
    )


def sound_in(clip: Features, span: Span) -> list[int]:
    """Indices of the audio features of an utterance, at least one."""
    if clip.audio_times_sec is not None:
        return frames_in(clip.audio_times_sec, span)
    num_features = 0 if clip.audio is None else len(clip.audio)
    within = features_in(num_features, span)
    return list(range(within.start, within.stop))


def frames_in(times_sec: Sequence[float], span: Span) -> list[int]:
    """Indices of the frames with start <= t < end, the nearest one if there is none (design, windows)."""
    start, end = span
    inside = [index for index, time in enumerate(times_sec) if start <= time < end]
    middle = (start + end) / 2
    return inside or [min(range(len(times_sec)), key=lambda index: abs(times_sec[index] - middle))]


def features_in(num_features: int, span: Span) -> slice:
    """The audio features of an utterance, at least one."""
    start = min(int(span[0] * FEATURES_PER_SEC), num_features - 1)
    return slice(start, max(start + 1, min(round(span[1] * FEATURES_PER_SEC), num_features)))
