"""Known mistakes and right variants of `twin_history`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("twin_history", replaces="twin_history")
def loss_after_the_step(params, x, y, epochs, rule, config, evaluate=None):
    """You write down the loss after the step. The history should say what the weights were like on which the step was taken; the first number is that of the untrained net."""
    update = RULES[rule] if isinstance(rule, str) else rule
    now, memory = dict(params), {name: dict(config) for name in params}
    layers, losses, found = len(params) // 2, [], []
    for epoch in epochs:
        for batch in epoch:
            h, caches, grads = x[batch], [], {}
            for k in range(1, layers + 1):
                h, affine_cache = affine_forward(h, now[f"w{k}"], now[f"b{k}"])
                relu_cache = None
                if k < layers:
                    h, relu_cache = relu_forward(h)
                caches.append((affine_cache, relu_cache))
            loss, dh = softmax_loss(h, y[batch])
            for k in range(layers, 0, -1):
                affine_cache, relu_cache = caches[k - 1]
                if k < layers:
                    dh = relu_backward(dh, relu_cache)
                dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            for name in now:
                now[name], memory[name] = update(now[name], grads[name], memory[name])
            for k in range(1, layers + 1):
                z = (h if k > 1 else x[batch]) @ now[f"w{k}"] + now[f"b{k}"]
                h = z if k == layers else np.maximum(z, 0)
            losses.append(float(softmax_loss(h, y[batch])[0]))
        if evaluate is not None:
            found.append(evaluate(dict(now)))
    return losses, found, now


@mistake(
    "twin_history",
    replaces="twin_history",
    change={"{name: dict(config) for name in params}": "dict.fromkeys(params, dict(config))"},
)
def one_memory_for_all():
    """All your parameters share one config, perhaps even the caller's own: the velocity of w1 is added to b1, and a counter of steps runs as many times too fast as there are parameters. Each needs a copy of its own."""


@mistake(
    "twin_history",
    replaces="twin_history",
    change={
        "for batch in epoch:": "memory = {name: dict(config) for name in params}\n        for batch in epoch:"
    },
)
def memory_lost_each_epoch():
    """Your memory starts anew with each epoch. Velocity and moments last for the whole run."""


@mistake(
    "twin_history",
    replaces="twin_history",
    change={
        "now[name], memory[name]": "now[name], _",
        "update(now[name], grads[name], memory[name])": "update(now[name], grads[name], dict(memory[name]))",
    },
)
def memory_lost_each_step():
    """What the rule returns as config is dropped, so that every step is its first."""


@mistake("twin_history", replaces="twin_history")
def relu_at_the_end(params, x, y, epochs, rule, config, evaluate=None):
    """There is a ReLU after your last layer. Scores may be negative: nothing stands between them and the softmax."""
    update = RULES[rule] if isinstance(rule, str) else rule
    now, memory = dict(params), {name: dict(config) for name in params}
    layers, losses, found = len(params) // 2, [], []
    for epoch in epochs:
        for batch in epoch:
            h, caches, grads = x[batch], [], {}
            for k in range(1, layers + 1):
                h, affine_cache = affine_forward(h, now[f"w{k}"], now[f"b{k}"])
                relu_cache = None
                if k <= layers:
                    h, relu_cache = relu_forward(h)
                caches.append((affine_cache, relu_cache))
            loss, dh = softmax_loss(h, y[batch])
            for k in range(layers, 0, -1):
                affine_cache, relu_cache = caches[k - 1]
                if k <= layers:
                    dh = relu_backward(dh, relu_cache)
                dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            for name in now:
                now[name], memory[name] = update(now[name], grads[name], memory[name])
            losses.append(float(loss))
        if evaluate is not None:
            found.append(evaluate(dict(now)))
    return losses, found, now


@mistake(
    "twin_history",
    replaces="twin_history",
    change={
        "if evaluate is not None:": "losses[-len(epoch) :] = [float(np.mean(losses[-len(epoch) :]))]\n        if evaluate is not None:"
    },
)
def one_loss_an_epoch():
    """You keep one loss an epoch. One a batch is asked for: only that shows at which step two runs part."""


