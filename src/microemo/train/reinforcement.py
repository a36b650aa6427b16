"""Reinforcement, beyond the paper: of several drafts of an answer, those with more reward become likelier.

GRPO (Shao et al. 2024) as AffectGPT-R1 (Lian et al. 2025) and R1-Omni (Zhao et al. 2025) use it for emotions, with what
was found since: each reward is compared within the group by itself (GDPO, Liu et al. 2026), and all tokens of a group
count alike, lest wrong answers get long (DAPO, Yu et al. 2025). A step draws anew, so nothing has to be clipped; what
holds the model to the start is the divergence from it, by Schulman's estimator.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from microemo.errors import InputError
from microemo.evaluate import wheels
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.train.compared import Compared, one_of, truth_of
from microemo.train.config import ReinforcementConfig
from microemo.train.drafts import drawn
from microemo.train.examples import Example, Turn
from microemo.train.rewards import REWARDS, Attempt, is_short, lexicon_wheel, rewards_of
from microemo.train.task import Scores

SMALL = 1e-4  # beside the spread of a group: what is far above it, 0.1 as well as 1, counts alike; rounding does not

Group = tuple[Turn, list[Attempt]]
"""A question, and the drafts of its answer."""


class Reinforcement(Compared):
    """Scores examples by drafts of the answer to one of their questions, and by a share of the supervised loss.

    In training the loss is that of the drafts' tokens by their advantages; in evaluation it is the mean reward, its
    sign turned: what is kept as best is what earns most, by drafts that the same random numbers draw every time.

    Raises ``InputError`` where no answer could be too long.
    """

    def __init__(self, model: MicroEmo, config: ReinforcementConfig, supervised_share: float) -> None:
        super().__init__(model, supervised_share)
        longest = model.config.language.max_new_tokens
        if config.max_tokens >= longest:
            raise InputError(f"reinforcement.max_tokens: must be below model.language.max_new_tokens ({longest})")
        self.config = config
        self.wheels = wheels.published(config.wheels) if config.wheels else lexicon_wheel()

    def forward(self, examples: Sequence[Example]) -> Scores:
        tokens = self.tokens(examples)
        groups = [self.drafted(filled, example) for filled, example in zip(tokens, examples, strict=True)]
        rewards = [self.rewards(attempts) for _, attempts in groups]
        parts = self.parts(groups, rewards)
        scores = self.supervised(tokens, examples)
        if not self.training:
            return scores._replace(loss=-parts["reward"], parts=parts)
        loss, divergence = self.policy(tokens, examples, groups, rewards)
        return scores._replace(
            loss=loss + self.config.kl * divergence + scores.loss, parts=parts | {"divergence": divergence.detach()}
        )

    def drafted(self, filled: dict[Slot, Tensor], example: Example) -> Group:
        """Drafts of the answer to one of an example's questions."""
        turn = one_of(example.turns)
        drafts = drawn(self.model, filled, example, turn.question, self.config.num_drafts)
        return turn, [Attempt.of(draft, truth_of(turn), self.wheels) for draft in drafts]

    def rewards(self, attempts: Sequence[Attempt]) -> Float[Tensor, "G K"]:
        """Of each draft, all rewards, in the order of ``REWARDS``."""
        return torch.tensor(
            [[*rewards_of(attempt, self.config.max_tokens).values()] for attempt in attempts], device=self.model.device
        )

    def policy(
        self,
        tokens: Sequence[dict[Slot, Tensor]],
        examples: Sequence[Example],
        groups: Sequence[Group],
        rewards: Sequence[Float[Tensor, "G K"]],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The loss of the drafts' tokens, and the divergence from the start; each a mean over a group's tokens."""
        trees = [
            self.tree(filled, example, [turn] * len(attempts))
            for filled, example, (turn, attempts) in zip(tokens, examples, groups, strict=True)
        ]
        device = self.model.device
        drafts = [[torch.tensor(one.generation.ids, device=device) for one in attempts] for _, attempts in groups]
        own, start = (iter(each) for each in self.log_probs(trees, drafts))
        losses, divergences = [], []
        for of_group in rewards:
            advantage = advantages(of_group, self.weights)
            log_probs, before = ([next(each) for _ in of_group] for each in (own, start))
            of_tokens = [one.expand(len(each)) for one, each in zip(advantage, log_probs, strict=True)]
            losses.append(-(torch.cat(of_tokens) * torch.cat(log_probs)).mean())
            divergences.append(divergence(torch.cat(log_probs), torch.cat(before)).mean())
        return torch.stack(losses).mean(), torch.stack(divergences).mean()

    @property
    def weights(self) -> Float[Tensor, " K"]:
        return torch.tensor([getattr(self.config.weights, name) for name in REWARDS], device=self.model.device)

    def parts(self, groups: Sequence[Group], rewards: Sequence[Float[Tensor, "G K"]]) -> dict[str, Tensor]:
        """What is logged: the reward as weighted, each part of it, and what says why, as means over the drafts."""
        means = torch.stack([each.mean(0) for each in rewards]).mean(0)
        attempts = [attempt for _, several in groups for attempt in several]
        others = {
            "wheel_f1": [attempt.shares[0] for attempt in attempts],
            "is_short": [float(is_short(attempt, self.config.max_tokens)) for attempt in attempts],
            "num_tokens": [float(len(attempt.generation.ids)) for attempt in attempts],
        }
        return {
            "reward": means @ self.weights,
            **{f"reward_{name}": value for name, value in zip(REWARDS, means, strict=True)},
            **{name: means.new_tensor(values).mean() for name, values in others.items()},
        }


def advantages(rewards: Float[Tensor, "G K"], weights: Float[Tensor, " K"]) -> Float[Tensor, " G"]:
    """How much better each draft of a group is than its mean, in each reward's own spread; weighted, and added up.

    A reward in which the drafts do not differ contributes nothing.
    """
    differs = rewards.amax(0) > rewards.amin(0)
    spread = rewards.std(0, correction=0)
    return ((rewards - rewards.mean(0)) / (spread + SMALL) * differs) @ weights


def divergence(log_probs: Float[Tensor, " L"], start: Float[Tensor, " L"]) -> Float[Tensor, " L"]:
    """Of tokens drawn from the model, an estimate of its KL divergence from the start, never below 0."""
    return (start - log_probs).exp() - (start - log_probs) - 1
