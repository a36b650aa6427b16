"""Recognition, for the ablation study (paper 4.4): which emotion does the LLM read in each utterance?

The language modelling loss (equation 1) of one word behind each utterance's part of the prompt, over the names of the
emotions alone: in few steps, the model learns to tell them apart rather than to write.
"""

from collections.abc import Sequence
from itertools import accumulate

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.model.language import SPACE
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.model.windows import buckets
from microemo.train.alignment import tokens_of
from microemo.train.config import KinShares
from microemo.train.examples import WHOLES
from microemo.train.kin.beside import Named, beside
from microemo.train.task import Scores
from recipes.nano.faces import FACE_FAMILIES
from studies.ablation.conversations import Conversation


class Recognition(nn.Module):
    """Scores conversations by the families of their utterances: cross-entropy, and how many are correct."""

    names: Tensor

    def __init__(
        self, model: MicroEmo, voice_noise: float = 0.0, kin: KinShares | None = None, has_whole: bool = True
    ) -> None:
        """Without ``has_whole`` the tokens of the whole clip are left out of the prompt."""
        super().__init__()
        self.model = model
        self.voice_noise = voice_noise
        self.kin = kin or KinShares()
        self.has_whole = has_whole
        head = model.language.model.get_output_embeddings().weight.detach()
        names = [head[model.language.token_ids(SPACE + family)].float().mean(0) for family in FACE_FAMILIES]
        self.register_buffer("names", torch.stack(names), persistent=False)  # (K, H)

    def forward(self, conversations: Sequence[Conversation]) -> Scores:
        tokens = self.tokens(conversations)
        logits = self.named(tokens, conversations)
        families = [FACE_FAMILIES.index(turn.family) for clip in conversations for turn in clip.truths]
        targets = torch.tensor(families, device=logits.device)
        num_correct = (logits.argmax(-1) == targets).sum().float()
        added = beside(self.kin, self.model, tokens, conversations, Named(logits, targets, FACE_FAMILIES))
        return Scores(F.cross_entropy(logits, targets) + added, num_correct, logits.new_tensor(len(targets)))

    def logits(self, conversations: Sequence[Conversation]) -> Float[Tensor, "N K"]:
        """Of the K families in ``FACE_FAMILIES``, for each utterance of each clip in turn."""
        return self.named(self.tokens(conversations), conversations)

    def tokens(self, conversations: Sequence[Conversation]) -> list[dict[Slot, Tensor]]:
        filled = tokens_of(self.model, conversations, self.voice_noise if self.training else 0.0)
        if self.has_whole:
            return filled
        return [{slot: own for slot, own in tokens.items() if slot.kind not in WHOLES} for tokens in filled]

    def named(
        self, tokens: Sequence[dict[Slot, Tensor]], conversations: Sequence[Conversation]
    ) -> Float[Tensor, "N K"]:
        """``logits`` from the clips' tokens.

        The whole clip's tokens precede all utterances; an utterance's logits do not depend on those after it.
        """
        parts = [
            self.model.parts(filled, clip.utterances, clip.features.times_sec)
            for clip, filled in zip(conversations, tokens, strict=True)
        ]
        prompts = [torch.cat(each) for each in parts]
        ends = [[end - 1 for end in list(accumulate(map(len, each)))[1:]] for each in parts]
        at_ends: list[Tensor] = [torch.empty(0)] * len(prompts)
        for group in buckets([len(prompt) for prompt in prompts]):
            states = self.model.language.states([prompts[number] for number in group])
            for number, its_states in zip(group, states, strict=True):
                at_ends[number] = its_states[ends[number]]
        return torch.cat(at_ends).float() @ self.names.T
