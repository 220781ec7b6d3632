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


@variant("twin_history", replaces="twin_history")
def gradients_by_hand_and_a_list(params, x, y, epochs, rule, config, evaluate=None):
    """Weights in a list, a matrix of active units, and the rule looked up by its name's type at each step."""
    depth = len(params) // 2
    names = [f"{kind}{k}" for k in range(1, depth + 1) for kind in "wb"]
    values = [params[name] for name in names]
    memories = [config.copy() for _ in names]
    losses, found = [], []

    def forward(h):
        kept = []
        for k in range(depth):
            out = np.matmul(h, values[2 * k]) + values[2 * k + 1]
            kept.append((h, (out > 0).astype(out.dtype)))
            h = out if k == depth - 1 else out * kept[-1][1]
        return h, kept

    for batches in epochs:
        for batch in batches:
            scores, kept = forward(x[batch])
            loss, upstream = softmax_loss(scores, y[batch])
            losses += [float(loss)]
            slopes = []
            for k in range(depth - 1, -1, -1):
                if k < depth - 1:
                    upstream = upstream * kept[k][1]
                slopes = [kept[k][0].T @ upstream, upstream.sum(0), *slopes]
                upstream = upstream @ np.transpose(values[2 * k])
            for place, slope in enumerate(slopes):
                update = RULES[rule] if type(rule) is str else rule
                values[place], memories[place] = update(values[place], slope, memories[place])
        found += [] if evaluate is None else [evaluate(dict(zip(names, values)))]
    return losses, found, dict(zip(names, values))
