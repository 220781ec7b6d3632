"""Question `twin_history`: losses before their steps, gradients of a mean, and memories that last."""

import numpy as np

from autograder.checking import check, compare, rules

RATE = 0.1


def draw(rng, sizes=(3, 4, 2), N=8, batches=(4, 4)):
    """Weights, data, and two epochs of batches of these sizes."""
    params = {}
    for k in range(1, len(sizes)):
        params[f"w{k}"] = rng.normal(size=sizes[k - 1 : k + 1])
        params[f"b{k}"] = rng.normal(size=sizes[k])
    epochs = [np.split(rng.permutation(N), np.cumsum(batches)[:-1]) for _ in range(2)]
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


def observed(student, params, x, y, epochs):
    """The losses, and for each step the weights and gradients that the rule was called with; no two arrays of params are alike in shape."""
    names, steps, calls = {value.shape: name for name, value in params.items()}, [], []

    def descend(w, dw, config):
        calls.append((np.array(w), np.array(dw)))
        return w - RATE * dw, config

    losses, _, _ = ask(student, params, x, y, epochs, descend, {"learning_rate": RATE})
    each = len(params)
    compare.require(
        calls and len(calls) % each == 0,
        "The rule, given as a function, was not called once per parameter and step.",
    )
    for start in range(0, len(calls), each):
        step = {names.get(w.shape): (w, dw) for w, dw in calls[start : start + each]}
        compare.require(
            step.keys() == params.keys() and all(w.shape == dw.shape for w, dw in step.values()),
            "The rule, given as a function, was not called with each parameter and a gradient of its shape.",
        )
        steps.append(step)
    return losses, steps


@check("twin_history", points=6)
def test_losses(student, rng):
    """Each loss is the batch's mean before its step, with one, two and three layers."""
    for sizes in ((3, 4), (3, 5, 2), (4, 3, 5, 2)):
        params, x, y, epochs = draw(rng, sizes, batches=(3, 3, 2))
        losses, steps = observed(student, params, x, y, epochs)
        compare.shape(losses, (6,), "losses", hint="One a batch.")
        compare.equal(len(steps), 6, "the number of steps", hint="One a batch.")
        want = [
            loss_and_grads({name: w for name, (w, _) in step.items()}, x[batch], y[batch])[0]
            for step, batch in zip(steps, (b for epoch in epochs for b in epoch), strict=True)
        ]  # of the weights that the student's own steps have reached
        compare.close(
            losses,
            want,
            "losses",
            rtol=1e-5,
            hint="The loss before the step, of this batch alone, without a ReLU after the last layer.",
        )


@check("twin_history", points=6)
def test_gradients(student, rng):
    """The rule gets the gradient of the batch's mean loss, for each parameter of one, two and three layers."""
    for sizes in ((3, 4), (3, 5, 2), (4, 3, 5, 2)):
        params, x, y, epochs = draw(rng, sizes)
        _, steps = observed(student, params, x, y, epochs)
        batches = [batch for epoch in epochs for batch in epoch]
        compare.equal(len(steps), len(batches), "the number of steps", hint="One a batch.")
        for step, batch in zip(steps, batches, strict=True):
            now = {name: w for name, (w, _) in step.items()}
            _, want = loss_and_grads(now, x[batch], y[batch])
            for name in params:
                compare.close(
                    step[name][1],
                    want[name],
                    f"the gradient for {name}",
                    rtol=1e-5,
                    hint="Of the mean over this batch, at the weights before its step.",
                )


@check("twin_history", points=5)
def test_memory_lasts(student, rng):
    """Every parameter has a memory of its own, from the first batch of the first epoch to the last, under any rule."""
    for name, rule, config in (
        ("sgd_momentum", momentum, {"learning_rate": 0.1, "momentum": 0.7}),
        ("adam", adam, {"learning_rate": 0.05}),
    ):
        params, x, y, epochs = draw(rng)
        _, _, trained = ask(student, params, x, y, epochs, name, config)
        compare.keys(trained, params, "params")
        now, memory = dict(params), {key: dict(config) for key in params}
        for batch in (batch for epoch in epochs for batch in epoch):
            _, _, stepped = ask(student, now, x, y, [[batch]], "sgd", {"learning_rate": 1.0})
            compare.keys(stepped, params, "params")
            for key in params:  # by the student's own gradient, whatever it is
                compare.shape(stepped[key], params[key].shape, key)
                now[key], memory[key] = rule(now[key], now[key] - stepped[key], memory[key])
        for key in params:
            hint = "What the rule returns as config goes into its next call for this parameter, and for no other."
            compare.close(trained[key], now[key], f"{key} under {name}", rtol=1e-5, hint=hint)


@check("twin_history", points=4)
def test_evaluate(student, rng):
    """`evaluate` gets the parameters once after each epoch; without it, `found` is empty."""
    params, x, y, epochs = draw(rng)
    config, seen = {"learning_rate": 0.2}, []

    def evaluate(now):
        seen.append(
            {name: np.array(value) for name, value in now.items()}
        )  # who keeps them has to copy them
        return float(np.sum(now["w1"]))

    _, found, last = ask(student, params, x, y, epochs, "sgd", config, evaluate)
    _, none, first = ask(student, params, x, y, epochs[:1], "sgd", config)
    compare.equal(
        len(seen), 2, "the number of times that evaluate was called", hint="Once an epoch."
    )
    for number, (got, right) in enumerate(zip(seen, (first, last), strict=True), start=1):
        compare.keys(got, params, "what evaluate is called with")
        compare.keys(right, params, "params")
        for name in params:
            compare.close(
                got[name],
                right[name],
                f"{name} as evaluate sees it after epoch {number}",
                hint="After the epoch's last step.",
            )
    compare.close(
        numbers(found),
        [np.sum(now["w1"]) for now in seen],
        "found",
        hint="What evaluate returns, one an epoch.",
    )
    compare.equal(
        list(none) if isinstance(none, (list, tuple)) else none, [], "found without evaluate"
    )


@check("twin_history", points=4)
def test_what_holds_everywhere(student, rng):
    """Parameters, data and config are unchanged, float32 weights stay float32, and any layout of the arrays will do."""
    params, x, y, epochs = draw(rng)
    rules.pure(student, "twin_history", params, x, y, epochs[:1], "adam", {"learning_rate": 0.2})
    rules.layouts(
        student, "twin_history", params, x, y, [epochs[0][:1]], "sgd", {"learning_rate": 0.2}
    )
    single = {name: np.float32(value) for name, value in params.items()}
    _, _, trained = ask(
        student, single, np.float32(x), y, epochs[:1], "sgd", {"learning_rate": 0.2}
    )
    compare.keys(trained, params, "params")
    for name, value in trained.items():
        compare.equal(str(value.dtype), "float32", f"the dtype of {name}")
