"""Known mistakes and right variants of `extract_features`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("extract_features", replaces="extract_features")
def scores_for_features(params, x, stage=None):
    """You go on through the head: what you return are scores of the old classes. The features are what the head is given."""
    head = max(int(name[1:]) for name in params if name[0] == "w")
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    last = head if stage == head - 1 else stage
    for k in range(1, last + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (
                params[f"gamma{k}"] * (h - params[f"mean{k}"]) / np.sqrt(params[f"var{k}"] + 1e-5)
                + params[f"beta{k}"]
            )
        h = np.maximum(h, 0) if k < head else h
    return h


@mistake(
    "extract_features",
    replaces="extract_features",
    change={"np.maximum(h, 0)": "np.maximum(h, 0) if k < stage else h"},
)
def last_layer_without_its_relu():
    """The last stage comes without its ReLU. A layer of the body is affine, batch norm if it has it, and ReLU; what comes after the ReLU is what the head is given."""


@mistake(
    "extract_features",
    replaces="extract_features",
    change={"head - 1 if stage is None else stage": "max(head - 2, 0) if stage is None else stage"},
)
def one_stage_too_few():
    """Without a stage you stop one layer too early: the body's last layer is the one before the head."""


@mistake(
    "extract_features",
    replaces="extract_features",
    change={'params[f"mean{k}"]': "h.mean(axis=0)", 'params[f"var{k}"]': "h.var(axis=0)"},
)
def statistics_of_the_batch():
    """Your batch norm uses the batch's own mean and variance. Features need test mode; otherwise an example's features depend on the rest of the batch, and on the statistics of the test set."""


@mistake("extract_features", replaces="extract_features")
def batch_norm_left_out(params, x, stage=None):
    """A layer's batch norm does not come into your features: where a network has gamma, beta, mean and var, they belong between affine and ReLU."""
    head = max(int(name[1:]) for name in params if name[0] == "w")
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        h = np.maximum(h, 0)
    return h


@mistake(
    "extract_features",
    replaces="extract_features",
    change={
        "        h = np.maximum(h, 0)\n": "",
        'if f"gamma{k}" in params:': 'h = np.maximum(h, 0)\n        if f"gamma{k}" in params:',
    },
)
def batch_norm_after_the_relu():
    """You normalise after the ReLU. In this course's networks batch norm stands before it."""


@mistake("extract_features", replaces="extract_features")
def gamma_and_beta_left_out(params, x, stage=None):
    """You normalise, but gamma and beta are left out."""
    head = max(int(name[1:]) for name in params if name[0] == "w")
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (h - params[f"mean{k}"]) / np.sqrt(params[f"var{k}"] + 1e-5)
        h = np.maximum(h, 0)
    return h


@mistake("extract_features", replaces="extract_features")
def divided_by_the_variance(params, x, stage=None):
    """You divide by the variance, where its root is the deviation."""
    head = max(int(name[1:]) for name in params if name[0] == "w")
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (
                params[f"gamma{k}"] * (h - params[f"mean{k}"]) / (params[f"var{k}"] + 1e-5)
                + params[f"beta{k}"]
            )
        h = np.maximum(h, 0)
    return h


@mistake("extract_features", replaces="extract_features")
def eps_outside_the_root(params, x, stage=None):
    """eps stands outside your root; in batch norm it stands inside."""
    head = max(int(name[1:]) for name in params if name[0] == "w")
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (
                params[f"gamma{k}"] * (h - params[f"mean{k}"]) / (np.sqrt(params[f"var{k}"]) + 1e-5)
                + params[f"beta{k}"]
            )
        h = np.maximum(h, 0)
    return h


@mistake("extract_features", replaces="extract_features")
def depth_by_the_alphabet(params, x, stage=None):
    """You find the head by sorting names as words, and there w9 comes after w10. Compare the numbers."""
    head = int(sorted(name for name in params if name[0] == "w")[-1][1:])
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (
                params[f"gamma{k}"] * (h - params[f"mean{k}"]) / np.sqrt(params[f"var{k}"] + 1e-5)
                + params[f"beta{k}"]
            )
        h = np.maximum(h, 0)
    return h


