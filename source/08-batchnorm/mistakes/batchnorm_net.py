"""What goes wrong, and what else goes right, in `batchnorm_net`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("batchnorm_net", replaces="bn_net_loss")
def one_bn_param_for_all(params, bn_params, x, y, mode, norm_forward, norm_backward):
    """All your layers use one and the same `bn_param`. Its running statistics would belong to whichever layer wrote last."""
    last = len(bn_params) + 1
    h, caches = x, []
    for k, bn_param in enumerate(bn_params, start=1):
        bn_param["mode"] = mode
        bn_param = bn_params[0]
        z, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        normed, norm_cache = norm_forward(z, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
        h, relu_cache = relu_forward(normed)
        caches.append((affine_cache, norm_cache, relu_cache))
    scores, affine_cache = affine_forward(h, params[f"w{last}"], params[f"b{last}"])
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    grads = {}
    dh, grads[f"w{last}"], grads[f"b{last}"] = affine_backward(dscores, affine_cache)
    for k in range(last - 1, 0, -1):
        affine_cache, norm_cache, relu_cache = caches[k - 1]
        dz, grads[f"gamma{k}"], grads[f"beta{k}"] = norm_backward(
            relu_backward(dh, relu_cache), norm_cache
        )
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dz, affine_cache)
    return loss, grads


@mistake(
    "batchnorm_net",
    replaces="bn_net_loss",
    change={
        'bn_param["mode"] = mode': 'bn_param["mode"] = {**bn_param, "mode": mode}',
        'bn_param["mode"]': "bn_param",
    },
)
def copies_of_bn_params():
    """You hand norm a copy of each `bn_param`. What it writes there, the running statistics, is lost when your function returns."""


@mistake(
    "batchnorm_net",
    replaces="bn_net_loss",
    change={
        '        bn_param["mode"] = mode\n': "",
        "h, relu_cache = relu_forward(normed)": 'bn_param["mode"] = mode\n        h, relu_cache = relu_forward(normed)',
    },
)
def mode_written_too_late():
    """You write the mode into the `bn_params` after norm has been called: the first forward in a new mode runs in the old one."""


@mistake(
    "batchnorm_net",
    replaces="bn_net_loss",
    change={'bn_param["mode"] = mode': 'bn_param["mode"] = "train"'},
)
def always_training():
    """Your network runs in training mode whatever `mode` says."""


@mistake("batchnorm_net", replaces="bn_net_loss")
def relu_before_batch_norm(params, bn_params, x, y, mode, norm_forward, norm_backward):
    """You normalise after the ReLU. In this network batch norm stands between the affine layer and the ReLU."""
    last = len(bn_params) + 1
    h, caches = x, []
    for k, bn_param in enumerate(bn_params, start=1):
        bn_param["mode"] = mode
        z, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        r, relu_cache = relu_forward(z)
        h, norm_cache = norm_forward(r, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
        caches.append((affine_cache, norm_cache, relu_cache))
    scores, affine_cache = affine_forward(h, params[f"w{last}"], params[f"b{last}"])
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    grads = {}
    dh, grads[f"w{last}"], grads[f"b{last}"] = affine_backward(dscores, affine_cache)
    for k in range(last - 1, 0, -1):
        affine_cache, norm_cache, relu_cache = caches[k - 1]
        dr, grads[f"gamma{k}"], grads[f"beta{k}"] = norm_backward(dh, norm_cache)
        dz = relu_backward(dr, relu_cache)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dz, affine_cache)
    return loss, grads


@mistake("batchnorm_net", replaces="bn_net_loss")
def way_back_in_the_order_of_the_way_there(
    params, bn_params, x, y, mode, norm_forward, norm_backward
):
    """In the backward pass, you go through batch norm before the ReLU. The last step of the forward pass comes first in the backward pass."""
    last = len(bn_params) + 1
    h, caches = x, []
    for k, bn_param in enumerate(bn_params, start=1):
        bn_param["mode"] = mode
        z, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        normed, norm_cache = norm_forward(z, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
        h, relu_cache = relu_forward(normed)
        caches.append((affine_cache, norm_cache, relu_cache))
    scores, affine_cache = affine_forward(h, params[f"w{last}"], params[f"b{last}"])
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    grads = {}
    dh, grads[f"w{last}"], grads[f"b{last}"] = affine_backward(dscores, affine_cache)
    for k in range(last - 1, 0, -1):
        affine_cache, norm_cache, relu_cache = caches[k - 1]
        dr, grads[f"gamma{k}"], grads[f"beta{k}"] = norm_backward(dh, norm_cache)
        dz = relu_backward(dr, relu_cache)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dz, affine_cache)
    return loss, grads


@mistake("batchnorm_net", replaces="bn_net_loss")
def gamma_and_beta_swapped(params, bn_params, x, y, mode, norm_forward, norm_backward):
    """Your gradients of gamma and beta have changed places: norm's backward returns dx, dgamma, dbeta."""
    last = len(bn_params) + 1
    h, caches = x, []
    for k, bn_param in enumerate(bn_params, start=1):
        bn_param["mode"] = mode
        z, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        normed, norm_cache = norm_forward(z, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
        h, relu_cache = relu_forward(normed)
        caches.append((affine_cache, norm_cache, relu_cache))
    scores, affine_cache = affine_forward(h, params[f"w{last}"], params[f"b{last}"])
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    grads = {}
    dh, grads[f"w{last}"], grads[f"b{last}"] = affine_backward(dscores, affine_cache)
    for k in range(last - 1, 0, -1):
        affine_cache, norm_cache, relu_cache = caches[k - 1]
        dz, grads[f"beta{k}"], grads[f"gamma{k}"] = norm_backward(
            relu_backward(dh, relu_cache), norm_cache
        )
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dz, affine_cache)
    return loss, grads


