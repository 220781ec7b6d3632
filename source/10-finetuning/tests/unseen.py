"""Wrong answers to 10, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("replace_head", replaces="replace_head", hints=("head_not_scaled",))
def standard_normal_head(params, num_classes, rng):
    """The new weights are not scaled down."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes {num_classes}")
    new = {k: v.copy() for k, v in params.items()}
    L = max(int(k[1:]) for k in params if k.startswith("w"))
    w = params[f"w{L}"]
    new[f"w{L}"] = rng.normal(0, 1, (w.shape[0], num_classes)).astype(w.dtype)
    new[f"b{L}"] = np.zeros(num_classes, params[f"b{L}"].dtype)
    return new


@answer("replace_head", replaces="replace_head", hints=("variance_for_deviation",))
def variance_taken_for_std(params, num_classes, rng):
    """1/D is taken for the standard deviation."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes {num_classes}")
    new = {k: v.copy() for k, v in params.items()}
    L = max(int(k[1:]) for k in params if k.startswith("w"))
    w = params[f"w{L}"]
    new[f"w{L}"] = rng.normal(0, 1 / len(w), (w.shape[0], num_classes)).astype(w.dtype)
    new[f"b{L}"] = np.zeros(num_classes, params[f"b{L}"].dtype)
    return new


@answer("replace_head", replaces="replace_head", hints=("body_is_shared",))
def body_is_shared(params, num_classes, rng):
    """The body's arrays are those of params."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes {num_classes}")
    new = dict(params)
    L = max(int(k[1:]) for k in params if k.startswith("w"))
    w = params[f"w{L}"]
    new[f"w{L}"] = (rng.standard_normal((w.shape[0], num_classes)) / np.sqrt(len(w))).astype(
        w.dtype
    )
    new[f"b{L}"] = np.zeros(num_classes, params[f"b{L}"].dtype)
    return new


@answer("replace_head", replaces="replace_head", hints=("last_by_the_alphabet",))
def head_by_text_order(params, num_classes, rng):
    """The last layer is found by alphabet: w9 comes after w10."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes {num_classes}")
    new = {k: v.copy() for k, v in params.items()}
    last = sorted(k for k in params if k[0] == "w")[-1]
    w = params[last]
    new[last] = (rng.standard_normal((w.shape[0], num_classes)) / np.sqrt(len(w))).astype(w.dtype)
    new["b" + last[1:]] = np.zeros(num_classes, w.dtype)
    return new


@answer("train", replaces="unfreeze_schedule", hints=("unfrozen_from_the_bottom",))
def body_unfreezes_from_below(depth, steps, every):
    """The lowest layer thaws first."""
    if every < 1:
        raise ValueError(f"every {every}")
    return [tuple(range(1 + s // every, depth)) for s in range(steps)]


@answer("train", replaces="unfreeze_schedule")
def first_layer_too_early(depth, steps, every):
    """One layer more than the head learns from the start."""
    if every < 1:
        raise ValueError(f"every {every}")
    return [tuple(range(1, max(depth - 1 - s // every, 1))) for s in range(steps)]


@answer("train", replaces=("train",), hints=("penalty_on_biases_too",))
def penalty_on_biases_too():
    """reg pulls at biases, gamma and beta as well."""
    right = train

    def fit(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
        def with_reg(p, x, y, still):
            loss, grads, memory = loss_and_grads(p, x, y, still)
            return loss, {k: g + reg * p[k] for k, g in grads.items()}, memory

        return right(params, data, frozen, lr_mult, with_reg, rule, config, 0.0)

    return fit


@answer("train", replaces="train", hints=("frozen_by_a_zero_gradient",))
def frozen_gets_zero_gradient(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """Frozen layers get a gradient of zero: their velocity still moves them."""
    layer = {k: int("".join(c for c in k if c.isdigit())) for k in params}
    if len(data) != len(frozen):
        raise ValueError(f"{len(data)} {len(frozen)}")
    for k in list(lr_mult) + [k for f in frozen for k in f]:
        if k not in layer.values():
            raise ValueError(f"layer {k}")
    p, losses = dict(params), []
    cfg = {
        k: dict(config, learning_rate=config["learning_rate"] * lr_mult.get(layer[k], 1.0))
        for k in params
    }
    for (x, y), still in zip(data, frozen):
        loss, grads, memory = loss_and_grads(p, x, y, still)
        for k, g in grads.items():
            if layer[k] in still:
                g = np.zeros_like(g)
            elif k[0] == "w":
                g = g + reg * p[k]
            p[k], cfg[k] = rule(p[k], g, cfg[k])
        p.update(memory)
        losses.append(loss)
    return p, losses


@answer("train", replaces="train", hints=("rates_are_ignored",))
def multipliers_ignored(params, data, frozen, lr_mult, loss_and_grads, rule, config, reg=0.0):
    """lr_mult is not used."""
    layer = {k: int("".join(c for c in k if c.isdigit())) for k in params}
    if len(data) != len(frozen):
        raise ValueError(f"{len(data)} {len(frozen)}")
    for k in list(lr_mult) + [k for f in frozen for k in f]:
        if k not in layer.values():
            raise ValueError(f"layer {k}")
    p, losses = dict(params), []
    cfg = {k: dict(config) for k in params}
    for (x, y), still in zip(data, frozen):
        loss, grads, memory = loss_and_grads(p, x, y, still)
        for k, g in grads.items():
            if layer[k] not in still:
                if k[0] == "w":
                    g = g + reg * p[k]
                p[k], cfg[k] = rule(p[k], g, cfg[k])
        p.update(memory)
        losses.append(loss)
    return p, losses


@answer("extract_features", replaces="extract_features", hints=("last_layer_without_its_relu",))
def no_relu_at_the_end(params, x, stage=None):
    """The last layer asked for has no ReLU."""
    L = max(int(k[1:]) for k in params if k[0] == "w")
    stage = L - 1 if stage is None else stage
    if stage < 0 or stage >= L:
        raise ValueError(f"stage {stage}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (h - params[f"mean{k}"]) / np.sqrt(params[f"var{k}"] + 1e-5) * params[
                f"gamma{k}"
            ] + params[f"beta{k}"]
        if k < stage:
            h = np.maximum(0, h)
    return h


@answer("extract_features", replaces="extract_features", hints=("statistics_of_the_batch",))
def norm_by_the_batch(params, x, stage=None):
    """Batch norm takes the batch's own statistics."""
    L = max(int(k[1:]) for k in params if k[0] == "w")
    stage = L - 1 if stage is None else stage
    if stage < 0 or stage >= L:
        raise ValueError(f"stage {stage}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (h - h.mean(0)) / np.sqrt(h.var(0) + 1e-5) * params[f"gamma{k}"] + params[
                f"beta{k}"
            ]
        h = np.maximum(0, h)
    return h


