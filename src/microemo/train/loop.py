"""The training loop that every stage shares: AdamW, warm-up and cosine, by accelerate on one process or many.

An optimiser step sees ``batch_size`` examples, in micro-batches that the processes share; the same micro-batches with
the same random numbers on however many processes. At any time, a run's folder holds the best model so far and all that
is needed to resume.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs, DistributedType, InitProcessGroupKwargs
from accelerate.state import AcceleratorState
from torch import Tensor, nn
from torch.optim import AdamW

from microemo.device import resolve
from microemo.errors import InputError
from microemo.hooks import Hook, silent
from microemo.train import config as configs
from microemo.train import order, state
from microemo.train.config import OptimizerConfig, TrainConfig
from microemo.train.kin import curriculum
from microemo.train.log import Log
from microemo.train.sharding import prepared
from microemo.train.task import Scores, Task

LONGEST_WAIT = timedelta(hours=24)  # of one process for another that still encodes clips
MAY_CHANGE = {"cache", "device", "save_every_sec"}  # between a run and its resumption


@dataclass(frozen=True)
class FitResult:
    """Steps done in all, and the best validation: its value by ``best_by``."""

    num_steps: int
    best: float | None


def accelerator_of(config: TrainConfig) -> Accelerator:
    """The run's device and precision; processes as accelerate's own configuration has them.

    Raises ``MicroEmoError`` where the device is not there, or processes are joined by other means than DDP, which
    sharding (``sharding.py``) builds on.
    """
    AcceleratorState._reset_state()  # an earlier run of this process may have had another precision
    # Clips differ in what they have: not every batch uses every module. No module has buffers that training changes.
    unequal = DistributedDataParallelKwargs(find_unused_parameters=True, broadcast_buffers=False)
    accelerator = Accelerator(
        cpu=resolve(config.device).type == "cpu",  # else processes on CPUs would not know of one another
        mixed_precision="bf16" if config.in_bf16 else "no",
        kwargs_handlers=[unequal, InitProcessGroupKwargs(timeout=LONGEST_WAIT)],
    )
    if accelerator.distributed_type not in (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU):
        raise InputError(
            f"accelerate is set to {accelerator.distributed_type.value}; only one process, DDP or FSDP can train"
        )
    num_micro_batches = config.batch_size // config.micro_batch_size
    accelerator.gradient_accumulation_steps = max(1, num_micro_batches // accelerator.num_processes)
    return accelerator


def fit(task: Task, config: TrainConfig, accelerator: Accelerator | None = None, hook: Hook = silent) -> FitResult:
    """Train, from where the run in ``config.output`` stands. Hook: step "train", in optimiser steps.

    Raises ``InputError`` where that folder holds another run, there are no examples to train or to validate on, or the
    loss is no longer finite.
    """
    accelerator = accelerator or accelerator_of(config)
    if not len(task.train) or not len(task.validation):
        raise InputError(
            f"{config.data}: {len(task.train)} examples to train on, {len(task.validation)} to validate on"
        )
    _claim(config, accelerator)
    run = _Run(task, config, accelerator)
    if accelerator.is_main_process:
        with Log(config.output, run.progress.step) as log:
            run.go(hook, log)
    else:
        run.go(silent, None)
    accelerator.wait_for_everyone()
    return FitResult(run.progress.step, run.progress.best)


def learning_rate(config: OptimizerConfig, step: int, num_steps: int) -> float:
    """Linear up to ``learning_rate`` in ``warmup_steps``, then a cosine down to ``final_learning_rate``."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    share = min(1.0, (step - config.warmup_steps) / max(1, num_steps - config.warmup_steps))
    span = config.learning_rate - config.final_learning_rate
    return config.final_learning_rate + span * 0.5 * (1 + math.cos(math.pi * share))


