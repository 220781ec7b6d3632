"""Question `twin_history`: losses before their steps, memories that last, and where two histories part."""

import numpy as np

from autograder.checking import check, compare, rules


def draw(rng, sizes=(3, 4, 3), N=8):
    """Weights, data, and two epochs of batches of unequal sizes."""
    params = {}
    for k in range(1, len(sizes)):
        params[f"w{k}"] = rng.normal(size=sizes[k - 1 : k + 1])
        params[f"b{k}"] = rng.normal(size=sizes[k])
    epochs = []
    for _ in range(2):
        order = rng.permutation(N)
        epochs.append([order[:3], order[3:6], order[6:]])
    return params, rng.normal(size=(N, sizes[0])), rng.permutation(np.arange(N) % sizes[-1]), epochs


def loss_and_grads(params, x, y):
    """The network's mean loss and gradients, written out."""
    layers, inputs = len(params) // 2, [x]
    for k in range(1, layers + 1):
        z = inputs[-1] @ params[f"w{k}"] + params[f"b{k}"]
        inputs.append(z if k == layers else np.maximum(z, 0))
    shifted = inputs[-1] - inputs[-1].max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    rows = np.arange(len(y))
    loss = float(np.mean(np.log(exps.sum(axis=1)) - shifted[rows, y]))
    d = exps / exps.sum(axis=1, keepdims=True)
    d[rows, y] -= 1
    d, grads = d / len(y), {}
    for k in range(layers, 0, -1):
        grads[f"w{k}"], grads[f"b{k}"] = inputs[k - 1].T @ d, d.sum(axis=0)
        d = (d @ params[f"w{k}"].T) * (inputs[k - 1] > 0)
    return loss, grads


def history(params, x, y, epochs, rule, config):
    """What `twin_history` should give, with the parameters after each epoch."""
    now, memory, losses, after = dict(params), {name: dict(config) for name in params}, [], []
    for epoch in epochs:
        for batch in epoch:
            loss, grads = loss_and_grads(now, x[batch], y[batch])
            losses.append(loss)
            for name in now:
                now[name], memory[name] = rule(now[name], grads[name], memory[name])
        after.append(dict(now))
    return losses, after


def descend(w, dw, config):
    return w - config["learning_rate"] * dw, config


def momentum(w, dw, config):
    velocity = config.get("momentum", 0.9) * config.get("velocity", 0.0) + dw
    return w - config["learning_rate"] * velocity, {**config, "velocity": velocity}


def adam(w, dw, config):
    t = config.get("t", 0) + 1
    first = 0.9 * config.get("first", 0.0) + 0.1 * dw
    second = 0.999 * config.get("second", 0.0) + 0.001 * dw * dw
    step = first / (1 - 0.9**t) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)
    return w - config["learning_rate"] * step, {**config, "t": t, "first": first, "second": second}


def ask(student, *args):
    losses, found, params = compare.unpack(student.twin_history(*args), 3, "losses, found, params")
    return numbers(losses), found, params


def numbers(losses):
    compare.require(
        isinstance(losses, np.ndarray)
        or (
            isinstance(losses, list)
            and all(isinstance(v, (float, int, np.generic)) for v in losses)
        ),
        "A list of numbers was expected.",
    )
    return np.asarray(losses, dtype=np.float64)


@check("twin_history", points=4)
def test_losses(student, rng):
    """Each loss is the batch's mean before its step, with one, two and three layers."""
    for sizes in ((3, 4), (3, 5, 3), (4, 3, 5, 3)):
        params, x, y, epochs = draw(rng, sizes)
        config = {"learning_rate": 0.1}
        losses, _, _ = ask(student, params, x, y, epochs, "sgd", config)
        want, _ = history(params, x, y, epochs, descend, config)
        compare.shape(losses, (6,), "losses", hint="One a batch.")
        compare.close(
            losses[:1],
            want[:1],
            "the first loss",
            hint="The loss before the step, of this batch alone.",
        )
        compare.close(
            losses,
            want,
            "losses",
            rtol=1e-5,
            hint="The first is right, so look at the gradients and the step.",
        )


