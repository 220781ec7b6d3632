"""Known mistakes and right variants of `net`; the mistakes are such that a net for `result` still learns by them."""

import numpy as np

from autograder.bank import mistake, variant


@mistake("net", replaces="net_loss")
def penalty_on_all_parameters(params, x, y, options, rng=None):
    """Your penalty counts more than the weights. Biases, and the gamma and beta of batch norm, are no weights: which names does the sum in the formula run over?"""
    scores, caches, statistics = _forward(params, x, "train", options.get("keep_prob", 1.0), rng)
    loss, dh = softmax_loss(scores, y)
    grads = {}
    for k in range(len(caches), 0, -1):
        affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
        if relu_cache is not None:
            dh = relu_backward(dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache)
        if norm_cache is not None:
            dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
    for name in grads:
        penalty, dw = l2_loss(params[name], options.get("reg", 0.0))
        loss, grads[name] = loss + penalty, grads[name] + dw
    return loss, grads, statistics


@mistake("net", replaces="net_loss")
def penalty_without_gradient(params, x, y, options, rng=None):
    """The penalty is in your loss, and not in the gradients: then it costs, and changes nothing. What does `l2_loss` give besides the loss?"""
    scores, caches, statistics = _forward(params, x, "train", options.get("keep_prob", 1.0), rng)
    loss, dh = softmax_loss(scores, y)
    grads = {}
    for k in range(len(caches), 0, -1):
        affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
        if relu_cache is not None:
            dh = relu_backward(dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache)
        if norm_cache is not None:
            dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
        loss = loss + l2_loss(params[f"w{k}"], options.get("reg", 0.0))[0]
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
    return loss, grads, statistics


@mistake("net", replaces="net_loss")
def gradient_without_penalty(params, x, y, options, rng=None):
    """The penalty is in your gradients, and not in the loss that you return. Each is the slope of the other, or a gradient check fails."""
    scores, caches, statistics = _forward(params, x, "train", options.get("keep_prob", 1.0), rng)
    loss, dh = softmax_loss(scores, y)
    grads = {}
    for k in range(len(caches), 0, -1):
        affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
        if relu_cache is not None:
            dh = relu_backward(dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache)
        if norm_cache is not None:
            dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
        grads[f"w{k}"] = grads[f"w{k}"] + options.get("reg", 0.0) * params[f"w{k}"]
    return loss, grads, statistics