class _Run:
    def __init__(self, task: Task, config: TrainConfig, accelerator: Accelerator) -> None:
        self.task, self.config, self.accelerator = task, config, accelerator
        self.num_steps = order.num_steps(config, len(task.train))
        self.validate_every = config.validate_every or max(1, math.ceil(len(task.train) / config.batch_size))
        self.easiest_first = _easiest_first(task, config) if config.kin.easy_first else None
        self.micro_batches = order.micro_batches_of(config, accelerator.process_index, accelerator.num_processes)
        parameters = [parameter for _, parameter in state.trained(task.objective)]
        settings = config.optimizer
        optimizer = AdamW(parameters, settings.learning_rate, settings.betas, weight_decay=settings.weight_decay)
        self.model, self.optimizer = prepared(task.objective, accelerator), accelerator.prepare_optimizer(optimizer)
        self.progress = state.load(config.output, self.objective, self.optimizer)

    @property
    def objective(self) -> nn.Module:
        return self.accelerator.unwrap_model(self.model)

    def go(self, hook: Hook, log: Log | None) -> None:
        progress, saved_at = self.progress, time.monotonic()
        while progress.step < self.num_steps and not self._is_over():
            hook("train", progress.step, self.num_steps)
            values = self._step(progress.step)
            progress.step += 1
            if log:
                log.write(progress.step, **values)
            is_last = progress.step == self.num_steps
            if is_last or progress.step % self.validate_every == 0:
                self._validate(log)
            if is_last or self._is_over() or time.monotonic() - saved_at > self.config.save_every_sec:
                self._save()
                saved_at = time.monotonic()
        hook("train", self.num_steps, self.num_steps)

    def _is_over(self) -> bool:
        """No better validation for long."""
        return self.config.patience is not None and self.progress.num_worse >= self.config.patience

    def _step(self, step: int) -> dict[str, float]:
        """One step of the optimiser: the mean loss over the batch, on all processes, and what else is of interest."""
        self.model.train()
        rate = learning_rate(self.config.optimizer, step, self.num_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        size = self.config.micro_batch_size
        indices = self._indices(step)
        losses, parts, norm = [], [], torch.zeros(())
        for number in self.micro_batches:
            rng = order.rng_of(self.config.seed, step, number)
            examples = [self.task.train.example(index, rng) for index in indices[number * size : (number + 1) * size]]
            with self.accelerator.accumulate(self.model):
                scores: Scores = self.model(examples)
                self.accelerator.backward(scores.loss)
                if self.accelerator.sync_gradients:
                    parameters = self.model.parameters()
                    norm = self.accelerator.clip_grad_norm_(parameters, self.config.optimizer.max_grad_norm)
                self.optimizer.step()
                self.optimizer.zero_grad()
            losses.append(scores.loss.detach().float())
            parts.append(scores.parts)
        loss = float(self.accelerator.reduce(torch.stack(losses).mean(), "mean"))
        if not math.isfinite(loss):
            raise InputError(f"the loss is {loss} in step {step + 1}; lower optimizer.learning_rate")
        return {"loss": loss, "learning_rate": rate, "gradient_norm": float(norm), **self._means(parts)}

    def _indices(self, step: int) -> list[int]:
        seed, size = self.config.seed, self.config.batch_size
        if self.easiest_first is not None:
            return curriculum.batch(seed, step, self.num_steps, size, self.easiest_first)
        return order.batch(seed, step, size, len(self.task.train))

    def _means(self, parts: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
        """Of what is logged beside the loss, over all micro-batches and processes."""
        return {
            name: float(self.accelerator.reduce(torch.stack([one[name].detach() for one in parts]).mean(), "mean"))
            for name in parts[0]
        }

    def _validate(self, log: Log | None) -> None:
        """Validate; keep the model if it is the best so far."""
        values, progress, by = self._scores(), self.progress, self.config.best_by
        if by not in values:
            raise InputError(f"best_by {by}: no validation example has a label to score; take best_by=loss")
        value, best = values[by], progress.best
        is_better = best is None or (value < best if by == "loss" else value > best)
        progress.num_worse = 0 if is_better else progress.num_worse + 1
        if is_better:
            progress.best = value
            if self.accelerator.is_main_process:
                self.task.save(self.config.output)
        if log:
            log.write(progress.step, **{f"validation_{name}": value for name, value in values.items()})

    @torch.no_grad()
    def _scores(self) -> dict[str, float]:
        """Mean loss and what is logged beside it, and accuracy where there are labels, over evenly spread validation
        examples; each is the same in every validation."""
        self.model.eval()
        indices = range(0, len(self.task.validation), -(-len(self.task.validation) // self.config.validation_examples))
        size = self.config.micro_batch_size
        batches = [indices[start : start + size] for start in range(0, len(indices), size)]
        seed, example = self.config.seed, self.task.validation.example
        sums, names = torch.zeros((), device=self.accelerator.device), ["loss"]
        for first in range(0, len(batches), self.accelerator.num_processes):
            # A process that has none left runs the last once more: sharded layers run on all processes at once.
            number = first + self.accelerator.process_index
            batch = batches[min(number, len(batches) - 1)]
            scores: Scores = self.model([example(index, order.rng_of(seed, -1, index)) for index in batch])
            num = torch.full_like(scores.loss, len(batch))
            names = ["loss", *scores.parts]
            means = [value.detach() * num for value in (scores.loss, *scores.parts.values())]
            values = [num, scores.num_correct, scores.num_labelled, *means]
            sums = sums + torch.stack(values) * (number < len(batches))
        total, num_correct, num_labelled, *of_names = self.accelerator.reduce(sums, "sum").tolist()
        accuracy = {"accuracy": num_correct / num_labelled} if num_labelled else {}
        return {**{name: value / total for name, value in zip(names, of_names, strict=True)}, **accuracy}

    def _save(self) -> None:
        if self.accelerator.is_main_process:
            state.save(self.config.output, self.progress, self.objective, self.optimizer)


def _easiest_first(task: Task, config: TrainConfig) -> list[int]:
    """Indices by difficulty. Raises ``InputError`` where the examples are not graded."""
    if not isinstance(task.train, curriculum.Graded):
        raise InputError(f"kin.easy_first: nobody knows how hard the examples of {config.stage} are; leave it out")
    return curriculum.easiest_first([task.train.difficulty(index) for index in range(len(task.train))])


def _claim(config: TrainConfig, accelerator: Accelerator) -> None:
    """Make the run's folder, with its configuration. Raises ``InputError`` where it holds another run."""
    path = config.output / configs.FILE
    if accelerator.is_main_process and not path.exists():
        try:
            config.output.mkdir(parents=True, exist_ok=True)
            configs.save(config, config.output)
        except OSError as error:
            raise InputError(f"{config.output}: cannot be written ({error.strerror})") from None
    accelerator.wait_for_everyone()
    there, asked = (run.model_dump(exclude=MAY_CHANGE) for run in (configs.load(path), config))
    changed = [name for name in asked if asked[name] != there[name]]
    if changed:
        raise InputError(
            f"{config.output} holds another run, which differs in {', '.join(changed)}; name another output"
        )