@mistake("batchnorm_net", replaces="bn_net_loss")
def relu_on_the_scores(params, bn_params, x, y, mode, norm_forward, norm_backward):
    """Your scores have been through a ReLU, which takes away all that is negative. The last affine layer stands alone."""
    last = len(bn_params) + 1
    h, caches = x, []
    for k, bn_param in enumerate(bn_params, start=1):
        bn_param["mode"] = mode
        z, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        normed, norm_cache = norm_forward(z, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
        h, relu_cache = relu_forward(normed)
        caches.append((affine_cache, norm_cache, relu_cache))
    scores, affine_cache = affine_forward(h, params[f"w{last}"], params[f"b{last}"])
    scores, last_cache = relu_forward(scores)
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    grads = {}
    dh, grads[f"w{last}"], grads[f"b{last}"] = affine_backward(
        relu_backward(dscores, last_cache), affine_cache
    )
    for k in range(last - 1, 0, -1):
        affine_cache, norm_cache, relu_cache = caches[k - 1]
        dz, grads[f"gamma{k}"], grads[f"beta{k}"] = norm_backward(
            relu_backward(dh, relu_cache), norm_cache
        )
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dz, affine_cache)
    return loss, grads


@mistake("batchnorm_net", replaces="bn_net_loss", change={'params[f"b{k}"]': '0 * params[f"b{k}"]'})
def bias_left_out():
    """Your hidden layers leave out their biases. That makes no difference in training, but in test mode the running mean is a constant, and the bias matters."""


@mistake(
    "batchnorm_net",
    replaces="fold_batchnorm",
    change={
        '(b - bn_param["running_mean"]) * scale + beta': 'beta - bn_param["running_mean"] * scale'
    },
)
def folded_without_the_bias():
    """Your folded layer has forgotten the affine layer's own bias. In training it is useless; here the running mean contains it, and it has to stay."""


@mistake(
    "batchnorm_net",
    replaces="fold_batchnorm",
    change={
        '(b - bn_param["running_mean"]) * scale + beta': 'b + beta - bn_param["running_mean"] * scale'
    },
)
def folded_bias_not_scaled():
    """In your folded bias, `b` is added as it is. It passes through batch norm as x w does: what happens to it there?"""


@mistake(
    "batchnorm_net",
    replaces="fold_batchnorm",
    change={'(b - bn_param["running_mean"]) * scale': 'b * scale - bn_param["running_mean"]'},
)
def folded_mean_not_scaled():
    """In your folded bias, the running mean is taken away as it is. It is taken away before the stretching, so it is stretched too."""


@mistake(
    "batchnorm_net",
    replaces="fold_batchnorm",
    change={
        '(b - bn_param["running_mean"]) * scale + beta': '(b - bn_param["running_mean"] + beta) * scale'
    },
)
def folded_beta_scaled():
    """In your folded bias, `beta` is multiplied as well. It is added after the stretching."""


@mistake(
    "batchnorm_net",
    replaces="fold_batchnorm",
    change={'bn_param["running_var"] + bn_param.get("eps", 1e-5)': 'bn_param["running_var"]'},
)
def folded_without_eps():
    """Your folded layer divides by the running deviation without `eps`, or with another eps than the layer's: look at what test mode divides by."""


@mistake("batchnorm_net", replaces=("bn_net_loss",))
def a_mode_that_is_there_stays():
    """A mode that is already in `bn_params` stays there (`setdefault`). The second call may be in the other mode: write it each time."""
    inner = bn_net_loss

    def loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        return inner(
            params, bn_params, x, y, bn_params[0].get("mode", mode), norm_forward, norm_backward
        )

    return loss


