"""Known mistakes and right variants of `net`; the mistakes are such that a net for `result` still learns by them."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("net", replaces="net_loss")
def penalty_on_all_parameters(params, x, y, options, rng=None):
    """Your penalty counts more than the weights. Biases, and the gamma and beta of batch norm, are no weights: which names does the sum in the formula run over?"""
    scores, caches, statistics = _forward(params, x, "train", options.get("keep_prob", 1.0), rng)
    loss, dh = softmax_loss(scores, y)
    grads = {}
    for k in range(len(caches), 0, -1):
        affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
        if relu_cache is not None:
            dh = relu_backward(
                dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache
            )
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
            dh = relu_backward(
                dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache
            )
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
            dh = relu_backward(
                dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache
            )
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
                bn_param = {
                    "mode": mode,
                    **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
                }
                h, norm_cache = batchnorm_forward(
                    h, params[f"gamma{k}"], params[f"beta{k}"], bn_param
                )
                statistics |= {
                    f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")
                }
            if k < last:
                h, relu_cache = relu_forward(h)
            if keep_prob != 1:
                h, dropout_cache = dropout_forward(
                    h, {"keep_prob": keep_prob, "mode": mode, "rng": rng}
                )
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
                bn_param = {
                    "mode": mode,
                    **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
                }
                h, norm_cache = batchnorm_forward(
                    h, params[f"gamma{k}"], params[f"beta{k}"], bn_param
                )
                statistics |= {
                    f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")
                }
            if k < last:
                h, relu_cache = relu_forward(h)
                if keep_prob != 1:
                    h, dropout_cache = dropout_forward(
                        h, {"keep_prob": 1 - keep_prob, "mode": mode, "rng": rng}
                    )
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
                bn_param = {
                    "mode": mode,
                    **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
                }
                h, norm_cache = batchnorm_forward(
                    h, params[f"gamma{k}"], params[f"beta{k}"], bn_param
                )
                statistics |= {
                    f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")
                }
            if k < last and keep_prob != 1:
                h, dropout_cache = dropout_forward(
                    h, {"keep_prob": keep_prob, "mode": mode, "rng": rng}
                )
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
            params |= {
                f"running_mean{k}": np.zeros(fan_out, dtype),
                f"running_var{k}": np.ones(fan_out, dtype),
            }
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
                memory = {
                    "mode": mode,
                    "running_mean": params[f"running_mean{k}"],
                    "running_var": params[f"running_var{k}"],
                }
                x, cache = batchnorm_forward(x, params[f"gamma{k}"], params[f"beta{k}"], memory)
                back.append((batchnorm_backward, cache, (f"gamma{k}", f"beta{k}")))
                statistics[f"running_mean{k}"], statistics[f"running_var{k}"] = (
                    memory["running_mean"],
                    memory["running_var"],
                )
            if k < depth:
                x, cache = relu_forward(x)
                back.append((relu_backward, cache, ()))
                if mode == "train" and keep_prob < 1:
                    x, cache = dropout_forward(
                        x, {"keep_prob": keep_prob, "mode": mode, "rng": rng}
                    )
                    back.append((dropout_backward, cache, ()))
        return x

    def loss(params, x, y, options, rng=None):
        back, grads, statistics = [], {}, {}
        value, d = softmax_loss(
            walk(params, x, "train", options.get("keep_prob", 1), rng, back, grads, statistics), y
        )
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
        names = {"b": 0.0} | (
            {"gamma": 1.0, "beta": 0.0, "running_mean": 0.0, "running_var": 1.0}
            if batchnorm and k < last
            else {}
        )
        for name, value in names.items():
            params[f"{name}{k}"] = np.full(H, value, dtype=dtype)
    return params


@variant("net", replaces=("net_loss", "net_scores"))
def by_recursion():
    """Each layer asks the next for the loss and for the gradient of what it passes on."""

    def number_of_layers(params):
        return len([name for name in params if name.startswith("b") and name[1:].isdigit()])

    def loss(params, x, y, options, rng=None):
        keep, reg, last = (
            options.get("keep_prob", 1),
            options.get("reg", 0),
            number_of_layers(params),
        )
        grads, statistics = {}, {}

        def rest(h, k):
            w = params[f"w{k}"]
            penalty, dw = l2_loss(w, reg)
            z, affine = affine_forward(h, w, params[f"b{k}"])
            if k == last:
                value, dz = softmax_loss(z, y)
            else:
                norm, drop = None, None
                if f"gamma{k}" in params:
                    bn_param = dict(
                        mode="train",
                        running_mean=params[f"running_mean{k}"],
                        running_var=params[f"running_var{k}"],
                    )
                    z, norm = batchnorm_forward(
                        z, params[f"gamma{k}"], params[f"beta{k}"], bn_param
                    )
                    statistics.update(
                        {
                            f"running_mean{k}": bn_param["running_mean"],
                            f"running_var{k}": bn_param["running_var"],
                        }
                    )
                a, relu = relu_forward(z)
                if keep < 1:
                    a, drop = dropout_forward(a, dict(mode="train", keep_prob=keep, rng=rng))
                value, da = rest(a, k + 1)
                if keep < 1:
                    da = dropout_backward(da, drop)
                dz = relu_backward(da, relu)
                if norm is not None:
                    dz, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dz, norm)
            dh, own, grads[f"b{k}"] = affine_backward(dz, affine)
            grads[f"w{k}"] = own + dw
            return value + penalty, dh

        value, _ = rest(x, 1)
        return value, grads, statistics

    def scores(params, x, k=1):
        z, _ = affine_forward(x, params[f"w{k}"], params[f"b{k}"])
        if k == number_of_layers(params):
            return z
        if f"gamma{k}" in params:
            bn_param = {
                "mode": "test",
                "running_mean": params[f"running_mean{k}"],
                "running_var": params[f"running_var{k}"],
            }
            z, _ = batchnorm_forward(z, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
        return scores(params, relu_forward(z)[0], k + 1)

    return loss, scores


@variant("net", replaces=("net_loss", "net_scores"))
def layers_as_dataclasses():
    """A class for each kind of layer, and a net that is a list of them; the functions only hand over."""
    from dataclasses import dataclass, field

    @dataclass
    class Layer:
        k: int
        params: dict
        kept: object = None
        grads: dict = field(default_factory=dict)
        statistics: dict = field(default_factory=dict)

    class Affine(Layer):
        def forward(self, h):
            out, self.kept = affine_forward(h, self.params[f"w{self.k}"], self.params[f"b{self.k}"])
            return out

        def backward(self, d):
            d, self.grads[f"w{self.k}"], self.grads[f"b{self.k}"] = affine_backward(d, self.kept)
            return d

    @dataclass
    class Norm(Layer):
        mode: str = "train"

        def forward(self, h):
            names = ("running_mean", "running_var")
            memory = {"mode": self.mode} | {name: self.params[f"{name}{self.k}"] for name in names}
            out, self.kept = batchnorm_forward(
                h, self.params[f"gamma{self.k}"], self.params[f"beta{self.k}"], memory
            )
            self.statistics = {f"{name}{self.k}": memory[name] for name in names}
            return out

        def backward(self, d):
            d, self.grads[f"gamma{self.k}"], self.grads[f"beta{self.k}"] = batchnorm_backward(
                d, self.kept
            )
            return d

    class Rectifier(Layer):
        def forward(self, h):
            out, self.kept = relu_forward(h)
            return out

        def backward(self, d):
            return relu_backward(d, self.kept)

    @dataclass
    class Dropout(Layer):
        keep_prob: float = 1.0
        rng: object = None

        def forward(self, h):
            out, self.kept = dropout_forward(
                h, {"keep_prob": self.keep_prob, "mode": "train", "rng": self.rng}
            )
            return out

        def backward(self, d):
            return dropout_backward(d, self.kept)

    def layers(params, mode, keep_prob, rng):
        last = sum(name[0] == "w" for name in params)
        for k in range(1, last + 1):
            yield Affine(k, params)
            if k < last:
                if f"gamma{k}" in params:
                    yield Norm(k, params, mode=mode)
                yield Rectifier(k, params)
                if keep_prob != 1:
                    yield Dropout(k, params, keep_prob=keep_prob, rng=rng)

    def loss(params, x, y, options, rng=None):
        net = list(layers(params, "train", options.get("keep_prob", 1.0), rng))
        for layer in net:
            x = layer.forward(x)
        total, d = softmax_loss(x, y)
        for layer in net[::-1]:
            d = layer.backward(d)
        grads = {name: grad for layer in net for name, grad in layer.grads.items()}
        for name in grads:
            if name.startswith("w"):
                penalty, dw = l2_loss(params[name], options.get("reg", 0.0))
                total, grads[name] = total + penalty, grads[name] + dw
        return (
            total,
            grads,
            {name: value for layer in net for name, value in layer.statistics.items()},
        )

    def scores(params, x):
        for layer in layers(params, "test", 1, None):
            x = layer.forward(x)
        return x

    return loss, scores


@variant("net", replaces=("net_loss", "net_scores"))
def written_out_without_helpers():
    """No layer of the earlier assignments: every formula stands here, with einsum and the batch norm's gradient in one line."""

    def loss(params, x, y, options, rng=None):
        keep, reg = options.get("keep_prob", 1.0), options.get("reg", 0.0)
        depth = max(int(name[1:]) for name in params if name[0] == "w")
        inputs, ways, statistics, h = [], [], {}, x
        for k in range(1, depth):
            inputs.append(h)
            z, std = np.einsum("nd,dh->nh", h, params[f"w{k}"]) + params[f"b{k}"], None
            if f"gamma{k}" in params:
                mean, var = z.mean(0), z.var(0)
                old_mean, old_var = params[f"running_mean{k}"], params[f"running_var{k}"]
                statistics[f"running_mean{k}"] = old_mean + (mean - old_mean) * h.dtype.type(0.1)
                statistics[f"running_var{k}"] = old_var + (var - old_var) * h.dtype.type(0.1)
                std = np.sqrt(var + h.dtype.type(1e-5))
                z = (z - mean) / std
            normed = z
            if std is not None:
                z = params[f"gamma{k}"] * z + params[f"beta{k}"]
            open_ = (z > 0).astype(z.dtype)
            if keep < 1:
                open_ *= (rng.random(z.shape) < keep) * z.dtype.type(1 / keep)
            ways.append((normed, std, open_))
            h = z * open_
        inputs.append(h)
        scores = np.einsum("nd,dh->nh", h, params[f"w{depth}"]) + params[f"b{depth}"]
        N, C = scores.shape
        wanted = np.eye(C, dtype=scores.dtype)[y] if y.ndim == 1 else y.astype(scores.dtype)
        top = scores.max(1)
        log_sum = top + np.log(np.exp(scores - top[:, None]).sum(1))
        value = float((log_sum * wanted.sum(1) - (wanted * scores).sum(1)).mean())
        d = (np.exp(scores - log_sum[:, None]) - wanted) / N
        grads = {}
        for k in range(depth, 0, -1):
            w = params[f"w{k}"]
            if k < depth:
                normed, std, open_ = ways[k - 1]
                d = d * open_
                if std is not None:
                    grads[f"gamma{k}"], grads[f"beta{k}"] = (
                        np.einsum("nh,nh->h", d, normed),
                        d.sum(0),
                    )
                    d = (
                        params[f"gamma{k}"]
                        / std
                        * (d - (grads[f"beta{k}"] + normed * grads[f"gamma{k}"]) / N)
                    )
            grads[f"w{k}"] = np.einsum("nd,nh->dh", inputs[k - 1], d) + reg * w
            grads[f"b{k}"] = d.sum(0)
            value += reg / 2 * float(np.einsum("dh,dh->", w, w))
            d = np.einsum("nh,dh->nd", d, w)
        return value, grads, statistics

    def scores(params, x):
        depth = max(int(name[1:]) for name in params if name[0] == "w")
        for k in range(1, depth + 1):
            x = x @ params[f"w{k}"] + params[f"b{k}"]
            if f"gamma{k}" in params:
                centred = x - params[f"running_mean{k}"]
                x = (
                    centred
                    * params[f"gamma{k}"]
                    / (params[f"running_var{k}"] + x.dtype.type(1e-5)) ** 0.5
                    + params[f"beta{k}"]
                )
            if k != depth:
                x = np.where(x < 0, x.dtype.type(0), x)
        return x

    return loss, scores


@variant("net", replaces="init_net")
def init_by_a_generator(sizes, rng, batchnorm=False, dtype=np.float64):
    """Names and arrays come out of a generator, layer by layer; the weights are drawn by the given scheme."""
    sizes = list(sizes)
    if not sizes[1:]:
        raise ValueError(f"sizes is {sizes}, expected inputs and classes at least")

    def arrays(k, D, H, hidden):
        yield "w", init_weights(D, H, "he", rng)
        yield "b", np.zeros(H)
        if hidden and batchnorm:
            yield from zip(
                ("gamma", "beta", "running_mean", "running_var"),
                np.repeat([[1], [0], [0], [1]], H, axis=1),
            )

    layers = [(k + 1, *sizes[k : k + 2], k + 2 < len(sizes)) for k in range(len(sizes) - 1)]
    return {
        f"{name}{layer[0]}": array.astype(dtype)
        for layer in layers
        for name, array in arrays(*layer)
    }
