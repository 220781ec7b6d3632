"""Question `batchnorm_net`: the right layers in the right order, each with its own memory, and batch norm folded away."""

import numpy as np

from autograder.checking import check, compare, rules
from utils.difference import difference


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
            raise TypeError(
                "norm's backward was handed something else than a cache of norm's forward"
            )
        dx = cache.slope * dout
        if not cache.frozen:
            dx = dx - cache.slope * (
                dout.mean(axis=0) + cache.x_hat * (dout * cache.x_hat).mean(axis=0)
            )
        return dx, (dout * cache.x_hat).sum(axis=0), dout.sum(axis=0)


class Cache:
    """What a layer keeps for its backward pass."""

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
        {
            "layer": k,
            "running_mean": rng.normal(size=sizes[k]),
            "running_var": rng.uniform(0.5, 2, sizes[k]),
        }
        for k in range(1, len(sizes) - 1)
    ]
    return (
        params,
        bn_params,
        rng.normal(size=(N, sizes[0])),
        rng.permutation(np.arange(N) % sizes[-1]),
    )


def scores_of(params, bn_params, x, mode):
    """The network's scores, written out."""
    norm, h = Norm(), x
    for k, bn_param in enumerate(bn_params, start=1):
        z = h @ params[f"w{k}"] + params[f"b{k}"]
        h = np.maximum(
            norm.forward(z, params[f"gamma{k}"], params[f"beta{k}"], {**bn_param, "mode": mode})[0],
            0,
        )
    last = len(bn_params) + 1
    return h @ params[f"w{last}"] + params[f"b{last}"]


def draw_lively(rng, sizes, N, mode):
    """As `draw`, with numbers that leave each array a part in the loss, also in a network that has its ReLUs before batch norm, or one more after the scores."""
    while True:
        params, bn_params, x, y = draw(rng, sizes, N)
        if all(on_and_off(params, bn_params, x, mode, first) for first in (False, True)):
            break
    last = f"b{len(sizes) - 1}"
    lowest = min(scores_of(params, bn_params, x, one).min() for one in ("train", "test"))
    params[last] = params[last] + 1.0 - lowest  # the same for all classes, so no loss changes
    return params, bn_params, x, y


def on_and_off(params, bn_params, x, mode, relu_first):
    """Whether each layer has a unit whose ReLU passes some examples and stops others."""
    norm, h = Norm(), x
    for k, bn_param in enumerate(bn_params, start=1):
        gamma, beta, memory = params[f"gamma{k}"], params[f"beta{k}"], {**bn_param, "mode": mode}
        z = h @ params[f"w{k}"] + params[f"b{k}"]
        if not relu_first:
            z = norm.forward(z, gamma, beta, memory)[0]
        if not ((z > 0).any(axis=0) & (z < 0).any(axis=0)).any():
            return False
        h = np.maximum(z, 0)
        if relu_first:
            h = norm.forward(h, gamma, beta, memory)[0]
    return True


def loss_of(scores, y):
    shifted = scores - scores.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]))


def run(student, params, bn_params, x, y, mode, norm):
    """The student's loss and gradients."""
    loss, grads = compare.unpack(
        student.bn_net_loss(params, bn_params, x, y, mode, *norm.pair), 2, "loss, grads"
    )
    return loss, compare.keys(grads, params, "grads")


def right_scores(student, params, bn_params, x, mode):
    """Whether the student's own scores are right: if not, that is paid for in a check of its own."""
    got = student.bn_net_loss(params, bn_params, x, None, mode, *Norm().pair)
    return difference(got, scores_of(params, bn_params, x, mode)) is None


def own_slopes(student, rng, params, bn_params, x, y, mode, h=1e-6):
    """Of each array a direction, and the slope of the student's own loss along it; None where a weight has no part in it."""
    ways = {name: rng.normal(size=value.shape) for name, value in params.items()}
    sides = [
        ({**params, name: params[name] + step * way}, bn_params, x, y, mode, *Norm().pair)
        for name, way in ways.items()
        for step in (h, -h)
    ]
    losses = [
        compare.unpack(value, 2, "loss, grads")[0] for value in student.batch("bn_net_loss", sides)
    ]
    slopes = (np.array(losses, dtype=float).reshape(-1, 2) @ [1, -1]) / (2 * h)
    found = dict(zip(ways, slopes, strict=True))
    return (
        (ways, found)
        if all(abs(found[name]) > 1e-7 for name in params if not name.startswith("b"))
        else None
    )