@mistake("batchnorm_net", replaces=("bn_net_loss", "calls_remembered"))
def forward_run_twice():
    """You run the layers forward twice in one call. Each forward in training moves the running statistics: once is enough."""
    inner = bn_net_loss

    def loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        scores = inner(params, bn_params, x, None, mode, norm_forward, norm_backward)
        return (
            scores
            if y is None
            else inner(params, bn_params, x, y, mode, norm_forward, norm_backward)
        )

    return loss, None  # the other one is defined again after all cells, and shows what is kept


@mistake("batchnorm_net", replaces=("bn_net_loss",))
def biases_useless_in_test_too():
    """You set the gradients of the hidden biases to zero in test mode as well. There, the running mean is a constant, and the biases count."""
    inner = bn_net_loss

    def loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        answer = inner(params, bn_params, x, y, mode, norm_forward, norm_backward)
        if y is not None:
            answer[1].update(
                {f"b{k}": np.zeros_like(answer[1][f"b{k}"]) for k in range(1, len(bn_params) + 1)}
            )
        return answer

    return loss


@mistake("batchnorm_net", replaces=("fold_batchnorm",))
def rows_scaled_in_a_square_layer():
    """You scale the rows of `w`. One factor belongs to each output, that is, to each column; in a square layer the shapes do not tell."""
    inner = fold_batchnorm

    def fold(w, b, gamma, beta, bn_param):
        new_w, new_b = inner(w, b, gamma, beta, bn_param)
        scale = gamma / np.sqrt(bn_param["running_var"] + bn_param.get("eps", 1e-5))
        return (w * scale[:, None] if w.shape[0] == w.shape[1] else new_w), new_b

    return fold


@mistake("batchnorm_net", replaces="fold_batchnorm")
def folded_eps_outside_the_root(w, b, gamma, beta, bn_param):
    """In your folded layer, `eps` is added to the root. Batch norm adds it to the variance, inside."""
    scale = gamma / (np.sqrt(bn_param["running_var"]) + bn_param.get("eps", 1e-5))
    return w * scale, (b - bn_param["running_mean"]) * scale + beta


@variant("batchnorm_net", replaces=("bn_net_loss", "fold_batchnorm"))
def stack_of_ways_back():
    """Each layer pushes its way back on a stack; folding probes batch norm with the unit vectors."""

    def bn_net_loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        back, h = [], x
        for bn_param in bn_params:
            bn_param.update(mode=mode)

        def layer(forward, backward, names, *more):
            nonlocal h
            h, cache = forward(h, *(params[name] for name in names), *more)

            def way_back(dout):
                found = backward(dout, cache)
                first, *rest = found if isinstance(found, tuple) else (found,)
                return first, dict(zip(names, rest))

            back.append(way_back)

        for k, bn_param in enumerate(bn_params):
            layer(affine_forward, affine_backward, [f"w{k + 1}", f"b{k + 1}"])
            layer(norm_forward, norm_backward, [f"gamma{k + 1}", f"beta{k + 1}"], bn_param)
            layer(relu_forward, relu_backward, [])
        end = len(bn_params) + 1
        layer(affine_forward, affine_backward, [f"w{end}", f"b{end}"])
        if y is None:
            return h
        loss, dout = softmax_loss(h, y)
        grads = {}
        while back:
            dout, more = back.pop()(dout)
            grads.update(more)
        return loss, grads

    def fold_batchnorm(w, b, gamma, beta, bn_param):
        def layer(z):
            return (
                gamma
                * (z - bn_param["running_mean"])
                / (bn_param["running_var"] + bn_param.get("eps", 1e-5)) ** 0.5
                + beta
            )

        bias = layer(b)
        return layer(w + b) - bias, bias

    return bn_net_loss, fold_batchnorm