@mistake("extract_features", replaces="extract_features")
def examples_flattened_to_one_row(params, x, stage=None):
    """You flatten the whole batch to a single row: only the axes of one example are to be flattened."""
    head = max(int(name[1:]) for name in params if name[0] == "w")
    stage = head - 1 if stage is None else stage
    if not 0 <= stage < head:
        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")
    h = (
        x.reshape(-1, len(params["w1"]))
        if x.ndim == 2
        else x.reshape(1, -1)[:, : len(params["w1"])].astype(params["w1"].dtype)
    )
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (
                params[f"gamma{k}"] * (h - params[f"mean{k}"]) / np.sqrt(params[f"var{k}"] + 1e-5)
                + params[f"beta{k}"]
            )
        h = np.maximum(h, 0)
    return h


@mistake(
    "extract_features",
    replaces="extract_features",
    change={
        'if not 0 <= stage < head:\n        raise ValueError(f"stage is {stage}, expected 0 to {head - 1}")': "stage = min(stage % (head + 1), head - 1)"
    },
)
def no_stage_is_refused():
    """A stage that the body does not have is let through; stage L, the head, or -1 makes no sense: refuse it with a ValueError."""


@mistake(
    "extract_features", replaces="extract_features", change={'params["w1"].dtype': "np.float64"}
)
def features_are_float64():
    """Your features are float64 whatever the network is. They should have the network's dtype."""


@mistake(
    "extract_features",
    replaces="linear_probe",
    change={
        "_, dw, db = affine_backward(dscores, cache)": "dscores = len(rows) * dscores\n        _, dw, db = affine_backward(dscores, cache)"
    },
)
def sum_for_the_mean():
    """Your probe's gradient is a sum over the batch. The loss is a mean: divide by the batch's size, or call the loss that does."""


@mistake(
    "extract_features",
    replaces="linear_probe",
    change={"softmax_loss(scores, y[rows])": "softmax_loss(scores, y[: len(rows)])"},
)
def labels_of_other_rows():
    """The features of a step are those of its rows, but the labels are the first ones: index both by the same rows."""


@mistake("extract_features", replaces="linear_probe")
def one_config_for_both(features, y, w, b, batches, rule, config):
    """w and b share one config. What the rule remembers of w is then used for b: give each a copy of its own."""
    w, b, w_config, b_config = w.copy(), b.copy(), dict(config), dict(config)
    for rows in batches:
        scores, cache = affine_forward(features[rows], w, b)
        _, dscores = softmax_loss(scores, y[rows])
        _, dw, db = affine_backward(dscores, cache)
        w, w_config = rule(w, dw, w_config)
        shared = {key: value for key, value in w_config.items() if np.ndim(value) == 0}
        b, b_config = rule(b, db, {**b_config, **shared})
        w_config = {
            **w_config,
            **{key: value for key, value in b_config.items() if np.ndim(value) == 0},
        }
    return w, b


@mistake(
    "extract_features",
    replaces="linear_probe",
    change={
        "rule(w, dw, w_config)": "rule(w, dw, dict(config))",
        "rule(b, db, b_config)": "rule(b, db, dict(config))",
    },
)
def config_is_forgotten():
    """Each step begins with a fresh config: what the rule remembers is lost. Keep the config that it returns."""


@mistake(
    "extract_features",
    replaces="linear_probe",
    change={
        "scores, cache = affine_forward(features[rows], w, b)": "rows = np.arange(len(y))\n        scores, cache = affine_forward(features[rows], w, b)"
    },
)
def all_examples_at_every_step():
    """Each step uses all examples: `batches` says which rows a step has."""