def compare_gradients(student, rng, params, bn_params, x, y, mode, words=""):
    """All gradients against the right ones, or against slopes of the student's own loss where its network is another one."""
    _, grads = run(student, params, bn_params, x, y, mode, Norm())
    if right_scores(student, params, bn_params, x, mode):
        want = right_gradients(params, bn_params, x, y, mode)
        for name in sorted(params):
            compare.close(grads[name], want[name], f"grads[{name!r}]{words}", rtol=1e-6, atol=1e-10)
        return
    measured = own_slopes(student, rng, params, bn_params, x, y, mode)
    if measured is None:
        compare.fail(
            "Neither are the scores right, nor does your own loss depend on every weight, so that no gradient can be judged."
        )
    ways, slopes = measured
    for name in sorted(params):
        compare.shape(grads[name], params[name].shape, f"grads[{name!r}]")
        along = float(np.sum(grads[name] * ways[name]))
        compare.close(
            along,
            slopes[name],
            f"slope of grads[{name!r}]{words}, held against your own loss,",
            rtol=1e-4,
            atol=1e-6,
        )


def right_gradients(params, bn_params, x, y, mode):
    """The gradients of the network, written out from the last layer to the first."""
    norm, h, kept = Norm(), x, []
    for k, bn_param in enumerate(bn_params, start=1):
        z, cache = norm.forward(
            h @ params[f"w{k}"] + params[f"b{k}"],
            params[f"gamma{k}"],
            params[f"beta{k}"],
            {**bn_param, "mode": mode},
        )
        kept.append((h, cache, z > 0))
        h = np.maximum(z, 0)
    last = len(bn_params) + 1
    scores = h @ params[f"w{last}"] + params[f"b{last}"]
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    d = p / len(y)
    grads = {f"w{last}": h.T @ d, f"b{last}": d.sum(axis=0)}
    d = d @ params[f"w{last}"].T
    for k in range(last - 1, 0, -1):
        h, cache, active = kept[k - 1]
        dz, grads[f"gamma{k}"], grads[f"beta{k}"] = norm.backward(d * active, cache)
        grads |= {f"w{k}": h.T @ dz, f"b{k}": dz.sum(axis=0)}
        d = dz @ params[f"w{k}"].T
    return grads


@check("batchnorm_net", points=3)
def test_loss_and_scores(student, rng):
    """The loss in training, and the scores where `y` is None, are right, with one, two and three layers of batch norm."""
    for sizes, N in (
        ((4, 5, 3), 6),
        ((3, 6, 5, 4), 6),
        ((5, 4, 6, 3, 2), 5),
        ((4, 4, 4, 4), 4),
        ((3, 2, 1, 3), 3),
    ):
        params, bn_params, x, y = draw(rng, sizes, N)
        want = scores_of(params, bn_params, x, "train")
        hint = "Affine, batch norm, ReLU, in this order; after the last affine layer, neither of the other two."
        instead = (
            {"with a ReLU after the last affine layer": np.maximum(want, 0)}
            if want.min() < 0
            else {}
        )
        got = student.bn_net_loss(params, bn_params, x, None, "train", *Norm().pair)
        compare.close(got, want, "scores", hint=hint, instead=instead)
        loss, _ = run(student, params, bn_params, x, y, "train", Norm())
        compare.close(
            loss,
            loss_of(want, y),
            "loss",
            instead={"if it were a sum over the batch": N * loss_of(want, y)},
        )


@check("batchnorm_net", points=4)
def test_gradients(student, rng):
    """All gradients in training are right, those of the useless biases being zero, and agree with the slope of your own loss."""
    for sizes, N in (((3, 5, 4, 6, 3), 6), ((4, 4, 4, 4), 4), ((3, 1, 2), 5)):
        params, bn_params, x, y = draw_lively(rng, sizes, N, "train")
        compare_gradients(student, rng, params, bn_params, x, y, "train")


