"""Descriptions in a language model's words, each checked against the clues again; one that fails stays as it was."""

import math
from collections.abc import Callable, Sequence

from microemo.chat import Chat, Cost, Message
from microemo.citations import cited
from microemo.claims.readings import Evidence
from microemo.data.describe import adjective
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.hooks import Hook, silent
from microemo.parse import claims_in
from microemo.spans import Span

PROMPT = """\
Rewrite the description of a person in a video in your own words, in one to three plain English sentences.
- Every number in brackets, such as [3], stays right behind the observation that it belongs to.
- Observations keep their meaning and the words that name them (brows, pitch, voice, quoted words). Add none.
- Keep the feeling that is named, in the same word.
- Reply with the sentences alone."""
REPLY_TOKENS = 80

Agree = Callable[[str, Cost], None]
"""Called with what is about to be asked and what it costs; raises to refuse."""


def rewrite(samples: Sequence[Sample], chat: Chat, agree: Agree, hook: Hook = silent) -> tuple[list[Sample], int, int]:
    """The samples with their descriptions rewritten, how many were, and how many were kept as they failed the check.

    Hook: step "rewrite", in descriptions.
    """
    texts = list(dict.fromkeys(text for sample in samples for text in _texts(sample)))
    batch = [_messages(text) for text in texts]
    agree(f"rewriting {len(texts)} descriptions", chat.estimate(batch, REPLY_TOKENS))
    replies = chat.complete_all(batch, hook, "rewrite")
    said = {
        text: " ".join(reply.text.split())
        for text, reply in zip(texts, replies, strict=True)
        if not isinstance(reply, Exception)
    }
    rewritten = [_rewritten(sample, said) for sample in samples]
    pairs = [
        (old, new)
        for before, after in zip(samples, rewritten, strict=True)
        for old, new in zip(_texts(before), _texts(after), strict=True)
    ]
    num_new = sum(old != new for old, new in pairs)
    return rewritten, num_new, len(pairs) - num_new


def faithful(text: str, original: str, sample: Sample, labels: Sequence[str], span: Span) -> bool:
    """Whether a text claims nothing that was not measured, cites no more than the original, and names a label."""
    claims = claims_in(text, Evidence(None, sample.clues), span)
    after, before = set(cited(text)), set(cited(original))
    return (
        all(claim.is_borne_out for claim in claims)
        and after <= before
        and bool(after) == bool(before)
        and any(word in text.lower() for label in labels for word in (label.lower(), adjective(label)))
    )


def _messages(text: str) -> list[Message]:
    return [{"role": "system", "content": PROMPT}, {"role": "user", "content": text}]


def _texts(sample: Sample) -> list[str]:
    texts = [sample.description, *(utterance.description for utterance in sample.utterances)]
    return [text for text in texts if text]


def _rewritten(sample: Sample, said: dict[str, str]) -> Sample:
    def chosen(text: str, labels: Sequence[str], span: Span) -> str:
        new = said.get(text, "")
        return new if new and faithful(new, text, sample, labels, span) else text

    def reworded(old: AnnotatedUtterance) -> AnnotatedUtterance:
        span = Span(old.start_sec or 0.0, old.end_sec or math.inf)
        return old.model_copy(update={"description": chosen(old.description, old.labels, span)})

    return sample.model_copy(
        update={
            "description": chosen(sample.description, sample.labels, Span(0.0, math.inf)),
            "utterances": tuple(map(reworded, sample.utterances)),
        }
    )