@check("twin_history", points=4, needs="test_losses")
def test_memory_lasts(student, rng):
    """Every parameter has a memory of its own, from the first batch of the first epoch to the last, under any rule."""
    for name, rule, config in (
        ("sgd_momentum", momentum, {"learning_rate": 0.1, "momentum": 0.7}),
        ("adam", adam, {"learning_rate": 0.05}),
    ):
        params, x, y, epochs = draw(rng)
        _, _, trained = ask(student, params, x, y, epochs, name, config)
        want = history(params, x, y, epochs, rule, config)[1][-1]
        compare.keys(trained, params, "params")
        for key in params:
            hint = "What the rule returns as config goes into its next call for this parameter, and for no other."
            compare.close(trained[key], want[key], f"{key} under {name}", rtol=1e-5, hint=hint)
    params, x, y, epochs = draw(rng)
    config = {"learning_rate": 0.2}
    _, _, trained = ask(student, params, x, y, epochs[:1], momentum, config)
    want = history(params, x, y, epochs[:1], momentum, config)[1][-1]
    compare.close(
        trained["w1"], want["w1"], "w1 under a rule that is handed over as a function", rtol=1e-5
    )


@check("twin_history", points=3, needs="test_losses")
def test_evaluate(student, rng):
    """`evaluate` gets the parameters once after each epoch; without it, `found` is empty."""
    params, x, y, epochs = draw(rng)
    config, seen = {"learning_rate": 0.2}, []
    want = history(params, x, y, epochs, descend, config)[1]

    def evaluate(now):
        seen.append(
            {name: np.array(value) for name, value in now.items()}
        )  # who keeps them has to copy them
        return float(np.sum(now["w1"]))

    _, found, _ = ask(student, params, x, y, epochs, "sgd", config, evaluate)
    compare.equal(
        len(seen), 2, "the number of times that evaluate was called", hint="Once an epoch."
    )
    for number, (got, right) in enumerate(zip(seen, want, strict=True), start=1):
        compare.keys(got, params, "what evaluate is called with")
        for name in params:
            compare.close(
                got[name],
                right[name],
                f"{name} as evaluate sees it after epoch {number}",
                rtol=1e-5,
                hint="After the epoch's last step.",
            )
    compare.close(
        numbers(found),
        [np.sum(right["w1"]) for right in want],
        "found",
        rtol=1e-5,
        hint="What evaluate returns, one an epoch.",
    )
    _, found, _ = ask(student, params, x, y, epochs[:1], "sgd", config)
    compare.equal(
        list(found) if isinstance(found, (list, tuple)) else found, [], "found without evaluate"
    )


@check("twin_history", points=2, needs="test_losses")
def test_what_is_left_alone(student, rng):
    """Parameters, data and config are unchanged, and any layout of the arrays will do."""
    params, x, y, epochs = draw(rng)
    rules.pure(student, "twin_history", params, x, y, epochs[:1], "adam", {"learning_rate": 0.2})
    rules.layouts(
        student, "twin_history", params, x, y, [epochs[0][:1]], "sgd", {"learning_rate": 0.2}
    )


@check("twin_history", points=2, needs="test_losses")
def test_precision(student, rng):
    """float32 weights stay float32."""
    params, x, y, epochs = draw(rng)
    single = {name: np.float32(value) for name, value in params.items()}
    _, _, trained = ask(
        student, single, np.float32(x), y, epochs[:1], "sgd", {"learning_rate": 0.2}
    )
    for name, value in trained.items():
        compare.equal(str(value.dtype), "float32", f"the dtype of {name}")


@check("twin_history", points=3)
def test_matched_finds_the_step(student, rng):
    """`matched` gives the first step with an error above `tol`, counted from 0, or None, and the largest error of all."""
    ours = rng.uniform(2, 5, 9)
    at, later = int(rng.integers(1, 5)), int(rng.integers(5, 9))
    theirs = ours.copy()
    theirs[at] *= 1 + 1e-3
    theirs[later] *= 1 - 1e-2
    (near, near_worst), (step, worst), (none, zero), (wide, _) = (
        compare.unpack(value, 2, "step, worst")
        for value in student.batch(
            "matched",
            [(ours, ours + 1e-9), (ours.tolist(), theirs.tolist()), ([], []), (ours, theirs, 5e-3)],
        )
    )
    compare.equal(near, None, "step of two histories that agree")
    compare.close(
        near_worst,
        float(np.max(1e-9 / ours)),
        "worst of two histories that agree",
        rtol=1e-4,
        atol=1e-15,
    )
    compare.equal(step, at, "step")
    compare.close(
        worst,
        1e-2,
        "worst",
        rtol=1e-6,
        hint="Of all steps, relative to the larger of the two losses.",
    )
    compare.equal(none, None, "step of empty histories")
    compare.equal(float(zero), 0.0, "worst of empty histories")
    compare.equal(wide, later, "step with a larger tol", hint="Beyond the tol that is given.")