@check("batchnorm_net", points=2)
def test_own_bn_param(student, rng):
    """Each layer is given its own of the caller's `bn_params`, with the mode already in it, and what it writes there stays there."""
    params, bn_params, x, y = draw(rng, (4, 5, 3, 6, 2))
    memory = [dict(bn_param) for bn_param in bn_params]
    for mode in ("train", "test"):
        counts = student.calls_remembered(params, memory, x, y, mode)
        if not any(counts):
            compare.cause(
                "what norm's forward writes into its `bn_param` is not found in the caller's `bn_params` afterwards.",
                "A copy (`dict(bn_param)`, `{**bn_param}`) keeps the running statistics from the caller.",
            )
        if sorted(counts) == [0, 0, 3]:
            compare.cause(
                "all layers of batch norm write into one and the same `bn_param`.",
                "The k-th layer's is bn_params[k - 1]; in a shared one, the last layer's statistics overwrite the others'.",
            )
        compare.require(
            all(counts),
            "what norm's forward writes for one of the layers is not found in the caller's `bn_params`.",
        )
        hint = "Each forward in training moves the running statistics: once is enough."
        compare.require(
            counts == [1, 1, 1], "norm's forward is called more than once for a layer.", hint
        )
    for mode, before in (("train", None), ("test", None), ("test", "train"), ("train", "test")):
        norm, given = (
            Norm(),
            [bn_param | ({} if before is None else {"mode": before}) for bn_param in bn_params],
        )
        report = student.report("bn_net_loss", params, given, x, y, mode, *norm.pair)
        compare.require(
            [shape for shape, _, _ in norm.asked] == [(6, 5), (6, 3), (6, 6)],
            "norm's forward is not called just once for each hidden layer, from the first to the last.",
        )
        compare.require(
            [layer for _, layer, _ in norm.asked] == [1, 2, 3],
            "a layer of batch norm is given another layer's `bn_param`.",
            "The k-th layer's is bn_params[k - 1]; a shared one would mix up their statistics.",
        )
        compare.require(
            [asked for _, _, asked in norm.asked] == [mode] * 3,
            f"norm's forward is called with the mode {norm.asked[0][2]!r} in `bn_param`, where {mode!r} was expected.",
        )
        left = [bn_param.get("mode") for bn_param in report.args[1]]
        compare.require(
            left == [mode] * 3,
            "the mode is not left in the caller's `bn_params`.",
            "What norm writes into a copy would be lost.",
        )


@check("batchnorm_net", points=1)
def test_test_mode(student, rng):
    """In test mode, scores, loss and gradients follow from the running statistics; the biases count there."""
    params, bn_params, x, y = draw_lively(rng, (3, 5, 4, 2), 6, "test")
    if right_scores(student, params, bn_params, x, "train"):
        loss, _ = run(student, params, bn_params, x, y, "test", Norm())
        want = scores_of(params, bn_params, x, "test")
        compare.close(loss, loss_of(want, y), "the loss in test mode")
        scores = student.bn_net_loss(params, bn_params, x[:1], None, "test", *Norm().pair)
        compare.close(scores, want[:1], "scores of one example in test mode")
        for params_left, which in ((bn_params, "test"), ([{} for _ in bn_params], "train")):
            report = student.report(
                "bn_net_loss", params, params_left, x, None, which, *Norm().pair
            )
            compare.require(
                [bn_param.get("mode") for bn_param in report.args[1]] == [which] * len(bn_params),
                "Where `y` is None, the mode is not left in the caller's `bn_params`.",
                "What norm writes into a copy would be lost.",
            )
    compare_gradients(student, rng, params, bn_params, x, y, "test", " in test mode")


def folded(student, w, b, gamma, beta, bn_param):
    return compare.unpack(student.fold_batchnorm(w, b, gamma, beta, bn_param), 2, "w, b")


def layer_of(rng, D, M, spread=20):
    """An affine layer and batch norm after it, by default so wide that eps hardly matters."""
    w, b = spread * rng.normal(size=(D, M)), spread * rng.normal(size=M)
    bn_param = {
        "mode": "test",
        "running_mean": spread * rng.normal(size=M),
        "running_var": spread**2 * rng.uniform(1, 2, M),
    }
    return w, b, rng.choice([-1, 1], M) * rng.uniform(0.5, 2, M), rng.normal(size=M), bn_param