@mistake("net", replaces=("_forward", "net_loss", "net_scores"))
def dropout_on_the_scores():
    """You drop scores as well. Dropout follows the hidden layers; what the last one gives are the answers themselves."""

    def forward(params, x, mode, keep_prob, rng):
        last = sum(name.startswith("w") for name in params)
        h, caches, statistics = x, [], {}
        for k in range(1, last + 1):
            h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
            norm_cache = relu_cache = dropout_cache = None
            if f"gamma{k}" in params:
                bn_param = {"mode": mode, **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")}}
                h, norm_cache = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
                statistics |= {f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")}
            if k < last:
                h, relu_cache = relu_forward(h)
            if keep_prob != 1:
                h, dropout_cache = dropout_forward(h, {"keep_prob": keep_prob, "mode": mode, "rng": rng})
            caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
        return h, caches, statistics

    return forward, net_loss, net_scores


@mistake("net", replaces=("_forward", "net_loss", "net_scores"))
def keep_prob_taken_for_the_share_dropped():
    """keep_prob is the share of units that is *kept*. Yours is the share that goes."""

    def forward(params, x, mode, keep_prob, rng):
        last = sum(name.startswith("w") for name in params)
        h, caches, statistics = x, [], {}
        for k in range(1, last + 1):
            h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
            norm_cache = relu_cache = dropout_cache = None
            if f"gamma{k}" in params:
                bn_param = {"mode": mode, **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")}}
                h, norm_cache = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
                statistics |= {f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")}
            if k < last:
                h, relu_cache = relu_forward(h)
                if keep_prob != 1:
                    h, dropout_cache = dropout_forward(h, {"keep_prob": 1 - keep_prob, "mode": mode, "rng": rng})
            caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
        return h, caches, statistics

    return forward, net_loss, net_scores


@mistake("net", replaces=("_forward", "net_loss", "net_scores"))
def batch_norm_after_relu():
    """Your batch norm stands after the ReLU. In this net it stands before it: the order is in the formula."""

    def forward(params, x, mode, keep_prob, rng):
        last = sum(name.startswith("w") for name in params)
        h, caches, statistics = x, [], {}
        for k in range(1, last + 1):
            h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
            norm_cache = relu_cache = dropout_cache = None
            if k < last:
                h, relu_cache = relu_forward(h)
            if f"gamma{k}" in params:
                bn_param = {"mode": mode, **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")}}
                h, norm_cache = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
                statistics |= {f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")}
            if k < last and keep_prob != 1:
                h, dropout_cache = dropout_forward(h, {"keep_prob": keep_prob, "mode": mode, "rng": rng})
            caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
        return h, caches, statistics

    return forward, net_loss, net_scores


@mistake("net", replaces="init_net")
def variance_of_one_over_fan_in(sizes, rng, batchnorm=False, dtype=np.float64):
    """Your weights have half of He's variance. Which scheme makes up for what ReLU throws away?"""
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes}, expected at least two numbers")
    params = {}
    for k, (fan_in, fan_out) in enumerate(zip(sizes[:-1], sizes[1:]), start=1):
        params[f"w{k}"] = init_weights(fan_in, fan_out, "lecun", rng, dtype=dtype)
        params[f"b{k}"] = np.zeros(fan_out, dtype)
        if batchnorm and k < len(sizes) - 1:
            params |= {f"gamma{k}": np.ones(fan_out, dtype), f"beta{k}": np.zeros(fan_out, dtype)}
            params |= {f"running_mean{k}": np.zeros(fan_out, dtype), f"running_var{k}": np.ones(fan_out, dtype)}
    return params


@variant("net", replaces=("net_loss", "net_scores"))
def as_a_list_of_layers():
    """Every step of the way leaves behind a function that goes back through it."""

    def walk(params, x, mode, keep_prob, rng, back, grads, statistics):
        depth = max(int(name[1:]) for name in params if name[0] == "w")
        for k in range(1, depth + 1):
            x, cache = affine_forward(x, params[f"w{k}"], params[f"b{k}"])
            back.append((affine_backward, cache, (f"w{k}", f"b{k}")))
            if f"gamma{k}" in params:
                memory = {"mode": mode, "running_mean": params[f"running_mean{k}"], "running_var": params[f"running_var{k}"]}
                x, cache = batchnorm_forward(x, params[f"gamma{k}"], params[f"beta{k}"], memory)
                back.append((batchnorm_backward, cache, (f"gamma{k}", f"beta{k}")))
                statistics[f"running_mean{k}"], statistics[f"running_var{k}"] = memory["running_mean"], memory["running_var"]
            if k < depth:
                x, cache = relu_forward(x)
                back.append((relu_backward, cache, ()))
                if mode == "train" and keep_prob < 1:
                    x, cache = dropout_forward(x, {"keep_prob": keep_prob, "mode": mode, "rng": rng})
                    back.append((dropout_backward, cache, ()))
        return x

    def loss(params, x, y, options, rng=None):
        back, grads, statistics = [], {}, {}
        value, d = softmax_loss(walk(params, x, "train", options.get("keep_prob", 1), rng, back, grads, statistics), y)
        for backward, cache, names in reversed(back):
            found = backward(d, cache)
            d = found[0] if names else found
            grads.update(zip(names, found[1:] if names else ()))
        for name in [name for name in params if name[0] == "w"]:
            penalty, dw = l2_loss(params[name], options.get("reg", 0))
            value, grads[name] = value + penalty, grads[name] + dw
        return value, grads, statistics

    def scores(params, x):
        return walk(params, x, "test", 1, None, [], {}, {})

    return loss, scores


@variant("net", replaces="net_scores")
def scores_from_folded_layers(params, x):
    """Batch norm in use is affine, and is multiplied into the weights."""
    k = 1
    while f"w{k}" in params:
        w, b = params[f"w{k}"], params[f"b{k}"]
        if f"gamma{k}" in params:
            slope = params[f"gamma{k}"] / np.sqrt(params[f"running_var{k}"] + x.dtype.type(1e-5))
            w, b = w * slope, (b - params[f"running_mean{k}"]) * slope + params[f"beta{k}"]
        x = x @ w + b
        k += 1
        if f"w{k}" in params:
            x = x * (x > 0)
    return x


@variant("net", replaces="init_net")
def init_without_helpers(sizes, rng, batchnorm=False, dtype=np.float64):
    """Draws the weights by itself, and the rest from a table."""
    if len(sizes) <= 1:
        raise ValueError(f"{len(sizes)} sizes, expected 2 or more")
    params, last = {}, len(sizes) - 1
    for k in range(1, last + 1):
        D, H = sizes[k - 1 : k + 1]
        params[f"w{k}"] = (rng.standard_normal((D, H)) * (2 / D) ** 0.5).astype(dtype)
        names = {"b": 0.0} | ({"gamma": 1.0, "beta": 0.0, "running_mean": 0.0, "running_var": 1.0} if batchnorm and k < last else {})
        for name, value in names.items():
            params[f"{name}{k}"] = np.full(H, value, dtype=dtype)
    return params