@mistake("twin_history", replaces="twin_history")
def evaluated_before_the_epoch(params, x, y, epochs, rule, config, evaluate=None):
    """You evaluate before each epoch instead of after it, so that what the last one learnt is never seen."""
    update = RULES[rule] if isinstance(rule, str) else rule
    now, memory = dict(params), {name: dict(config) for name in params}
    layers, losses, found = len(params) // 2, [], []
    for epoch in epochs:
        if evaluate is not None:
            found.append(evaluate(dict(now)))
        for batch in epoch:
            h, caches, grads = x[batch], [], {}
            for k in range(1, layers + 1):
                h, affine_cache = affine_forward(h, now[f"w{k}"], now[f"b{k}"])
                relu_cache = None
                if k < layers:
                    h, relu_cache = relu_forward(h)
                caches.append((affine_cache, relu_cache))
            loss, dh = softmax_loss(h, y[batch])
            for k in range(layers, 0, -1):
                affine_cache, relu_cache = caches[k - 1]
                if k < layers:
                    dh = relu_backward(dh, relu_cache)
                dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            for name in now:
                now[name], memory[name] = update(now[name], grads[name], memory[name])
            losses.append(float(loss))
    return losses, found, now


@mistake(
    "twin_history",
    replaces="twin_history",
    change={
        "for batch in epoch:": "for batch in [batch for batch in epoch if len(batch) == len(epoch[0])]:"
    },
)
def last_batch_left_out():
    """You leave out batches that are shorter than the first. In an epoch every example is seen."""


@mistake("twin_history", replaces="twin_history")
def evaluated_after_each_batch(params, x, y, epochs, rule, config, evaluate=None):
    """You evaluate after each batch. Once an epoch is asked for."""
    update = RULES[rule] if isinstance(rule, str) else rule
    now, memory = dict(params), {name: dict(config) for name in params}
    layers, losses, found = len(params) // 2, [], []
    for epoch in epochs:
        for batch in epoch:
            h, caches, grads = x[batch], [], {}
            for k in range(1, layers + 1):
                h, affine_cache = affine_forward(h, now[f"w{k}"], now[f"b{k}"])
                relu_cache = None
                if k < layers:
                    h, relu_cache = relu_forward(h)
                caches.append((affine_cache, relu_cache))
            loss, dh = softmax_loss(h, y[batch])
            for k in range(layers, 0, -1):
                affine_cache, relu_cache = caches[k - 1]
                if k < layers:
                    dh = relu_backward(dh, relu_cache)
                dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            for name in now:
                now[name], memory[name] = update(now[name], grads[name], memory[name])
            losses.append(float(loss))
            if evaluate is not None:
                found.append(evaluate(dict(now)))
    return losses, found, now


@mistake(
    "twin_history",
    replaces="twin_history",
    change={
        "for k in range(layers, 0, -1):": "dh = dh * len(batch)\n            for k in range(layers, 0, -1):"
    },
)
def gradient_of_a_sum():
    """Your steps are as many times too long as the batch has examples: the gradient of a mean over the batch is asked for, and `softmax_loss` gives it already."""


@mistake(
    "twin_history",
    replaces="matched",
    change={"np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.inf)": "np.zeros(len(a))"},
)
def nan_passes():
    """A run that has died agrees with any other for you: a comparison with nan is never true, so "error > tol" is never noticed. Ask the other way round."""


@mistake(
    "twin_history",
    replaces="matched",
    change={"(a == b) | (np.isnan(a) & np.isnan(b))": "np.zeros(len(a), bool)"},
)
def dead_alike_is_apart():
    """Two runs that died at the same step, in the same way, are told apart by you. nan != nan in arithmetic; here they agree."""


@mistake(
    "twin_history",
    replaces="matched",
    change={"np.maximum(1, np.maximum(np.abs(a[finite]), np.abs(b[finite])))": "1"},
)
def absolute_errors():
    """You compare large losses absolutely. A loss of a billion has only so many digits: divide by the larger of the two."""


@mistake(
    "twin_history",
    replaces="matched",
    change={
        "np.maximum(1, np.maximum(np.abs(a[finite]), np.abs(b[finite])))": "np.maximum(1e-300, np.maximum(np.abs(a[finite]), np.abs(b[finite])))"
    },
)
def relative_errors():
    """You compare losses near zero relatively. Of two losses of a billionth, one may be the double of the other, and nothing is wrong: what is divided by is at least 1."""