@mistake(
    "extract_features",
    replaces="linear_probe",
    change={"b, b_config = rule(b, db, b_config)": "_, b_config = rule(b, db, b_config)"},
)
def bias_is_not_trained():
    """Your probe's bias stays as it is: w and b are both trained."""


@mistake("extract_features", replaces="linear_probe")
def start_is_trained_in_place(features, y, w, b, batches, rule, config):
    """You train the caller's w and b in place. Begin with copies, and let every step make new arrays."""
    w_config, b_config = dict(config), dict(config)
    for rows in batches:
        scores, cache = affine_forward(features[rows], w, b)
        _, dscores = softmax_loss(scores, y[rows])
        _, dw, db = affine_backward(dscores, cache)
        w[...], w_config = rule(w, dw, w_config)
        b[...], b_config = rule(b, db, b_config)
    return w, b


@mistake("extract_features", replaces=("linear_probe", "probe_by_momentum"))
def callers_config_is_handed_on():
    """You hand the caller's own `config` to the rule. Rules write into what they are handed: the next probe would begin with this one's memory. Begin with a copy for w and one for b."""

    def linear_probe(features, y, w, b, batches, rule, config):
        w, b, w_config, b_config = w.copy(), b.copy(), config, dict(config)
        for rows in batches:
            scores, cache = affine_forward(features[rows], w, b)
            _, dscores = softmax_loss(scores, y[rows])
            _, dw, db = affine_backward(dscores, cache)
            w, w_config = rule(w, dw, w_config)
            b, b_config = rule(b, db, b_config)
        return w, b

    def probe_by_momentum(features, y, w, b, batches, config):
        return linear_probe(features, y, w, b, batches, sgd_momentum, config)

    return linear_probe, probe_by_momentum


@mistake("extract_features", replaces=("extract_features",))
def stage_0_in_the_dtype_of_x():
    """Your stage 0 keeps the dtype of the examples. Features have that of the network, at every stage."""
    inner = extract_features

    def features(params, x, stage=None):
        return x.reshape(len(x), -1).copy() if stage == 0 else inner(params, x, stage)

    return features


@mistake("extract_features", replaces=("extract_features",))
def stages_from_the_end():
    """You take a negative stage for one counted from the end. Stages are numbered from 0, and any other is refused."""
    inner = extract_features

    def features(params, x, stage=None):
        depth = max(int(name[1:]) for name in params if name[0] == "w")
        return inner(
            params, x, stage + depth if stage is not None and -depth < stage < -1 else stage
        )

    return features


@variant("extract_features", replaces="extract_features")
def folded_and_recursive(params, x, stage=None):
    """Calls itself for the stage below, and folds batch norm into one scale and one shift."""
    layers = sorted(int(name[1:]) for name in params if name.startswith("w"))
    last = layers[-1] - 1
    if stage is None:
        stage = last
    if stage not in range(last + 1):
        raise ValueError(f"stage {stage} is not from 0 to {last}")
    if stage == 0:
        return np.array(
            np.reshape(x, (x.shape[0], int(np.prod(x.shape[1:])))), dtype=params["w1"].dtype
        )
    below = extract_features(params, x, stage - 1)
    z = np.add(np.dot(below, params[f"w{stage}"]), params[f"b{stage}"])
    if f"var{stage}" in params:
        scale = params[f"gamma{stage}"] * (params[f"var{stage}"] + 1e-5) ** -0.5
        z = z * scale + (params[f"beta{stage}"] - params[f"mean{stage}"] * scale)
    return np.where(z > 0, z, np.zeros((), z.dtype))