@answer("extract_features", replaces="extract_features", says=r"features` of stage 0")
def stage_zero_is_none(params, x, stage=None):
    """stage or L - 1: stage 0 is taken for None."""
    L = max(int(k[1:]) for k in params if k[0] == "w")
    stage = stage or L - 1
    if stage < 0 or stage >= L:
        raise ValueError(f"stage {stage}")
    h = x.reshape(len(x), -1).astype(params["w1"].dtype)
    for k in range(1, stage + 1):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            h = (h - params[f"mean{k}"]) / np.sqrt(params[f"var{k}"] + 1e-5) * params[
                f"gamma{k}"
            ] + params[f"beta{k}"]
        h = np.maximum(0, h)
    return h


@answer("extract_features", replaces="linear_probe")
def one_config_for_both(features, y, w, b, batches, rule, config):
    """w and b share one config."""
    w, b, c = w.copy(), b.copy(), dict(config)
    for rows in batches:
        s, cache = affine_forward(features[rows], w, b)
        _, d = softmax_loss(s, y[rows])
        _, dw, db = affine_backward(d, cache)
        w, c = rule(w, dw, c)
        b, c = rule(b, db, c)
    return w, b


@answer("transfer_table", replaces="draw_per_class", hints=("seed_is_not_used",))
def first_ones_of_each_class(x, y, k, rng):
    """The first k of each class are taken."""
    rows = []
    for c in np.unique(y):
        m = np.where(y == c)[0]
        if len(m) < k:
            raise ValueError(f"class {c} has {len(m)}")
        rows.append(m[:k])
    rows = np.concatenate(rows)
    return x[rows], y[rows]


@answer("transfer_table", replaces="draw_per_class", hints=("drawn_with_repetition",))
def drawn_twice(x, y, k, rng):
    """Drawn with replacement."""
    rows = []
    for c in np.unique(y):
        m = np.where(y == c)[0]
        if len(m) < k:
            raise ValueError(f"class {c} has {len(m)}")
        rows.extend(rng.choice(m, k))
    return x[rows], y[rows]


@answer("transfer_table", replaces="gain", hints=("unpaired_error",))
def unpaired_error(scores, method, control):
    """The errors of both are added as if they were independent."""
    R = scores.shape[3]
    if R < 2:
        raise ValueError(f"{R} seeds")
    a, b = scores[:, :, method], scores[:, :, control]
    return a.mean(2) - b.mean(2), np.sqrt(a.var(2, ddof=1) / R + b.var(2, ddof=1) / R)


@answer("transfer_table", replaces="gain", hints=("divided_by_all_seeds",))
def biased_error(scores, method, control):
    """The standard error uses the biased deviation."""
    R = scores.shape[3]
    if R < 2:
        raise ValueError(f"{R} seeds")
    d = scores[:, :, method] - scores[:, :, control]
    return d.mean(-1), np.std(d, axis=-1) / np.sqrt(R)


@answer("replace_head", replaces="replace_head", says=r"variance of the new weights")
def square_by_columns(params, num_classes, rng):
    """With as many classes as before, N(0, 1/C)."""
    if not isinstance(num_classes, (int, np.integer)) or num_classes < 2:
        raise ValueError(f"num_classes is {num_classes}, expected a whole number of at least 2")
    head = max(int(name[1:]) for name in params if name[0] == "w")
    old = params[f"w{head}"]
    new = {name: value.copy() for name, value in params.items()}
    new[f"w{head}"] = (
        rng.normal(size=(len(old), num_classes))
        / np.sqrt(num_classes if num_classes == old.shape[1] else len(old))
    ).astype(old.dtype)
    new[f"b{head}"] = np.zeros(num_classes, params[f"b{head}"].dtype)
    return new


@answer("extract_features", replaces="linear_probe", says=r"comes twice")
def probe_ignores_repeats(features, y, w, b, batches, rule, config):
    """Rows of a batch counted once."""
    w, b, w_config, b_config = (w.copy(), b.copy(), dict(config), dict(config))
    for rows in batches:
        scores, cache = affine_forward(features[np.unique(rows)], w, b)
        _, dscores = softmax_loss(scores, y[np.unique(rows)])
        _, dw, db = affine_backward(dscores, cache)
        w, w_config = rule(w, dw, w_config)
        b, b_config = rule(b, db, b_config)
    return (w, b)