@mistake(
    "twin_history",
    replaces="matched",
    change={"np.maximum(np.abs(a[finite]), np.abs(b[finite]))": "np.abs(b[finite])"},
)
def relative_to_one_side():
    """You divide by one of the two losses. Then the error depends on who comes first: divide by the larger of both."""


@mistake("twin_history", replaces="matched", change={"int(apart[0])": "int(apart[0]) + 1"})
def counted_from_one():
    """Your steps are counted from 1. Step 0 is the first, before which nothing has been learnt."""


@mistake("twin_history", replaces="matched", change={"apart[0]": "error.argmax()"})
def worst_step_not_first():
    """You give the step at which the error is largest. Where they *first* part is what tells the reason."""


@mistake("twin_history", replaces="matched")
def lengths_cut(ours, theirs, tol=1e-6):
    """You compare as many steps as the shorter history has. A run that ended early is no match."""
    length = min(len(ours), len(theirs))
    a, b = (
        np.asarray(ours, dtype=np.float64)[:length],
        np.asarray(theirs, dtype=np.float64)[:length],
    )
    finite = np.isfinite(a) & np.isfinite(b)
    size = np.maximum(1, np.maximum(np.abs(a[finite]), np.abs(b[finite])))
    error = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.inf)
    error[finite] = np.abs(a[finite] / size - b[finite] / size)
    apart = np.flatnonzero(error > tol)
    return (int(apart[0]) if apart.size else None), float(error.max(initial=0.0))


@variant("twin_history", replaces="twin_history")
def layer_by_layer(params, x, y, epochs, rule, config, evaluate=None):
    """Plain NumPy, a generator of batches, and an array of losses."""
    weights = {name: np.array(value) for name, value in params.items()}
    settings = {name: {**config} for name in weights}
    L, history, found = len(weights) // 2, [], []
    for epoch in epochs:
        for rows in epoch:
            hs = [np.asarray(x)[rows]]
            for k in range(1, L):
                hs.append(np.maximum(hs[-1] @ weights[f"w{k}"] + weights[f"b{k}"], 0))
            loss, d = softmax_loss(
                hs[-1] @ weights[f"w{L}"] + weights[f"b{L}"], np.asarray(y)[rows]
            )
            history.append(loss)
            slopes = {}
            for k in reversed(range(1, L + 1)):
                slopes[f"w{k}"], slopes[f"b{k}"] = hs[k - 1].T @ d, d.sum(axis=0)
                d = (d @ weights[f"w{k}"].T) * (hs[k - 1] > 0)
            stepped = {
                name: (RULES.get(rule) or rule)(value, slopes[name], settings[name])
                for name, value in weights.items()
            }
            weights = {name: pair[0] for name, pair in stepped.items()}
            settings = {name: pair[1] for name, pair in stepped.items()}
        if evaluate:
            found += [evaluate(weights)]
    return np.array(history), found, weights


@variant("twin_history", replaces="matched")
def step_by_step(ours, theirs, tol=1e-6):
    """A loop, with math."""
    if len(ours) != len(theirs):
        raise ValueError(f"histories of {len(ours)} and {len(theirs)} steps")
    first, worst = None, 0.0
    for t in range(len(ours)):
        a, b = float(ours[t]), float(theirs[t])
        if a == b or (a != a and b != b):
            e = 0.0
        elif abs(a) < float("inf") and abs(b) < float("inf"):
            e = abs(a - b) / max(1.0, abs(a), abs(b))
        else:
            e = float("inf")
        if e > tol and first is None:
            first = t
        worst = max(worst, e)
    return first, worst


