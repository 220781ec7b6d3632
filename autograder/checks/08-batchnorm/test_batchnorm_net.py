"""Question `batchnorm_net`: the right layers in the right order, each with its own memory, and batch norm folded away."""

import numpy as np

from autograder.checking import check, compare, rules


class Norm:
    """Batch norm on the grader's side, which notes what it is asked; its caches stay on this side."""

    def __init__(self):
        self.asked = []
        self.pair = (self.forward, self.backward)

    def forward(self, x, gamma, beta, bn_param):
        self.asked.append((np.shape(x), bn_param.get("layer"), bn_param.get("mode")))
        if bn_param.get("mode") == "test":
            mean, var = bn_param["running_mean"], bn_param["running_var"]
        else:
            mean, var = x.mean(axis=0), x.var(axis=0)
        std = np.sqrt(var + 1e-2)
        x_hat = (x - mean) / std
        return gamma * x_hat + beta, Cache(x_hat, gamma / std, bn_param.get("mode") == "test")

    def backward(self, dout, cache):
        if not isinstance(cache, Cache):
            raise TypeError("norm's backward was handed something else than a cache of norm's forward")
        dx = cache.slope * dout
        if not cache.frozen:
            dx = dx - cache.slope * (dout.mean(axis=0) + cache.x_hat * (dout * cache.x_hat).mean(axis=0))
        return dx, (dout * cache.x_hat).sum(axis=0), dout.sum(axis=0)


class Cache:
    """What a layer keeps for its way back."""

    def __init__(self, x_hat, slope, frozen):
        self.x_hat, self.slope, self.frozen = x_hat, slope, frozen


def draw(rng, sizes, N=6):
    """params with no value at its usual one, bn_params that say which layer's they are, x and y."""
    params = {}
    for k in range(1, len(sizes)):
        params[f"w{k}"] = rng.normal(size=sizes[k - 1 : k + 1])
        params[f"b{k}"] = rng.normal(size=sizes[k])
        if k < len(sizes) - 1:
            params[f"gamma{k}"] = rng.choice([-1, 1], sizes[k]) * rng.uniform(0.5, 2, sizes[k])
            params[f"beta{k}"] = rng.normal(size=sizes[k])
    bn_params = [
        {"layer": k, "running_mean": rng.normal(size=sizes[k]), "running_var": rng.uniform(0.5, 2, sizes[k])}
        for k in range(1, len(sizes) - 1)
    ]
    return params, bn_params, rng.normal(size=(N, sizes[0])), rng.permutation(np.arange(N) % sizes[-1])


def scores_of(params, bn_params, x, mode):
    """The network's scores, written out."""
    norm, h = Norm(), x
    for k, bn_param in enumerate(bn_params, start=1):
        z = h @ params[f"w{k}"] + params[f"b{k}"]
        h = np.maximum(norm.forward(z, params[f"gamma{k}"], params[f"beta{k}"], {**bn_param, "mode": mode})[0], 0)
    last = len(bn_params) + 1
    return h @ params[f"w{last}"] + params[f"b{last}"]


def loss_of(scores, y):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]))


def run(student, params, bn_params, x, y, mode, norm):
    """The student's loss and gradients."""
    loss, grads = compare.pair(student.bn_net_loss(params, bn_params, x, y, mode, *norm.pair), 2, "loss, grads")
    return loss, compare.keys(grads, params, "grads")


@check("batchnorm_net", points=3)
def test_loss_and_scores(student, rng):
    """The loss in training, and the scores where `y` is None, are right, with one, two and three layers of batch norm."""
    for sizes in ((4, 5, 3), (3, 6, 5, 4), (5, 4, 6, 3, 2)):
        params, bn_params, x, y = draw(rng, sizes)
        want = scores_of(params, bn_params, x, "train")
        hint = "Affine, batch norm, ReLU, in this order; after the last affine layer, neither of the other two."
        compare.close(student.bn_net_loss(params, bn_params, x, None, "train", *Norm().pair), want, "scores", hint=hint)
        loss, _ = run(student, params, bn_params, x, y, "train", Norm())
        compare.close(loss, loss_of(want, y), "loss")


@check("batchnorm_net", points=4)
def test_gradients(student, reference, rng):
    """All gradients in training are right, those of the useless biases being zero, and agree with the slope of your own loss."""
    params, bn_params, x, y = draw(rng, (3, 5, 4, 6, 3))
    _, grads = run(student, params, bn_params, x, y, "train", Norm())
    _, want = reference.bn_net_loss(params, [dict(bn_param) for bn_param in bn_params], x, y, "train", *Norm().pair)
    for name in sorted(params):
        compare.close(grads[name], want[name], f"grads[{name!r}]", rtol=1e-6, atol=1e-10)
    direction = {name: rng.normal(size=value.shape) for name, value in params.items()}
    sides = [
        ({name: value + h * direction[name] for name, value in params.items()}, bn_params, x, y, "train", *Norm().pair)
        for h in (1e-6, -1e-6)
    ]
    up, down = (value[0] for value in student.batch("bn_net_loss", sides))
    along = sum(float(np.sum(grads[name] * direction[name])) for name in params)
    compare.close(along, (up - down) / 2e-6, "slope along a random direction", rtol=1e-5, atol=1e-7)