@variant("extract_features", replaces="extract_features")
def with_the_earlier_layers(params, x, stage=None):
    """Uses the layers of the earlier assignments, batch norm in its test mode."""
    head = 1
    while f"w{head + 1}" in params:
        head += 1
    if stage is not None and (stage < 0 or stage >= head):
        raise ValueError(f"there is no stage {stage}, expected one from 0 to {head - 1}")
    h = x.reshape(len(x), -1) * np.ones((), params["w1"].dtype)
    h = h.astype(params["w1"].dtype)
    for k in range(1, 1 + (head - 1 if stage is None else stage)):
        h, _ = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        if f"gamma{k}" in params:
            memory = {
                "mode": "test",
                "running_mean": params[f"mean{k}"],
                "running_var": params[f"var{k}"],
            }
            h, _ = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], memory)
        h, _ = relu_forward(h)
    return h


@variant("extract_features", replaces="linear_probe")
def probe_by_train(features, y, w, b, batches, rule, config):
    """Trains a network of one layer by the network of the course."""
    net, configs = {"w1": np.array(w), "b1": np.array(b)}, {"w1": {**config}, "b1": {**config}}
    for rows in batches:
        _, grads, _ = loss_and_grads(net, features[rows], y[rows])
        for name in ("w1", "b1"):
            net[name], configs[name] = rule(net[name], grads[name], configs[name])
    return net["w1"], net["b1"]


@variant("extract_features", replaces="linear_probe")
def probe_by_hand(features, y, w, b, batches, rule, config):
    """Writes the softmax's gradient out."""
    w, b = np.array(w), np.array(b)
    memory = [dict(config) for _ in range(2)]
    for rows in batches:
        h, labels = features[rows], y[rows]
        scores = h @ w + b
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = (
            p / p.sum(axis=1, keepdims=True) - np.eye(len(b), dtype=p.dtype)[labels]
        ) / p.dtype.type(len(rows))
        w, memory[0] = rule(w, h.T @ p, memory[0])
        b, memory[1] = rule(b, p.sum(axis=0), memory[1])
    return (w, b)


@variant("extract_features", replaces="extract_features")
def a_class_for_a_layer(params, x, stage=None):
    """Layers as objects, the affine part by einsum, the batch norm by np.divide, the ReLU in place on an own array."""
    from functools import reduce

    class Layer:
        def __init__(self, k):
            self.parts = {
                name.rstrip("0123456789"): value
                for name, value in params.items()
                if name[len(name.rstrip("0123456789")) :] == str(k)
            }

        def __call__(self, h):
            z = np.einsum("nd,dm->nm", h, self.parts["w"])
            z += self.parts["b"]
            if "gamma" in self.parts:
                spread = np.sqrt(self.parts["var"] + 1e-5)
                z = np.divide(z - self.parts["mean"], spread) * self.parts["gamma"]
                z += self.parts["beta"]
            z[z < 0] = 0
            return z

    depth = max(int("".join(c for c in name if c.isdigit())) for name in params)
    if stage is None:
        stage = depth - 1
    elif stage not in list(range(depth)):
        raise ValueError(f"stage: {stage} of a network whose body has {depth - 1} layers")
    rows = np.array([np.ravel(example) for example in x], dtype=params["w1"].dtype)
    return reduce(lambda h, layer: layer(h), map(Layer, range(1, stage + 1)), rows)


@variant("extract_features", replaces="linear_probe")
def probe_as_one_matrix_a_gate_at_a_time(features, y, w, b, batches, rule, config):
    """A class with a memory for each array, labels as one-hot rows, the softmax by its logarithm."""

    class Learner:
        def __init__(self, value):
            self.value, self.config = value.copy(), {key: config[key] for key in config}

        def step(self, slope):
            self.value, self.config = rule(self.value, slope, self.config)

    weight, bias = Learner(w), Learner(b)
    for rows in map(np.asarray, batches):
        chosen = np.take(features, rows, axis=0)
        scores = np.dot(chosen, weight.value) + bias.value
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
        slope = np.exp(logs)
        for row, label in enumerate(y[rows].tolist()):
            slope[row, label] -= 1
        slope /= len(rows)
        weight.step(np.einsum("nd,nc->dc", chosen, slope))
        bias.step(np.add.reduce(slope, axis=0))
    return [weight.value, bias.value]
