"""Question `solver`: what the solver asks for, step by step, and what it makes of the answers."""

import numpy as np

from autograder.checking import check, compare, rules


class Task:
    """A loss on the grader's side, which notes what it is asked; what it answers follows from its arguments alone, so that it can be asked again."""

    def __init__(self, rng, N=11, losses=None):
        self.x = np.column_stack([np.arange(N) + 0.5, rng.normal(size=N)])
        self.y = rng.permutation(N)
        self.slopes = {
            "w1": rng.normal(size=(2, 3)),
            "b1": rng.choice([-1, 1], 3) * rng.uniform(0.5, 2, 3),
        }
        self.start = {
            "w1": rng.normal(size=(2, 3)),
            "b1": rng.normal(size=3),
            "running_mean1": np.zeros(3),
        }
        self.losses, self.seed = losses, int(rng.integers(2**32))
        self.seen, self.rates, self.counts, self.moved = [], [], [], set()

    def steps(self, params):
        """How many steps of 0.25 were taken."""
        return round(float((self.start["b1"][0] - params["b1"][0]) / (0.25 * self.slopes["b1"][0])))

    def loss(self, params, x, y, rng):
        self.seen.append((np.array(x), np.array(y)))
        loss = (
            2.0 + x[0, 1]
            if self.losses is None
            else self.losses[min(self.steps(params), len(self.losses) - 1)]
        )
        return loss, self.slopes, {"running_mean1": params["running_mean1"] + 1.0}

    def rule(self, w, dw, config):
        count = config.get("count", 0) + 1
        self.counts.append(count)
        self.rates.append(config["learning_rate"])
        self.moved.add(np.shape(w))
        return w - config["learning_rate"] * dw, {**config, "count": count}

    def scores(self, *scores, every):
        """An evaluation that gives these one after the other."""
        return lambda params: scores[min(-(-self.steps(params) // every), len(scores)) - 1]

    def taken(self, budget):
        """How many steps were taken; one too few or too many is paid for in a check of its own."""
        return len(self.seen) if abs(len(self.seen) - budget) == 1 else budget

    def run(self, student, batch=4, budget=7, seed=None, **settings):
        rng = np.random.default_rng(self.seed if seed is None else seed)
        config = {"learning_rate": 0.25}
        value = student.train(
            self.start,
            self.loss,
            self.rule,
            config,
            self.x,
            self.y,
            batch=batch,
            budget=budget,
            rng=rng,
            **settings,
        )
        params, history = compare.unpack(value, 2, "params, history")
        compare.keys(params, self.start, "params")
        compare.keys(history, ("loss", "at", "dev", "best", "stopped"), "history")
        return params, history


@check("solver", points=4)
def test_budget_and_batches(student, rng):
    """A budget of $n$ steps is $n$ calls of the loss, on batches that cut each epoch without gap or repetition, with their own labels."""
    for N, batch, budget in ((11, 4, 8), (12, 4, 3), (5, 9, 3), (6, 1, 4)):
        task = Task(rng, N)
        history = task.run(student, batch, budget)[1]
        compare.require(
            len(task.seen) == budget,
            f"takes {len(task.seen)} steps on a budget of {budget}.",
            "The budget counts batches, not epochs.",
        )
        epoch = -(-N // batch)
        sizes = [min(batch, N - batch * (t % epoch)) for t in range(budget)]
        compare.equal(
            [len(x) for x, _ in task.seen],
            sizes,
            "the batches' sizes",
            hint="Where an epoch ends, the next begins.",
        )
        rows = [x[:, 0].astype(int) for x, _ in task.seen]
        compare.require(
            all(
                np.array_equal(task.y[row], y) for row, (_, y) in zip(rows, task.seen, strict=True)
            ),
            "labels and examples part.",
        )
        for begin in range(0, budget, epoch):
            part = np.concatenate(rows[begin : begin + epoch])
            compare.require(
                len(set(part.tolist())) == len(part), "an example comes twice in one epoch."
            )
        compare.close(
            np.array(history["loss"]),
            np.array([2.0 + x[0, 1] for x, _ in task.seen]),
            "the history's losses",
        )
    task = Task(rng, 40)
    task.run(student, 20, 4)
    first, second = (np.concatenate([x[:, 0] for x, _ in task.seen[k : k + 2]]) for k in (0, 2))
    compare.require(
        not np.array_equal(first, second),
        "the second epoch comes in the order of the first.",
        "Shuffle anew.",
    )


@check("solver", points=3)
def test_rule(student, rng):
    """Every parameter with a gradient is moved by the rule at each step, with a copy of `config` that is its own and that lasts."""
    task = Task(rng)
    params, history = task.run(student, budget=6)
    steps = task.taken(6)
    for name, slope in task.slopes.items():
        compare.close(
            params[name], task.start[name] - steps * 0.25 * slope, name, hint="One move a step."
        )
    compare.require(
        max(task.counts, default=0) == steps and len(task.counts) == 2 * steps,
        "what a rule keeps in its config does not come back to it, or to another parameter.",
    )
    compare.equal((history["best"], history["stopped"]), (steps, "budget"), "best and stopped")


@check("solver", points=2)
def test_schedule_and_augment(student, rng):
    """The schedule sets the rate of step $t$, counted from 0; `augment` changes the examples of each batch."""
    task, asked = Task(rng), []

    def augment(x, rng):
        asked.append(len(x))
        return x + 100.0

    task.run(student, budget=5, schedule=lambda t: 1.0 / (2 + t), augment=augment)
    compare.close(
        np.array(task.rates),
        np.repeat(1.0 / (2 + np.arange(task.taken(5))), 2),
        "the rates",
        hint="The first step is t = 0.",
    )
    hint = "Each batch is changed anew when its turn comes."
    compare.equal(
        asked,
        [4, 4, 3, 4, 4][: task.taken(5)],
        "the numbers of examples that augment gets",
        hint=hint,
    )
    compare.require(
        all(x[:, 0].min() > 100 and x[:, 0].max() < 112 for x, _ in task.seen),
        "the loss does not get what `augment` made of its batch.",
    )
    runs = [
        student.numbers_drawn(task.x, task.y, np.random.default_rng(seed)) for seed in (3, 3, 4)
    ]
    for name in ("augment", "loss_and_grads"):
        one, again, other = (run[name] for run in runs)
        if not (one == again and len(set(one)) == len(one) > 1 and set(one).isdisjoint(other)):
            compare.cause(
                f"the generator that `{name}` is given is not `rng`, or a copy of it.",
                "Hand on `rng` itself.",
            )


@check("solver", points=2)
def test_statistics(student, rng):
    """Statistics replace the old ones; the rule never touches them."""
    task = Task(rng)
    params, _ = task.run(student, budget=5)
    compare.close(
        params["running_mean1"],
        np.full(3, float(task.taken(5))),
        "running_mean1",
        hint="Each step sees the statistics of the step before.",
    )
    compare.require(
        task.moved == {(2, 3), (3,)} and len(task.counts) == 2 * task.taken(5),
        "the rule is asked for something that has no gradient.",
    )


@check("solver", points=4)
def test_best_parameters(student, rng):
    """Evaluated after every `every` steps and after the last; the parameters returned are those of the lowest score, the earliest of equals."""
    scores, task = tuple(np.array((0.9, 0.4, 0.4, 0.7)) + rng.choice([-3, 3])), Task(rng)
    params, history = task.run(student, budget=11, every=3, evaluate=task.scores(*scores, every=3))
    compare.equal(
        history["at"], [3, 6, 9, 11], "at", hint="After every third step, and after the last."
    )
    compare.close(np.array(history["dev"]), np.array(scores), "dev")
    compare.equal(history["best"], 6, "best", hint="The lowest, and the earliest of equals.")
    for name in ("w1", "b1"):
        compare.close(
            params[name],
            task.start[name] - 6 * 0.25 * task.slopes[name],
            name,
            hint="The parameters of the best evaluation.",
        )
    compare.close(
        params["running_mean1"],
        np.full(3, 6.0),
        "running_mean1",
        hint="The best net has the statistics of its own time.",
    )
    for budget, settings, at in (
        (6, {"every": 3}, [3, 6]),
        (4, {"every": 9}, [4]),
        (9, {"every": 1}, list(range(1, 10))),
        (51, {}, [50, 51]),
    ):
        calls = []
        history = Task(rng).run(
            student,
            budget=budget,
            evaluate=lambda params, calls=calls: calls.append(1) or 1.0,
            **settings,
        )[1]
        words = f"with every = {settings['every']}" if settings else "where `every` is not given"
        compare.equal(
            history["at"],
            at,
            f"at, for a budget of {budget} {words},",
            hint="Once at each of them, the last step included.",
        )
        compare.require(
            len(calls) == len(at),
            f"evaluates {len(calls)} times on a budget of {budget} {words}, where {len(at)} was expected.",
        )
        compare.equal(history["stopped"], "budget", "stopped, where no patience is given")


@check("solver", points=2)
def test_patience(student, rng):
    """`patience` evaluations in a row without a new best end the run, and a new best starts the count again."""
    task = Task(rng)
    evaluate = task.scores(0.9, 0.95, 0.8, 0.8, 0.85, 0.1, 0.2, 0.0, every=2)
    _, history = task.run(student, budget=30, every=2, patience=2, evaluate=evaluate)
    compare.equal(
        history["at"],
        [2, 4, 6, 8, 10],
        "at",
        hint="A score that only equals the best is no new best.",
    )
    compare.equal(
        (history["best"], history["stopped"], len(task.seen)),
        (6, "patience", 10),
        "`best`, `stopped` and the number of steps",
    )


@check("solver", points=1)
def test_divergence(student, rng):
    """A loss that is not finite ends the run, and its step is left out; what was evaluated before still counts, and else the last parameters are the result."""
    for bad in (np.nan, np.inf):
        for losses, best, settings in (
            ([2.0, 3.0, bad, 1.0], 2, {}),
            ([bad, 1.0], 0, {}),
            ([2.0, 3.0, bad, 1.0], 2, {"evaluate": lambda params: 1.0, "every": 5}),
            ([2.0, 3.0, 4.0, bad], 2, {"evaluate": lambda params: 1.0, "every": 2}),
        ):
            task = Task(rng, losses=losses)
            params, history = task.run(student, **settings)
            done = losses.index(bad)
            got = history["stopped"], len(history["loss"]), len(task.seen)
            compare.equal(
                got, ("diverged", done, done + 1), "stopped, the losses and the number of steps"
            )
            hint = "A first score is the best so far, whatever it is."
            compare.equal(history["best"], best, "best, where every score is 1,", hint=hint)
            compare.close(
                params["b1"],
                task.start["b1"] - best * 0.25 * task.slopes["b1"],
                "b1",
                hint="The parameters of which step?",
            )
            compare.close(
                params["running_mean1"],
                np.full(3, float(best)),
                "running_mean1",
                hint="The statistics of which step?",
            )


@check("solver", points=2)
def test_rules(student, rng):
    """`train` does not change parameters, config and data, draws from `rng` alone, and refuses a `budget` or `every` that is no whole number from 1 on."""
    task = Task(rng)
    call = (
        student,
        "train",
        task.start,
        task.loss,
        task.rule,
        {"learning_rate": 0.5},
        task.x,
        task.y,
    )
    settings = {
        "batch": 4,
        "budget": 4,
        "every": 2,
        "schedule": lambda t: 0.1,
        "evaluate": lambda params: 1.0,
    }
    rules.pure(*call, **settings, rng=np.random.default_rng(1))
    for name in ("budget", "every"):
        for wrong in (0, 2.5):
            rules.rejects(*call, **{**settings, name: wrong}, rng=np.random.default_rng(1))
    orders = []
    for seed in (3, 3, 4):
        task.seen.clear()
        task.run(student, batch=11, budget=2, seed=seed)
        orders.append(task.seen[0][1].tolist())
    compare.require(
        orders[0] == orders[1] and orders[0] != orders[2],
        "the order of the examples does not follow from `rng`.",
    )
