"""Known mistakes and right variants of `result`.

Training need not give the same numbers to the last digit in two processes; so what is compared is the form of a model, and
of labels their form and whether most of them are right, where the examples come sorted.
"""

import numpy as np

from autograder.core.mistakes import mistake, variant


def _learnt(params, x, y):
    """Whether a model of the notebook's own form has learnt what it was shown; else its form alone."""
    if (
        len(x) < 100
        or not isinstance(params, dict)
        or "w1" not in params
        or len(params["w1"]) != x.shape[1]
    ):
        return str(type(params))
    last = sum(name[0] == "w" for name in params)
    for k in range(1, last + 1):
        x = x @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            x = (
                params[f"gamma{k}"]
                * (x - params[f"running_mean{k}"])
                / np.sqrt(params[f"running_var{k}"] + 1e-5)
                + params[f"beta{k}"]
            )
        x = np.maximum(x, 0) if k < last else x
    return bool(np.mean(x.argmax(axis=1) == y) > (1 + 1 / x.shape[1]) / 2)


def summarise(name, args, value):
    if name == "compete":
        return _learnt(value, args[0], args[1])
    labels = np.asarray(value)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        return labels.ndim, labels.dtype.kind
    if len(labels) == 1:
        return "one"
    return bool(np.mean(labels == np.arange(len(labels)) // (len(labels) // 2)) > 0.85)


@mistake(
    "result",
    replaces="predict",
    change={"net_scores(model, x).argmax(axis=1)": "net_scores(model, x)"},
)
def scores_for_labels():
    """`predict` gives scores. A label is asked for, one whole number a canvas: which of the scores is the highest?"""


@mistake(
    "result",
    replaces="predict",
    change={
        "net_scores(model, x).argmax(axis=1)": 'np.eye(model["b3"].size, dtype=np.int64)[net_scores(model, x).argmax(axis=1)]'
    },
)
def one_hot_labels():
    """`predict` gives rows of zeros and a one. A label is asked for, one whole number a canvas."""


@mistake("result", replaces="compete")
def centred_in_place(x_train, y_train, x_dev, y_dev, rng, budget):
    """`compete` changes its input: `-=` writes into the caller's canvases, which the caller may still need. Make a new array."""
    x_train -= 0.14
    x_dev -= 0.14
    params = init_net((x_train.shape[1], 128, 128, int(y_train.max()) + 1), rng, batchnorm=True)
    rule = lambda params, x, y, rng: net_loss(params, x, y, {}, rng)
    steps = max(1, int(350 * budget))
    falling = lambda t: lr_schedule("exponential", 0.01, t, k=3 / steps)
    moved = lambda x, rng: shifted(x + 0.14, rng) - 0.14
    settings = {"batch": 50, "budget": steps, "rng": rng, "schedule": falling, "augment": moved}
    best, _ = train(params, rule, adam, {}, x_train, y_train, **settings)
    return {**best, "b1": best["b1"] - 0.14 * best["w1"].sum(axis=0)}


@mistake("result", replaces="compete")
def global_randomness(x_train, y_train, x_dev, y_dev, rng, budget):
    """`compete` draws from `np.random` itself. Its randomness is to come from the `rng` that it is given."""
    order = np.random.permutation(len(x_train))
    x_train, y_train = x_train[order], y_train[order]
    params = init_net((x_train.shape[1], 128, 128, int(y_train.max()) + 1), rng, batchnorm=True)
    rule = lambda params, x, y, rng: net_loss(params, x, y, {}, rng)
    steps = max(1, int(350 * budget))
    falling = lambda t: lr_schedule("exponential", 0.01, t, k=3 / steps)
    settings = {"batch": 50, "budget": steps, "rng": rng, "schedule": falling, "augment": shifted}
    return train(params, rule, adam, {}, x_train, y_train, **settings)[0]


@mistake(
    "result",
    replaces=("compete", "predict"),
    leaves_nothing="A net that learns other canvases' labels answers by chance.",
    unnamed="Whatever keeps a net from learning, its answers are those of chance: a hint would be false of most.",
)
def labels_left_behind():
    """The canvases are shuffled and their labels are not: your net learns noise by heart. Shuffle both by the same order."""

    def compete(x_train, y_train, x_dev, y_dev, rng, budget):
        x_train = x_train[rng.permutation(len(x_train))]
        params = init_net((x_train.shape[1], 128, 128, int(y_train.max()) + 1), rng, batchnorm=True)
        rule = lambda params, x, y, rng: net_loss(params, x, y, {}, rng)
        return train(
            params,
            rule,
            adam,
            {"learning_rate": 0.01},
            x_train,
            y_train,
            batch=50,
            budget=max(1, int(250 * budget)),
            rng=rng,
        )[0]

    return compete, predict


@variant("result", replaces=("compete", "predict"))
def two_nets_vote():
    """Two smaller nets by momentum, whose probabilities are averaged; a model that is a list."""

    def compete(x_train, y_train, x_dev, y_dev, rng, budget):
        steps, nets = max(1, int(160 * budget)), []
        for _ in range(2):
            params = init_net((x_train.shape[1], 160, 80, int(y_train.max()) + 1), rng, True)
            loss = lambda p, x, y, rng: net_loss(p, x, y, {"reg": 1e-4}, rng)
            schedule = lambda t: 0.2 * (1 - t / (steps + 1))
            nets.append(
                train(
                    params,
                    loss,
                    sgd_momentum,
                    {},
                    x_train,
                    y_train,
                    batch=64,
                    budget=steps,
                    rng=rng,
                    schedule=schedule,
                    augment=shifted,
                )[0]
            )
        return nets

    def predict(nets, x):
        total = 0
        for params in nets:
            scores = net_scores(params, x)
            p = np.exp(scores - scores.max(axis=1, keepdims=True))
            total = total + p / p.sum(axis=1, keepdims=True)
        return np.argmax(total, axis=1)

    return compete, predict


@variant("result", replaces=("compete", "predict"))
def standardised_single_precision():
    """Standardises the pixels, works in float32, and keeps the two numbers in the model."""

    def compete(x_train, y_train, x_dev, y_dev, rng, budget):
        mean, std, steps = float(x_train.mean()), float(x_train.std()), max(1, int(350 * budget))
        x = ((x_train - mean) / std).astype(np.float32)
        params = init_net((x.shape[1], 160, 128, int(y_train.max()) + 1), rng, True, np.float32)
        moved = lambda x, rng: shifted(x + np.float32(mean / std), rng) - np.float32(mean / std)
        loss = lambda p, x, y, rng: net_loss(p, x, y, {}, rng)
        schedule = lambda t: lr_schedule("inverse", 0.01, t, k=10 / steps)
        return {
            "mean": mean,
            "std": std,
            "params": train(
                params,
                loss,
                adam,
                {},
                x,
                y_train,
                batch=50,
                budget=steps,
                rng=rng,
                schedule=schedule,
                augment=moved,
            )[0],
        }

    def predict(model, x):
        return net_scores(
            model["params"], ((x - model["mean"]) / model["std"]).astype(np.float32)
        ).argmax(axis=1)

    return compete, predict


@variant("result", replaces=("compete", "predict"))
def averaged_weights():
    """Its own loop in place of `train`, and a model that is a running mean of the parameters along the way."""

    def compete(x_train, y_train, x_dev, y_dev, rng, budget):
        now = init_net((x_train.shape[1], 128, 128, int(y_train.max()) + 1), rng, batchnorm=True)
        steps, configs, slow = int(350 * budget) + 1, {name: {} for name in now}, dict(now)
        queue = []
        for t in range(steps):
            if not queue:
                queue = list(minibatches(len(x_train), 50, rng))
            rows = queue.pop()
            _, grads, statistics = net_loss(
                now, shifted(x_train[rows], rng), y_train[rows], {}, rng
            )
            now = {**now, **statistics}
            for name in grads:
                configs[name]["learning_rate"] = 0.01 * 0.1 ** (t / steps)
                now[name], configs[name] = adam(now[name], grads[name], configs[name])
            weight = min(0.99, t / (t + 10))
            slow = {name: weight * slow[name] + (1 - weight) * now[name] for name in now}
        return slow

    return compete, predict


@variant("result", replaces=("compete", "predict"))
def pooled_patches():
    """No step at all: patches of the training canvases are looked for everywhere, and their best places weighed by least squares."""

    def responses(x, filters):
        views = np.lib.stride_tricks.sliding_window_view(
            x.reshape(-1, 12, 12), (5, 5), axis=(1, 2)
        ).reshape(len(x), 64, 25)
        centred = views - views.mean(axis=2, keepdims=True)
        found = np.maximum(centred @ filters.T, 0).reshape(len(x), 2, 4, 2, 4, -1)
        return np.hstack([np.ones((len(x), 1)), found.max(axis=(2, 4)).reshape(len(x), -1)])

    def features(x, filters):
        return np.concatenate([responses(x[n : n + 250], filters) for n in range(0, len(x), 250)])

    def compete(x_train, y_train, x_dev, y_dev, rng, budget):
        rows, tops, lefts = rng.integers(0, (len(x_train), 8, 8), (120, 3)).T
        whole = x_train.reshape(-1, 12, 12)
        filters = np.array(
            [whole[n, i : i + 5, j : j + 5].ravel() for n, i, j in zip(rows, tops, lefts)]
        )
        filters -= filters.mean(axis=1, keepdims=True)
        filters /= np.sqrt((filters**2).sum(axis=1, keepdims=True))
        seen = features(x_train, filters)
        wanted = np.eye(int(y_train.max()) + 1)[y_train]
        return filters, np.linalg.solve(seen.T @ seen + 3 * np.eye(seen.shape[1]), seen.T @ wanted)

    def predict(model, x):
        filters, weights = model
        return (features(x, filters) @ weights).argmax(axis=1)

    return compete, predict


@variant("result", replaces=("compete", "predict"))
def a_class_in_single_precision():
    """A net written as a class, with its own formulas: two hidden layers, momentum, a rate that falls like a cosine."""

    class Net:
        def __init__(self, sizes, rng):
            self.w = [
                (rng.normal(size=pair) * np.sqrt(2 / pair[0])).astype(np.float32)
                for pair in zip(sizes, sizes[1:])
            ]
            self.b = [np.zeros(n, np.float32) for n in sizes[1:]]
            self.velocity = [np.zeros_like(value) for value in self.w + self.b]

        def forward(self, x):
            hidden = [x.astype(np.float32)]
            for w, b in zip(self.w[:-1], self.b[:-1]):
                hidden.append(np.maximum(hidden[-1] @ w + b, 0))
            return hidden, hidden[-1] @ self.w[-1] + self.b[-1]

        def step(self, x, y, rate):
            hidden, scores = self.forward(x)
            d = np.exp(scores - scores.max(axis=1, keepdims=True))
            d /= d.sum(axis=1, keepdims=True)
            d[np.arange(len(y)), y] -= 1
            d /= len(y)
            dw, db = [], []
            for w, h in zip(self.w[::-1], hidden[::-1]):
                dw.insert(0, h.T @ d)
                db.insert(0, d.sum(axis=0))
                d = (d @ w.T) * (h > 0)
            for value, slope, velocity in zip(self.w + self.b, dw + db, self.velocity):
                velocity *= np.float32(0.9)
                velocity -= np.float32(rate) * slope
                value += velocity

    def compete(x_train, y_train, x_dev, y_dev, rng, budget):
        net, steps = (
            Net((x_train.shape[1], 256, 128, int(y_train.max()) + 1), rng),
            max(1, int(400 * budget)),
        )
        for t in range(steps):
            rows = rng.integers(0, len(x_train), 64)
            net.step(
                shifted(x_train[rows], rng), y_train[rows], 0.05 + 0.05 * np.cos(np.pi * t / steps)
            )
        return {"w": net.w, "b": net.b}

    def predict(model, x):
        *hidden, (w, b) = zip(model["w"], model["b"])
        for v, c in hidden:
            x = np.maximum(np.float32(x) @ v + c, 0)
        return (x @ w + b).argmax(axis=1)

    return compete, predict