@check("batchnorm_net", points=2)
def test_own_bn_param(student, rng):
    """Each layer of batch norm is handed its own of the caller's `bn_params`, with the mode already in it."""
    params, bn_params, x, y = draw(rng, (4, 5, 3, 6, 2))
    for mode in ("train", "test"):
        norm = Norm()
        report = student.report("bn_net_loss", params, bn_params, x, y, mode, *norm.pair)
        compare.that(
            [shape for shape, _, _ in norm.asked] == [(6, 5), (6, 3), (6, 6)],
            "norm's forward is not called just once for each hidden layer, from the first to the last.",
        )
        compare.that(
            [layer for _, layer, _ in norm.asked] == [1, 2, 3],
            "a layer of batch norm is handed another layer's `bn_param`.",
            "The k-th layer's is bn_params[k - 1]; a shared one would mix up their statistics.",
        )
        compare.that([asked for _, _, asked in norm.asked] == [mode] * 3, "norm's forward is called with another mode than the network's.")
        left = [bn_param.get("mode") for bn_param in report.args[1]]
        compare.that(left == [mode] * 3, "the mode is not left in the caller's `bn_params`.", "What norm writes into a copy would be lost.")


@check("batchnorm_net", points=1, needs="test_loss_and_scores")
def test_test_mode(student, reference, rng):
    """In test mode, scores, loss and gradients follow from the running statistics; the biases count there."""
    params, bn_params, x, y = draw(rng, (3, 5, 4, 2))
    loss, grads = run(student, params, bn_params, x, y, "test", Norm())
    compare.close(loss, loss_of(scores_of(params, bn_params, x, "test"), y), "loss in test mode")
    _, want = reference.bn_net_loss(params, [dict(bn_param) for bn_param in bn_params], x, y, "test", *Norm().pair)
    for name in sorted(params):
        compare.close(grads[name], want[name], f"grads[{name!r}] in test mode", atol=1e-10)


def folded(student, w, b, gamma, beta, bn_param):
    return compare.pair(student.fold_batchnorm(w, b, gamma, beta, bn_param), 2, "w, b")


@check("batchnorm_net", points=3)
def test_fold(student, rng):
    """The folded layer does what the affine layer and batch norm in test do, for every input."""
    x, w, b = 9 * rng.normal(size=(7, 4)), 20 * rng.normal(size=(4, 3)), 20 * rng.normal(size=3)
    gamma, beta = rng.choice([-1, 1], 3) * rng.uniform(0.5, 2, 3), rng.normal(size=3)
    bn_param = {"mode": "test", "running_mean": 20 * rng.normal(size=3), "running_var": rng.uniform(400, 900, 3)}
    new_w, new_b = folded(student, w, b, gamma, beta, bn_param)
    compare.shape(new_w, (4, 3), "w")
    compare.shape(new_b, (3,), "b")
    normalised = (x @ w + b - bn_param["running_mean"]) / np.sqrt(bn_param["running_var"])  # so wide that eps hardly matters
    compare.close(x @ new_w + new_b, gamma * normalised + beta, "x w + b", rtol=1e-5, atol=1e-5, hint="Put in x = 0: what is left is b.")


@check("batchnorm_net", points=1, needs="test_fold")
def test_fold_eps(student, rng):
    """Folding uses the layer's own `eps`, or 1e-5 if it has none."""
    w, b, gamma, beta = rng.normal(size=(4, 3)), rng.normal(size=3), rng.uniform(0.5, 2, 3), rng.normal(size=3)
    for eps, scale in ((0.7, 1.0), (None, 1e-6)):
        bn_param = {"running_mean": rng.normal(size=3), "running_var": scale * rng.uniform(0.5, 2, 3)} | (
            {} if eps is None else {"eps": eps}
        )
        new_w, new_b = folded(student, w, b, gamma, beta, bn_param)
        factor = gamma / np.sqrt(bn_param["running_var"] + (eps or 1e-5))
        name = "" if eps else " without an eps in bn_param"
        compare.close(new_w, w * factor, "w" + name)
        compare.close(new_b, (b - bn_param["running_mean"]) * factor + beta, "b" + name)


@check("batchnorm_net", points=1, needs=("test_gradients", "test_fold"))
def test_manners(student, rng):
    """Nothing but `bn_params` is written to, float32 stays float32, and any layout will do, in both functions."""
    params, bn_params, x, y = draw(rng, (4, 5, 3))
    norm = Norm()
    rules.pure(student, "bn_net_loss", params, bn_params, x, y, "train", *norm.pair, writes=(1,))
    rules.floats(student, "bn_net_loss", params, bn_params, x, y, "train", *norm.pair, integers=False)
    rules.layouts(student, "bn_net_loss", params, bn_params, x, y, "train", *norm.pair)
    args = params["w1"], params["b1"], params["gamma1"], params["beta1"], bn_params[0]
    rules.pure(student, "fold_batchnorm", *args)
    rules.floats(student, "fold_batchnorm", *args)
    rules.layouts(student, "fold_batchnorm", *args)
