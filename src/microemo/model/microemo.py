"""MicroEmo (paper 3, figure 1): (a) global-local attention visual encoder, (b) utterance-aware video Q-Former,
(c) large language model, with audio beside them. Tensors and masks in, text out."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn

from microemo.config import ModelConfig
from microemo.lexicon import FAMILIES
from microemo.model import late_fusion
from microemo.model.audio import AudioEncoder
from microemo.model.branches import Branch, Tree
from microemo.model.features import Features, frames_in, sound_in
from microemo.model.first_label import FirstLabel, FirstWords, Noted, shown_by
from microemo.model.frames import over_frames
from microemo.model.image_qformer import ImageQFormer
from microemo.model.kin.affect import DIMENSIONS, AffectGraph
from microemo.model.kin.layers import layers
from microemo.model.kin.selection import most_striking
from microemo.model.kin.utterances import Together, seen_and_heard
from microemo.model.labels import label_anchors
from microemo.model.language import Choose, Generation, LanguageModel, Sampler, greedy
from microemo.model.local_clues import LocalClueAttention
from microemo.model.prompt import PromptUtterance, Question, Slot, SlotKind, words_of
from microemo.model.registry import AUDIO_ENCODERS, VISION_ENCODERS
from microemo.model.templates import TEMPLATES
from microemo.model.timestamps import TimestampTokenizer
from microemo.model.video_qformer import VideoQFormer
from microemo.model.vision import VisionEncoder
from microemo.model.wellformed import WellFormed
from microemo.model.windows import WindowReader
from microemo.spans import Span


class MicroEmo(nn.Module):
    """The whole model.

    ``pretrained`` maps a part of the weights manifest to its directory; None builds at random. ``trainable_lora`` puts
    the LLM's LoRA beside its weights, to be trained; ``checkpoint.load`` merges it into them.
    """

    def __init__(
        self, config: ModelConfig, pretrained: Callable[[str], Path] | None = None, trainable_lora: bool = True
    ) -> None:
        super().__init__()

        def directory(part: str | None) -> Path | None:
            return pretrained(part) if pretrained and part else None

        vision, audio, language = config.vision, config.audio, config.language
        timestamps = config.image_qformer.timestamps
        self.config = config
        self.template = TEMPLATES[config.prompt]
        # (a) global-local attention visual encoder
        self.vision: VisionEncoder = VISION_ENCODERS[vision.kind](vision, directory(vision.weights))
        if config.local_clues:
            self.local_clues = LocalClueAttention(vision.hidden_size, vision.num_heads)
        self.timestamps = TimestampTokenizer(timestamps, directory(timestamps.tokenizer))
        self.image_qformer = ImageQFormer(config.image_qformer, vision.hidden_size)
        # (b) utterance-aware video Q-Former, and the audio's
        self.video_qformer = VideoQFormer(
            config.video_qformer, config.image_qformer.hidden_size, language.hidden_size, config.max_positions
        )
        self.audio: AudioEncoder = AUDIO_ENCODERS[audio.kind](audio, directory(audio.weights))
        self.audio_reader: WindowReader = self.audio.reader(language.hidden_size)
        # (c) large language model
        self.language = LanguageModel(language, directory(language.weights), self.template.end, trainable_lora)
        # between them, what MicroEmo's kin would add: nothing, unless it is switched on
        self.kin = layers(config)
        self.affect: AffectGraph | None = None
        if config.kin.affect:
            words = label_anchors(self.language, (*FAMILIES, *DIMENSIONS))
            self.affect = AffectGraph(words, config.video_qformer.hidden_size)
        self.words: frozenset[str] | None = None  # of the texts that it was taught; None: any
        if config.activation_checkpointing:  # the frames' own is in ``frame_tokens``
            self.language.model.activation_checkpointing_enable()

    @property
    def device(self) -> torch.device:
        return self.vision.mean.device

    def encode_frames(
        self, frames: UInt8[Tensor, "T S S 3"], faces: UInt8[Tensor, "T S S 3"], face_mask: Bool[Tensor, " T"]
    ) -> tuple[Float[Tensor, "T N D"], Float[Tensor, "T N D"]]:
        """Patch tokens of frames and of face views; where there is no face, the latter are zeros."""
        whole = self.vision(frames)
        views = torch.zeros_like(whole)
        if self.config.local_clues and face_mask.any():
            has_face = face_mask.to(self.device)
            in_frame = self.config.local_view == "frame"
            views[has_face] = whole[has_face] if in_frame else self.vision(faces[face_mask])
        return whole, views

    def encode_sound(self, waveform: Float[Tensor, " N"]) -> tuple[Float[Tensor, "F L E"], tuple[float, ...] | None]:
        """Audio features of 16 kHz mono sound in [-1, 1], and their times in seconds, as ``Features`` has them."""
        return self.audio(waveform.to(self.device)), self.audio.times_sec(len(waveform))

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
        if self.config.kin.kept_share < 1:
            frames = most_striking(frames, self.config.kin.kept_share)
        if faces is None or regions is None:
            return self.image_qformer(frames, ids, mask)
        return self.image_qformer(frames, ids, mask, *self.local_clues(faces, regions))

    def tokens(
        self, clips: Sequence[Features], spans: Sequence[Sequence[Span]], together: Together | None = None
    ) -> list[dict[Slot, Tensor]]:
        """Video and audio tokens (Q, H) for every slot of every clip's prompt: the whole, and a window an utterance.

        All windows of all clips are read as one batch (paper 3.3). ``together`` says of each utterance whether its
        person is seen and heard, which nobody but ``kin`` asks; None: all are.
        """
        filled: list[dict[Slot, Tensor]] = [{} for _ in clips]
        for read, windows in (
            (self.video_qformer, self._video_windows(clips, spans)),
            (self.audio_reader, self._audio_windows(clips, spans)),
        ):
            if windows:
                results = read([window.features for window in windows])
                for window, tokens in zip(windows, results, strict=True):
                    filled[window.clip][window.slot] = tokens
        both = seen_and_heard(filled, together) if self.kin else []
        for layer in self.kin.values():
            filled = layer(filled, both)
        return filled

    def _video_windows(self, clips: Sequence[Features], spans: Sequence[Sequence[Span]]) -> list["Window"]:
        windows: list[Window] = []
        for number, (clip, frames, utterances) in enumerate(zip(clips, self.frame_tokens(clips), spans, strict=True)):
            if frames is not None:
                own = utterances if self.config.utterance_windows else ()
                inside = [frames_in(clip.times_sec, span) for span in own]
                windows += _windows(number, "video", self.video_qformer.prepare(frames), inside)
        return windows

    def _audio_windows(self, clips: Sequence[Features], spans: Sequence[Sequence[Span]]) -> list["Window"]:
        windows: list[Window] = []
        for number, (clip, utterances) in enumerate(zip(clips, spans, strict=True)):
            if clip.audio is not None:
                inside = [sound_in(clip, span) for span in utterances] if self.config.audio_windows else []
                windows += _windows(number, "audio", self.audio_reader.prepare(clip.audio), inside)
        return windows

    def parts(
        self, tokens: dict[Slot, Tensor], utterances: Sequence[PromptUtterance], times_sec: Sequence[float] = ()
    ) -> list[Float[Tensor, "_ H"]]:
        """The embedded parts of one clip's prompt up to the questions (paper 3.4); ``times_sec`` are its frames'."""
        available: frozenset[SlotKind] = frozenset(slot.kind for slot in tokens)
        return [self.language.embed(part, tokens) for part in self.template.parts(utterances, available, times_sec)]

    def tree(
        self,
        tokens: dict[Slot, Tensor],
        utterances: Sequence[PromptUtterance],
        times_sec: Sequence[float],
        questions: Sequence[Question],
    ) -> Tree:
        """One clip's prompt with questions: one about an utterance follows its part, others the whole."""
        parts = self.parts(tokens, utterances, times_sec)
        ends = list(accumulate(map(len, parts)))
        branches = [
            Branch(
                ends[-1 if asked.utterance is None else min(asked.utterance + 1, len(ends) - 1)],
                self.question(asked.text),
            )
            for asked in questions
        ]
        return Tree(torch.cat(parts), branches)

    def question(self, text: str) -> Float[Tensor, "L H"]:
        """The embedded question and the opening of the answer, as they follow the prompt."""
        return self.language.embed_text(text + self.template.answer_opening)

    def prompts(
        self,
        tokens: Sequence[dict[Slot, Tensor]],
        clips: Sequence[Features],
        utterances: Sequence[Sequence[PromptUtterance]],
        questions: Sequence[Question],
    ) -> list[Float[Tensor, "L H"]]:
        """One embedded prompt, up to a question and with it, for each of several clips."""
        trees = [
            self.tree(filled, entries, clip.times_sec, [asked])
            for filled, entries, clip, asked in zip(tokens, utterances, clips, questions, strict=True)
        ]
        return [torch.cat([tree.stem[: branch.behind], branch.rows]) for tree in trees for branch in tree.branches]

    @torch.inference_mode()
    def answer(
        self, clips: Sequence[Features], utterances: Sequence[Sequence[PromptUtterance]], questions: Sequence[Question]
    ) -> list[Generation]:
        """The answer to one question about each of several clips, all decoded as one batch."""
        tokens = self.tokens(clips, *_windows_of(utterances))
        prompts = self.prompts(tokens, clips, utterances, questions)
        fused = self.fused(tokens, clips, utterances, questions)
        return self._answered(partial(self.language.answer, prompts), clips, utterances, questions, fused)

    @torch.inference_mode()
    def fused(
        self,
        tokens: Sequence[dict[Slot, Tensor]],
        clips: Sequence[Features],
        utterances: Sequence[Sequence[PromptUtterance]],
        questions: Sequence[Question],
    ) -> Float[Tensor, "B K"] | None:
        """What decides the family of the first label about each clip, where modalities are read alone."""
        each = zip(tokens, clips, utterances, questions, strict=True)
        found = [self._fused_of(filled, clip.times_sec, entries, [asked]) for filled, clip, entries, asked in each]
        known = next((one for one in found if one is not None), None)
        if known is None:
            return None
        return torch.cat([torch.full_like(known, torch.nan) if one is None else one for one in found])

    def _fused_of(
        self,
        tokens: dict[Slot, Tensor],
        times_sec: Sequence[float],
        utterances: Sequence[PromptUtterance],
        questions: Sequence[Question],
    ) -> Float[Tensor, "B K"] | None:
        """The same of several questions about one clip."""
        first = self.first_label
        if first is None or not self.config.late_fusion:
            return None

        def read(own: dict[Slot, Tensor], entries: list[PromptUtterance], asked: list[Question]) -> Tensor:
            return first.words.log_probs(self.language.next_behind(self.tree(own, entries, times_sec, asked)))

        return late_fusion.fused(tokens, utterances, questions, read)

    @cached_property
    def first_words(self) -> FirstWords:
        return FirstWords.known_to(self.language, self.words)

    @property
    def first_label(self) -> FirstLabel | None:
        """What chooses the first tokens of answers; None: the likeliest, as where each letter is a token."""
        if self.config.calibration is None or not len(self.first_words.ids):
            return None
        return FirstLabel(self.first_words.to(self.device), self.config.calibration)

    @torch.inference_mode()
    def families(
        self, clips: Sequence[Features], utterances: Sequence[Sequence[PromptUtterance]], questions: Sequence[Question]
    ) -> Float[Tensor, "B K"]:
        """The families' log-probabilities that decide first labels, before they are calibrated.

        For models that choose first labels by their families.
        """
        tokens = self.tokens(clips, *_windows_of(utterances))
        logits = self.language.next_logits(self.prompts(tokens, clips, utterances, questions))
        assert self.first_label is not None
        return self.first_label.families(logits, self.fused(tokens, clips, utterances, questions))

    @torch.inference_mode()
    def confidence(
        self,
        clips: Sequence[Features],
        utterances: Sequence[Sequence[PromptUtterance]],
        questions: Sequence[Question],
        labels: Sequence[str],
    ) -> list[float]:
        """How sure answers would be of a given first label each; as sure as ``answer`` is of the one that it writes.

        Of its family, where it is one's; else of the label's tokens.
        """
        tokens = self.tokens(clips, *_windows_of(utterances))
        logits, ids = zip(
            *self.language.forced(self.prompts(tokens, clips, utterances, questions), labels), strict=True
        )
        scores = [each.log_softmax(-1).gather(1, own[:, None]).sum() for each, own in zip(logits, ids, strict=True)]
        if self.first_label is not None:
            first, begin = torch.stack([each[0] for each in logits]), torch.stack([own[0] for own in ids])
            families = self.first_label.families(first, self.fused(tokens, clips, utterances, questions))
            family = self.first_label.log_prob(first, begin, families)
            is_family = self.first_label.words.are(begin).any(-1)
            scores = [one if known else score for one, known, score in zip(family, is_family, scores, strict=True)]
        return [min(1.0, float(score.exp())) for score in scores]

    @torch.inference_mode()
    def answer_all(
        self,
        clip: Features,
        utterances: Sequence[PromptUtterance],
        questions: Sequence[Question],
        num_drafts: int = 1,
    ) -> list[Generation]:
        """The answers to several questions about one clip, decoded as one batch: all drafts of one, then of the next.

        The clip's prompt is read once, and each question once for all its drafts.
        """
        (tokens,) = self.tokens([clip], *_windows_of([utterances]))
        tree = self.tree(tokens, utterances, clip.times_sec, questions)
        asked = [question for question in questions for _ in range(num_drafts)]
        answer = partial(self.language.answer_behind, tree, num_drafts=num_drafts)
        fused = self._fused_of(tokens, clip.times_sec, utterances, questions)
        fused = None if fused is None else fused.repeat_interleave(num_drafts, 0)
        return self._answered(answer, [clip] * len(asked), [utterances] * len(asked), asked, fused)

    def _answered(
        self,
        answer: Callable[[Choose, Choose], list[Generation]],
        clips: Sequence[Features],
        utterances: Sequence[Sequence[PromptUtterance]],
        questions: Sequence[Question],
        fused: Float[Tensor, "B K"] | None,
    ) -> list[Generation]:
        """What ``answer`` makes of how first tokens are chosen, of what families, and how the others are."""
        choose, noted = self._choose(utterances, questions), None
        about = [asked.about(entries) for entries, asked in zip(utterances, questions, strict=True)]
        shown = [*map(shown_by, clips, about)]
        if self.first_label is not None:
            of_one = [kind if len(own) == 1 else None for kind, own in zip(shown, about, strict=True)]
            noted = Noted(self.first_label, of_one, choose, fused)
        first: Choose = noted or greedy
        if self.config.language.well_formed:
            kept = WellFormed(self.language, self.words, [words_of(entries) for entries in utterances], shown)
            first, choose = kept.first(first), kept.next(choose)
        generations = answer(first, choose)
        if noted is None:
            return generations
        return [
            replace(one, sure=sure, possible=possible)
            for one, sure, possible in zip(generations, noted.sure, noted.possible, strict=True)
        ]

    def _choose(self, utterances: Sequence[Sequence[PromptUtterance]], questions: Sequence[Question]) -> Choose:
        """How answers' tokens are chosen; the same words, times and clues always have the same answer drawn.

        Whatever is asked once more has another.
        """
        if not self.config.language.temperature:
            return greedy
        told = [f"{words_of(entries)} {asked.text}" for entries, asked in zip(utterances, questions, strict=True)]
        drafts = [told[:place].count(text) for place, text in enumerate(told)]
        seeds = [zlib.crc32(f"{text} {draft}".encode()) for text, draft in zip(told, drafts, strict=True)]
        return Sampler(self.config.language.temperature, seeds)


class Window(NamedTuple):
    """What is read at once: features (N, D) of a clip, and the slot that its tokens fill."""

    clip: int
    slot: Slot
    features: Float[Tensor, "N D"]


def _windows(
    clip: int, kind: Literal["video", "audio"], features: Float[Tensor, "T Q D"], inside: Sequence[list[int]]
) -> Iterator[Window]:
    """The whole clip, and a window for each list of indices."""
    window: SlotKind = "video_window" if kind == "video" else "audio_window"
    yield Window(clip, Slot(kind), features.flatten(0, 1))
    for index, indices in enumerate(inside):
        yield Window(clip, Slot(window, index), features[indices].flatten(0, 1))


def _windows_of(clips: Sequence[Sequence[PromptUtterance]]) -> tuple[list[list[Span]], list[list[bool]]]:
    """The spans of each clip's utterances, and whether their person is both seen and heard."""
    spans = [[entry.span for entry in entries] for entries in clips]
    return spans, [[entry.seen and entry.heard for entry in entries] for entries in clips]