@check("batchnorm_net", points=3)
def test_fold(student, rng):
    """The folded layer does the same as the affine layer and batch norm in test mode, for every input."""
    for D, M in ((4, 3), (3, 3), (2, 1)):
        w, b, gamma, beta, bn_param = layer_of(rng, D, M, 3000)
        new_w, new_b = folded(student, w, b, gamma, beta, bn_param)
        compare.shape(new_w, (D, M), "w")
        compare.shape(new_b, (M,), "b")
        root, mean = np.sqrt(bn_param["running_var"]), bn_param["running_mean"]
        scale = gamma / root
        instead = {
            "divided by the running variance, without a root": w * scale / root,
            "without gamma": w / root,
        }
        compare.close(
            new_w,
            w * scale,
            "w",
            instead=instead,
            hint="One factor for each output, that is, for each column.",
        )
        instead = {
            "without the affine layer's own b": beta - mean * scale,
            "with b as it is, where it passes through batch norm as well": b + beta - mean * scale,
            "with the running mean as it is, where it is scaled as well": b * scale - mean + beta,
            "if beta were scaled as well": (b - mean + beta) * scale,
            "without beta": (b - mean) * scale,
            "without the running mean": b * scale + beta,
            "if the running mean were added": (b + mean) * scale + beta,
        }
        compare.close(
            new_b,
            (b - mean) * scale + beta,
            "b",
            instead=instead,
            hint="Put in x = 0: what is left is b.",
        )


@check("batchnorm_net", points=1)
def test_fold_eps(student, rng):
    """Folding uses the layer's own `eps`, inside the root, or 1e-5 if it has none."""
    wide = layer_of(rng, 4, 3, 3000)
    new_b = folded(student, *wide)[1]
    w, b, gamma, beta, bn_param = wide
    right_b = (
        difference(
            new_b, (b - bn_param["running_mean"]) * gamma / np.sqrt(bn_param["running_var"]) + beta
        )
        is None
    )
    w, b, gamma, beta = (
        rng.normal(size=(4, 3)),
        rng.normal(size=3),
        rng.uniform(0.5, 2, 3),
        rng.normal(size=3),
    )
    for eps, scale in ((0.7, 1.0), (None, 1e-6)):
        bn_param = {
            "running_mean": rng.normal(size=3),
            "running_var": scale * rng.uniform(0.5, 2, 3),
        } | ({} if eps is None else {"eps": eps})
        new_w, new_b = folded(student, w, b, gamma, beta, bn_param)
        used, var = eps or 1e-5, bn_param["running_var"]
        factor = gamma / np.sqrt(var + used)
        name = "" if eps else " without an eps in bn_param"
        instead = {
            "without any `eps`": w * gamma / np.sqrt(var),
            "if `eps` were added to the root": w * gamma / (np.sqrt(var) + used),
        }
        if eps:
            instead["with the default eps, whatever `bn_param` says"] = (
                w * gamma / np.sqrt(var + 1e-5)
            )
        compare.close(new_w, w * factor, "w" + name, instead=instead)
        if right_b:  # or that is paid for already
            compare.close(new_b, (b - bn_param["running_mean"]) * factor + beta, "b" + name)


@check("batchnorm_net", points=1)
def test_manners(student, rng):
    """Nothing but `bn_params` is written to, float32 stays float32, and any layout will do, in both functions."""
    params, bn_params, x, y = draw(rng, (4, 5, 3))
    norm = Norm()
    rules.pure(student, "bn_net_loss", params, bn_params, x, y, "train", *norm.pair, writes=(1,))
    rules.floats(
        student, "bn_net_loss", params, bn_params, x, y, "train", *norm.pair, integers=False
    )
    rules.layouts(student, "bn_net_loss", params, bn_params, x, y, "train", *norm.pair)
    args = params["w1"], params["b1"], params["gamma1"], params["beta1"], bn_params[0]
    rules.pure(student, "fold_batchnorm", *args, new=(0, 1))
    rules.floats(student, "fold_batchnorm", *args)
    rules.layouts(student, "fold_batchnorm", *args)