@variant("twin_history", replaces="twin_history")
def layers_as_objects(params, x, y, epochs, rule, config, evaluate=None):
    """A class for a layer, that keeps its input, its arrays and their memories; the loss's gradient by one-hot rows."""

    class Layer:
        def __init__(self, k):
            self.names = f"w{k}", f"b{k}"
            self.arrays = [np.array(params[name]) for name in self.names]
            self.memories = [{**config}, {**config}]

        def forward(self, h):
            self.h = h
            return np.dot(h, self.arrays[0]) + self.arrays[1]

        def backward(self, d):
            self.slopes = self.h.T @ d, np.einsum("nm->m", d)
            return d @ self.arrays[0].T

        def step(self):
            for place, slope in enumerate(self.slopes):
                self.arrays[place], self.memories[place] = update(
                    self.arrays[place], slope, self.memories[place]
                )

    def state():
        return {name: array for layer in layers for name, array in zip(layer.names, layer.arrays)}

    update = rule if callable(rule) else RULES[rule]
    layers = [Layer(k + 1) for k in range(len(params) // 2)]
    losses, found = [], []
    for epoch in epochs:
        for rows in epoch:
            scores = layers[0].forward(x[rows])
            for layer in layers[1:]:
                scores = layer.forward(np.where(scores > 0, scores, 0 * scores))
            scores = scores - np.max(scores, axis=1, keepdims=True)
            logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
            hot = np.eye(scores.shape[1], dtype=scores.dtype)[y[rows]]
            losses.append(-np.sum(hot * logs) / len(rows))
            d = ((np.exp(logs) - hot) / len(rows)).astype(scores.dtype)
            for layer, below in zip(layers[::-1], [*layers[-2::-1], None]):
                d = layer.backward(d)
                if below is not None:
                    d = d * (layer.h > 0)
            for layer in layers:
                layer.step()
        if evaluate is not None:
            found.append(evaluate(state()))
    return losses, found, state()


@variant("twin_history", replaces="twin_history")
def recursive_and_lazy(params, x, y, epochs, rule, config, evaluate=None):
    """A recursion over the layers that gives gradients on its way back, and a generator over epochs."""
    apply = {True: RULES.get, False: lambda given: given}[isinstance(rule, str)](rule)
    now, memory, losses = params.copy(), {}, []

    def descend(h, k, labels, grads):
        out, cache = affine_forward(h, now[f"w{k}"], now[f"b{k}"])
        if f"w{k + 1}" in now:
            active, mask = relu_forward(out)
            dout = relu_backward(descend(active, k + 1, labels, grads), mask)
        else:
            loss, dout = softmax_loss(out, labels)
            losses.append(loss)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dout, cache)
        return dh

    def train():
        for epoch in epochs:
            for batch in epoch:
                grads = {}
                descend(np.take(x, batch, axis=0), 1, y[batch], grads)
                for name, slope in grads.items():
                    now[name], memory[name] = apply(
                        now[name], slope, memory.get(name) or config.copy()
                    )
            yield now.copy()

    found = [evaluate(state) if evaluate else None for state in train()]
    return losses, found if evaluate else [], now


@variant("twin_history", replaces="matched")
def where_they_differ(ours, theirs, tol=1e-6):
    """Warnings switched off, the larger size by a stack, what is not finite set right afterwards."""
    both = [np.array(part, dtype=float) for part in (ours, theirs)]
    if both[0].shape != both[1].shape:
        raise ValueError(f"lengths {both[0].size} and {both[1].size}, expected the same")
    if not both[0].size:
        return None, 0
    sizes = np.stack([np.ones(both[0].size), *map(np.abs, both)])
    with np.errstate(all="ignore"):
        scaled = [part / sizes.max(axis=0) for part in both]
        error = np.abs(np.subtract(*scaled))
    error[~np.isfinite(both).all(axis=0)] = np.inf
    alike = [str(a) == str(b) for a, b in zip(*both)]
    error[alike] = 0
    steps = [step for step, e in enumerate(error.tolist()) if e > tol]
    return (steps[0] if steps else None), max(error)


@variant("twin_history", replaces="matched")
def by_a_comprehension(ours, theirs, tol=1e-6):
    """Python's floats and math; the first step by next()."""
    import math

    a, b = (list(map(float, part)) for part in (ours, theirs))
    if len(a) - len(b):
        raise ValueError(f"one history has {len(a)} losses, the other {len(b)}")

    def apart(one, other):
        if one == other or (math.isnan(one) and math.isnan(other)):
            return 0.0
        if not (math.isfinite(one) and math.isfinite(other)):
            return math.inf
        scale = max(1.0, abs(one), abs(other))
        return abs(one / scale - other / scale)

    errors = [apart(*pair) for pair in zip(a, b)]
    return next((step for step, e in enumerate(errors) if e > tol), None), max(errors, default=0.0)
