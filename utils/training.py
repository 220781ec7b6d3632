"""A training loop that keeps a history and says how it goes; gradients and update rule are the caller's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Params = dict[str, Array]
Rule = Callable[[Array, Array, dict[str, Any]], tuple[Array, dict[str, Any]]]
LINES = 5  # of progress, a run


@dataclass
class History:
    """What happened on the way.

    Attributes:
        losses: the batch's loss at each step, before the step is taken.
        at: the steps after which was evaluated, counted from 1; 0 is before the first.
        metrics: by name, the values at these steps.
    """

    losses: list[float] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)

    def add(self, step: int, found: Mapping[str, float]) -> None:
        """Notes what an evaluation found."""
        self.at.append(step)
        for name, value in found.items():
            self.metrics.setdefault(name, []).append(float(value))


def fit(
    params: Mapping[str, Array],
    loss_and_grads: Callable[[Params, Array, Array], tuple[float, Mapping[str, Array]]],
    rule: Rule,
    config: Mapping[str, Any],
    x: Array,
    y: Array,
    *,
    steps: int,
    batch: int | None = None,
    rng: np.random.Generator | None = None,
    evaluate: Callable[[Params], Mapping[str, float]] | None = None,
    every: int = 50,
    say: str = "",
) -> tuple[Params, History]:
    """Train: `steps` times, draw a batch, take its loss and gradients, and let the rule move each parameter.

    Args:
        params: arrays by name; copied, so that the caller's stay as they are.
        loss_and_grads: loss_and_grads(params, x, y) -> loss, grads; grads has the parameters' names.
        rule: rule(w, dw, config) -> next_w, config.
        config: the rule's settings; every parameter gets a copy of its own.
        x, y: examples in rows, and their targets.
        batch: examples a step, drawn without repetition; None takes all of them.
        rng: draws the batches; needed if `batch` is given.
        evaluate: evaluate(params) -> numbers by name, before the first step and after every `every` of them.
        say: a label; where it is given, some lines tell how far it is.

    Raises:
        ValueError: a batch without rng, or larger than the data; a gradient is missing.
    """
    if batch is not None and (rng is None or not 1 <= batch <= len(x)):
        raise ValueError(
            f"batch is {batch} of {len(x)} examples and rng is {rng}: a batch has 1 to {len(x)} and needs an rng"
        )
    now = {name: np.array(value) for name, value in params.items()}
    configs = {name: dict(config) for name in now}
    history = History()
    if evaluate is not None:
        history.add(0, evaluate(now))
    for step in range(1, steps + 1):
        chosen = (
            slice(None)
            if batch is None or rng is None
            else rng.choice(len(x), size=batch, replace=False)
        )
        loss, grads = loss_and_grads(now, x[chosen], y[chosen])
        if missing := now.keys() - grads.keys():
            raise ValueError(
                f"the gradients lack {', '.join(sorted(missing))}; they have {', '.join(sorted(grads))}"
            )
        for name in now:
            now[name], configs[name] = rule(now[name], grads[name], configs[name])
        history.losses.append(float(loss))
        if evaluate is not None and (step % every == 0 or step == steps):
            history.add(step, evaluate(now))
        if say and (step % max(1, steps // LINES) == 0 or step == steps):
            print(_line(say, step, steps, history))
    return now, history


def _line(say: str, step: int, steps: int, history: History) -> str:
    recent = float(np.mean(history.losses[-max(1, steps // LINES) :]))
    found = "".join(f", {name} {values[-1]:.2g}" for name, values in history.metrics.items())
    return f"{say}: step {step:{len(str(steps))}} of {steps}, loss {recent:.2g}{found}"