@check("twin_history", points=2, needs="test_matched_finds_the_step")
def test_matched_small_and_large(student, rng):
    """Losses below 1 are compared absolutely, larger ones relatively; float32 histories in float64."""
    small, large = rng.uniform(1e-9, 5e-9, 5), rng.uniform(1e8, 1e9, 5)
    cases = [
        (small, 2 * small),
        (large, large + 1.0),
        (large, large * (1 + 1e-5)),
        (np.float32(large), np.float32(large)),
        (-large, large),
    ]
    values = [compare.unpack(value, 2, "step, worst") for value in student.batch("matched", cases)]
    compare.equal(
        values[0][0], None, "step for losses near zero", hint="What is divided by, is at least 1."
    )
    compare.equal(
        values[1][0], None, "step for huge losses", hint="Divide by the larger of the two."
    )
    compare.equal(values[2][0], 0, "step for huge losses that differ")
    compare.close(values[2][1], 1 - 1 / (1 + 1e-5), "worst for huge losses that differ", rtol=1e-4)
    compare.equal(float(values[3][1]), 0.0, "worst of a float32 history and itself")
    compare.equal(
        values[4][0],
        0,
        "step for losses of opposite signs",
        hint="Absolute values, above and below.",
    )
    quarter = np.array([0.25]), np.array([0.5])
    compare.equal(
        compare.unpack(student.matched(*quarter, 0.25), 2, "step, worst")[0],
        None,
        "step for an error of just tol",
        hint="Above tol.",
    )
    for a, b in ((0.25, 0.5), (1.5, 1.25), (4.0, 1.0), (-4.0, -1.0), (-0.5, -3.0)):
        e = abs(a - b) / max(1.0, abs(a), abs(b))
        for pair in (([a], [b]), ([b], [a])):
            worst = compare.unpack(student.matched(*pair), 2, "step, worst")[1]
            compare.close(
                worst,
                e,
                "worst of a single step",
                hint="Divide by the largest of 1 and the two sizes, whichever that is.",
            )


@check("twin_history", points=4, needs="test_matched_finds_the_step")
def test_matched_dead_runs(student, rng):
    """`nan` agrees with `nan` and an infinity with itself; with anything else they part, by an infinite error and without a warning."""
    ours = rng.uniform(0.5, 2, 6)
    inf, nan = np.inf, np.nan

    def at(place, value, base=ours):
        changed = base.copy()
        changed[place] = value
        return changed

    agreeing = [(at(3, nan), at(3, nan)), (at(2, inf), at(2, inf)), (at(2, -inf), at(2, -inf))]
    for value in student.batch("matched", agreeing):
        step, worst = compare.unpack(value, 2, "step, worst")
        compare.equal(step, None, "step where both runs died alike")
        compare.equal(float(worst), 0.0, "worst where both runs died alike")
    for a, b in (
        (at(3, nan), ours),
        (ours, at(3, nan)),
        (at(3, inf), ours),
        (at(3, inf), at(3, -inf)),
        (at(3, nan), at(3, inf)),
    ):
        step, worst = compare.unpack(rules.pure(student, "matched", a, b), 2, "step, worst")
        compare.equal(
            step, 3, "step where one run died", hint="No comparison with nan is ever true."
        )
        compare.equal(float(worst), inf, "worst where one run died")


@check("twin_history", points=1, needs="test_matched_finds_the_step")
def test_matched_lengths(student):
    """Histories of different lengths raise a ValueError that names both."""
    rules.rejects(student, "matched", [1.0] * 7, [1.0] * 5, mentions=("7", "5"))
    rules.rejects(student, "matched", [1.0], [1.0] * 6, mentions=("1", "6"))