@variant("batchnorm_net", replaces=("bn_net_loss", "fold_batchnorm"))
def recursive():
    """Calls itself for the rest of the network; biases' gradients in training are set to exact zeros."""

    def bn_net_loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        for bn_param in bn_params:
            bn_param["mode"] = mode

        def rest(h, k):
            z, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
            if k > len(bn_params):
                if y is None:
                    return z
                loss, dz = softmax_loss(z, y)
                dh, dw, db = affine_backward(dz, affine_cache)
                return loss, dh, {f"w{k}": dw, f"b{k}": db}
            normed, norm_cache = norm_forward(
                z, params[f"gamma{k}"], params[f"beta{k}"], bn_params[k - 1]
            )
            active, relu_cache = relu_forward(normed)
            found = rest(active, k + 1)
            if y is None:
                return found
            loss, dactive, grads = found
            dz, dgamma, dbeta = norm_backward(relu_backward(dactive, relu_cache), norm_cache)
            dh, dw, db = affine_backward(dz, affine_cache)
            if mode == "train":
                db = np.zeros_like(db)
            return (
                loss,
                dh,
                {**grads, f"w{k}": dw, f"b{k}": db, f"gamma{k}": dgamma, f"beta{k}": dbeta},
            )

        found = rest(x, 1)
        return found if y is None else (found[0], found[2])

    def fold_batchnorm(w, b, gamma, beta, bn_param):
        root = np.sqrt(bn_param["running_var"] + bn_param.get("eps", 1e-5))
        return np.einsum("dm,m,m->dm", w, gamma, 1 / root), gamma * (
            b / root - bn_param["running_mean"] / root
        ) + beta

    return bn_net_loss, fold_batchnorm


@variant("batchnorm_net", replaces=("bn_net_loss", "fold_batchnorm"))
def blocks_as_objects():
    """An object for each block of affine, norm and ReLU; folding by a diagonal matrix."""

    class Block:
        def __init__(self, k, params, bn_param, mode):
            self.names = [f"w{k}", f"b{k}", f"gamma{k}", f"beta{k}"]
            self.values, self.bn_param = [params[name] for name in self.names], bn_param
            bn_param["mode"] = mode

        def forward(self, h, norm_forward):
            w, b, gamma, beta = self.values
            z, self.affine = affine_forward(h, w, b)
            z, self.norm = norm_forward(z, gamma, beta, self.bn_param)
            h, self.relu = relu_forward(z)
            return h

        def backward(self, dh, norm_backward):
            dz, dgamma, dbeta = norm_backward(relu_backward(dh, self.relu), self.norm)
            dh, dw, db = affine_backward(dz, self.affine)
            return dh, dict(zip(self.names, (dw, db, dgamma, dbeta)))

    def loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        blocks = [
            Block(number + 1, params, bn_param, mode) for number, bn_param in enumerate(bn_params)
        ]
        for block in blocks:
            x = block.forward(x, norm_forward)
        top = str(len(blocks) + 1)
        scores, cache = affine_forward(x, params["w" + top], params["b" + top])
        if y is None:
            return scores
        value, dscores = softmax_loss(scores, y)
        dh, dw, db = affine_backward(dscores, cache)
        grads = {"w" + top: dw, "b" + top: db}
        for block in reversed(blocks):
            dh, more = block.backward(dh, norm_backward)
            grads |= more
        return value, grads

    def fold(w, b, gamma, beta, bn_param):
        eps = bn_param["eps"] if "eps" in bn_param else 1e-5
        stretch = np.diag(gamma * (bn_param["running_var"] + eps) ** -0.5)
        return w @ stretch, (b - bn_param["running_mean"]) @ stretch + beta

    return loss, fold


@variant("batchnorm_net", replaces=("bn_net_loss", "fold_batchnorm"))
def all_caches_in_a_dictionary():
    """Loops over numbers, with caches by name in a dictionary; folding in place on copies."""

    def loss(params, bn_params, x, y, mode, norm_forward, norm_backward):
        L, caches, h = len(bn_params), {}, x
        for k in range(L):
            bn_params[k]["mode"] = mode
            h, caches["a", k] = affine_forward(h, params[f"w{k + 1}"], params[f"b{k + 1}"])
            h, caches["n", k] = norm_forward(
                h, params[f"gamma{k + 1}"], params[f"beta{k + 1}"], bn_params[k]
            )
            h, caches["r", k] = relu_forward(h)
        h, caches["a", L] = affine_forward(h, params[f"w{L + 1}"], params[f"b{L + 1}"])
        if y is None:
            return h
        value, d = softmax_loss(h, y)
        grads = dict.fromkeys(params)
        k = L
        while True:
            d, grads[f"w{k + 1}"], grads[f"b{k + 1}"] = affine_backward(d, caches["a", k])
            if k == 0:
                return value, grads
            k -= 1
            d = relu_backward(d, caches["r", k])
            d, grads[f"gamma{k + 1}"], grads[f"beta{k + 1}"] = norm_backward(d, caches["n", k])

    def fold(w, b, gamma, beta, bn_param):
        std = np.sqrt(bn_param["running_var"] + bn_param.get("eps", 1e-5))
        weights, bias = 1.0 * w, 1.0 * b
        weights /= std
        weights *= gamma
        bias -= bn_param["running_mean"]
        bias /= std
        bias *= gamma
        bias += beta
        return weights, bias

    return loss, fold
