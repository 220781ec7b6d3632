"""Known mistakes and right variants of `solver`; the mistakes are such that a net for `result` still learns by them."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("solver", replaces="train")
def one_step_short(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """You take one step fewer than the budget allows. `range(1, n)` holds n - 1 numbers, as in the loop that D0 and D4 print."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(1, budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t - 1)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            best, history["best"] = now, t
        if evaluate is not None and (t % every == 0 or t == budget - 1):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t, 0
            else:
                waited += 1
            history["at"].append(t)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@mistake("solver", replaces="train")
def budget_rounded_up_to_epochs(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """You finish the epoch in which the budget ends. The budget counts steps: stop in the middle, if that is where it ends."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(-(-budget // -(-len(x) // batch)) * -(-len(x) // batch)), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            best, history["best"] = now, t + 1
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@mistake("solver", replaces="train")
def one_batch_order_for_all_epochs(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """Every epoch of yours comes in the order of the first. Cut the batches anew each time."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        cut = list(minibatches(len(x), batch, rng))
        while True:
            yield from cut

    for t, chosen in zip(range(budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            best, history["best"] = now, t + 1
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@mistake("solver", replaces="train")
def schedule_counts_from_one(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """Your first step is already at the rate of t = 1. How many steps are done before the first?"""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t + 1)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            best, history["best"] = now, t + 1
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@mistake("solver", replaces="train")
def returns_the_last_parameters(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """You look for the best step, and then hand out the last parameters. What is remembered when a new best is found?"""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    waited = 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            history["best"] = t + 1
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                history["best"], waited = t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return now, history


@mistake("solver", replaces="train")
def equal_scores_count_as_better(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """A score that only equals the best so far counts as a new best in your solver. The earliest of equals is asked for, and patience waits for something better."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            best, history["best"] = now, t + 1
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score <= min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@mistake("solver", replaces="train")
def patience_never_renewed(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """You count all evaluations that brought nothing, in a row or not. A new best starts the count again."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            best, history["best"] = now, t + 1
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, waited
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@mistake("solver", replaces="train")
def a_step_is_taken_at_a_bad_loss(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """Your solver notices that the loss is not finite after it has taken the step. Look at the loss before you move anything."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            best = now
            break
        if not history["dev"]:
            best, history["best"] = now, t + 1
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@mistake("solver", replaces="train")
def no_evaluation_after_the_last_step(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """The last step is only evaluated if the count happens to fit. It may be the best of all."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = now, 0

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches()):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if not history["dev"]:
            best, history["best"] = now, t + 1
        if evaluate is not None and (t + 1) % every == 0:
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = dict(now), t + 1, 0
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    return best, history


@variant("solver", replaces="train")
def epochs_outside_batches_inside(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """Two loops, and a flag that ends both."""
    if int(budget) != budget or budget <= 0 or int(every) != every or every <= 0:
        raise ValueError(
            f"budget is {budget} and every is {every}, expected whole numbers from 1 on"
        )
    params = {name: value.copy() for name, value in params.items()}
    configs = {}
    losses, at, dev = [], [], []
    found, best_step, lowest, since, why = None, 0, np.inf, 0, None
    while why is None:
        for rows in minibatches(x.shape[0], batch, rng):
            t = len(losses)
            part = x[rows]
            if augment:
                part = augment(part, rng)
            loss, grads, statistics = loss_and_grads(params, part, y[rows], rng)
            if not -np.inf < loss < np.inf:
                why = "diverged"
                break
            losses.append(loss)
            for name in grads:
                if name not in configs:
                    configs[name] = config.copy()
                if schedule:
                    configs[name]["learning_rate"] = schedule(t)
                params[name], configs[name] = rule(params[name], grads[name], configs[name])
            params.update(statistics)
            if evaluate and ((t + 1) % every == 0 or t + 1 == budget):
                at.append(t + 1)
                dev.append(float(evaluate(params)))
                if dev[-1] < lowest:
                    lowest, since, best_step = dev[-1], 0, t + 1
                    found = {name: value.copy() for name, value in params.items()}
                else:
                    since += 1
                    if patience is not None and since >= patience:
                        why = "patience"
                        break
            if t + 1 == budget:
                why = "budget"
                break
    if found is None:
        found, best_step = params, len(losses)
    return found, {"loss": losses, "at": at, "dev": dev, "best": best_step, "stopped": why}


@variant("solver", replaces="train")
def a_queue_of_batches(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """Takes batches from a list that is filled again when it is empty; keeps all evaluated nets and picks one at the end."""
    for value in (budget, every):
        if not value >= 1 or value != int(value):
            raise ValueError(f"got {value}, expected a whole number, at least 1")
    now, own, queue, kept = dict(params), {}, [], []
    history = dict(loss=[], at=[], dev=[], best=0, stopped="budget")
    t = 0
    while t < budget:
        queue = queue or list(minibatches(len(x), batch, rng))
        rows = queue.pop(0)
        loss, grads, statistics = loss_and_grads(
            now, augment(x[rows], rng) if augment else x[rows], y[rows], rng
        )
        if np.isnan(loss) or np.isinf(loss):
            history["stopped"] = "diverged"
            break
        moved = {}
        for name, grad in grads.items():
            settings = {**config, **own.get(name, {})}
            if schedule is not None:
                settings["learning_rate"] = schedule(t)
            moved[name], own[name] = rule(now[name], grad, settings)
        now, t = {**now, **statistics, **moved}, t + 1
        history["loss"].append(float(loss))
        if evaluate is not None and (t % every == 0 or t == budget):
            kept.append(now)
            history["at"].append(t)
            history["dev"].append(float(evaluate(now)))
            if patience is not None and len(kept) - 1 - int(np.argmin(history["dev"])) == patience:
                history["stopped"] = "patience"
                break
    if kept:
        first = int(np.argmin(history["dev"]))
        history["best"] = history["at"][first]
        return kept[first], history
    history["best"] = t
    return now, history


@variant("solver", replaces="train")
def a_class_behind_the_function(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """A trainer whose methods are the numbered sentences of the task, and whose state is its attributes."""

    class Trainer:
        def __init__(self):
            self.params = {name: value.copy() for name, value in params.items()}
            self.configs = {}
            self.losses, self.at, self.dev = [], [], []
            self.best, self.best_at, self.stopped = None, 0, ""

        def batches(self):
            while not self.stopped:
                yield from minibatches(len(y), batch, rng)

        def step(self, rows):
            examples = x[rows]
            if augment is not None:
                examples = augment(examples, rng)
            loss, grads, statistics = loss_and_grads(self.params, examples, y[rows], rng)
            if np.isfinite(loss):
                self.move(grads)
                self.params |= statistics
                self.losses.append(loss)
            else:
                self.stopped = "diverged"

        def move(self, grads):
            for name, grad in grads.items():
                own = self.configs.get(name, config)
                rate = {} if schedule is None else {"learning_rate": schedule(len(self.losses))}
                self.params[name], self.configs[name] = rule(
                    self.params[name], grad, {**own, **rate}
                )

        def look(self):
            score = float(evaluate(self.params))
            if all(score < other for other in self.dev):
                self.best, self.best_at = dict(self.params), len(self.losses)
            self.dev.append(score)
            self.at.append(len(self.losses))
            if patience is not None and len(self.at) - 1 - self.at.index(self.best_at) >= patience:
                self.stopped = "patience"

        def run(self):
            for rows in self.batches():
                self.step(rows)
                done = len(self.losses)
                if (
                    not self.stopped
                    and evaluate is not None
                    and (done % every == 0 or done == budget)
                ):
                    self.look()
                if not self.stopped and done == budget:
                    self.stopped = "budget"
                if self.stopped:
                    break
            if self.best is None:
                self.best, self.best_at = self.params, len(self.losses)
            return self.best, {
                "loss": self.losses,
                "at": self.at,
                "dev": self.dev,
                "best": self.best_at,
                "stopped": self.stopped,
            }

    for name, value in {"budget": budget, "every": every}.items():
        if value != int(value) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number from 1 on")
    return Trainer().run()


@variant("solver", replaces="train")
def a_generator_of_steps(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """One generator cuts the batches and another takes the steps; what is left looks at each net and decides when to stop."""
    from itertools import chain, count, islice

    for value in (budget, every):
        if value % 1 or value < 1:
            raise ValueError(
                f"budget is {budget} and every {every}, expected whole numbers of at least 1"
            )

    def nets():
        now, own = {**params}, {}
        epochs = chain.from_iterable(minibatches(x.shape[0], batch, rng) for _ in count())
        for t, rows in enumerate(islice(epochs, int(budget))):
            loss, grads, statistics = loss_and_grads(
                now, x[rows] if augment is None else augment(x[rows], rng), y[rows], rng
            )
            if not abs(loss) < float("inf"):
                return
            moved = {}
            for name in grads:
                settings = own.setdefault(name, config.copy())
                settings |= {"learning_rate": schedule(t)} if schedule else {}
                moved[name], own[name] = rule(now[name], grads[name], settings)
            now = now | statistics | moved
            yield loss, now

    losses, looks, stopped, last = [], [], None, params
    for loss, last in nets():
        losses.append(loss)
        if evaluate is not None and len(losses) in (budget, len(losses) // every * every):
            looks.append((len(losses), float(evaluate(last)), last))
            best = min(looks, key=lambda look: look[1])  # the first of equals
            if patience and len(looks) - looks.index(best) > patience:
                stopped = "patience"
                break
    if stopped is None:
        stopped = "budget" if len(losses) == budget else "diverged"
    best_at, _, found = min(looks, key=lambda look: look[1]) if looks else (len(losses), None, last)
    return found, dict(
        loss=losses,
        at=[at for at, _, _ in looks],
        dev=[dev for _, dev, _ in looks],
        best=best_at,
        stopped=stopped,
    )


@variant("solver", replaces="train")
def in_place_on_own_copies(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """Cuts a shuffled order by itself, writes into arrays of its own, and takes a deep copy of each new best."""
    from copy import deepcopy

    whole = (int, np.integer)
    if not (isinstance(budget, whole) and isinstance(every, whole) and min(budget, every) > 0):
        raise ValueError(f"got budget {budget} and every {every}, expected whole numbers above 0")
    own, configs, best = deepcopy(params), {}, None
    order, place = rng.permutation(len(x)), 0
    history = {"loss": [], "at": [], "dev": [], "best": None, "stopped": None}
    lowest, left = float("inf"), patience
    for t in range(budget):
        if place >= len(x):
            order, place = rng.permutation(len(x)), 0
        rows = order[place : place + batch]
        place += batch
        taken, labels = x[rows], y[rows]
        if augment:
            taken = augment(taken, rng)
        loss, grads, statistics = loss_and_grads(own, taken, labels, rng)
        if np.isnan(loss) or np.isinf(loss):
            history["stopped"] = "diverged"
            break
        history["loss"] += [float(loss)]
        for name, value in grads.items():
            if name not in configs:
                configs[name] = deepcopy(config)
            if schedule:
                configs[name].update(learning_rate=schedule(t))
            next_w, configs[name] = rule(own[name], value, configs[name])
            own[name][...] = next_w
        for name, value in statistics.items():
            own[name][...] = value
        if evaluate and ((t + 1) % every == 0 or t == budget - 1):
            score = evaluate(own)
            history["at"] += [t + 1]
            history["dev"] += [score]
            if score < lowest:
                lowest, left, best, history["best"] = score, patience, deepcopy(own), t + 1
            elif left is not None:
                left -= 1
                if left == 0:
                    history["stopped"] = "patience"
                    break
    history["stopped"] = history["stopped"] or "budget"
    if best is None:
        best, history["best"] = own, len(history["loss"])
    return best, history
