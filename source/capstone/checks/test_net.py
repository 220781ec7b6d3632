"""Question `net`: the parameters, the loss and its gradients with every option, and the scores of a net in use."""

import numpy as np

from autograder.checking import check, compare, rules
from autograder.checking.rule_kinds import HouseRule, broken

LEARNT = ("w", "b", "gamma", "beta")
RUNNING = ("running_mean", "running_var")


def draw(rng, sizes, batchnorm, N=6):
    """Params with no value at its usual one, x and y."""
    params = {}
    for k in range(1, len(sizes)):
        params[f"w{k}"] = rng.normal(size=sizes[k - 1 : k + 1]) / np.sqrt(sizes[k - 1])
        params[f"b{k}"] = rng.normal(size=sizes[k])
        if batchnorm and k < len(sizes) - 1:
            params[f"gamma{k}"] = rng.choice([-1, 1], sizes[k]) * rng.uniform(0.5, 2, sizes[k])
            params[f"beta{k}"] = rng.normal(size=sizes[k])
            params[f"running_mean{k}"] = rng.normal(size=sizes[k])
            params[f"running_var{k}"] = rng.uniform(0.5, 2, sizes[k])
    return params, rng.normal(size=(N, sizes[0])), rng.permutation(np.arange(N) % sizes[-1])


def scores_of(params, x, train=False):
    """The net's scores, and the statistics it leaves behind, written out."""
    last, h, statistics = sum(name[0] == "w" for name in params), x, {}
    for k in range(1, last):
        h = h @ params[f"w{k}"] + params[f"b{k}"]
        if f"gamma{k}" in params:
            mean, var = (
                (h.mean(axis=0), h.var(axis=0))
                if train
                else (params[f"running_mean{k}"], params[f"running_var{k}"])
            )
            statistics |= {f"running_mean{k}": 0.9 * params[f"running_mean{k}"] + 0.1 * mean}
            statistics |= {f"running_var{k}": 0.9 * params[f"running_var{k}"] + 0.1 * var}
            h = params[f"gamma{k}"] * (h - mean) / np.sqrt(var + 1e-5) + params[f"beta{k}"]
        h = np.maximum(h, 0)
    return h @ params[f"w{last}"] + params[f"b{last}"], statistics


def loss_of(scores, y):
    shifted = scores - scores.max(axis=1, keepdims=True)
    soft = np.eye(scores.shape[1])[y] if y.ndim == 1 else y
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - (soft * shifted).sum(axis=1)))


def called(student, *args):
    """Loss, gradients and statistics, of the right names."""
    params = args[0]
    loss, grads, statistics = compare.unpack(student.net_loss(*args), 3, "loss, grads, statistics")
    wanted = [name for name in params if "running" not in name]
    lost = [name for name in wanted if isinstance(grads, dict) and name not in grads]
    compare.require(
        not lost or not all(name[-2:].isdigit() for name in lost),
        "`grads` lacks the layers from the tenth on, and those alone.",
        "A layer's number may have two digits.",
    )
    compare.keys(grads, wanted, "grads")
    compare.keys(statistics, [name for name in params if "running" in name], "statistics")
    return loss, grads, statistics


@check("net", points=4)
def test_init(student, rng):
    """`init_net` makes arrays of the right names, shapes and dtypes; weights have He's variance, all else its usual start."""
    for sizes, batchnorm, dtype in (
        ((8, 9, 5, 3), True, np.float64),
        ((8, 9, 5, 3), True, np.float32),
        ((6, 5, 4), False, np.float32),
        ((7, 4), True, np.float64),
    ):
        params = student.init_net(
            sizes, np.random.default_rng(rng.integers(2**32)), batchnorm, np.dtype(dtype).name
        )
        layers = range(1, len(sizes))
        kinds = [
            (name, k)
            for k in layers
            for name in (LEARNT + RUNNING if batchnorm and k < layers[-1] else LEARNT[:2])
        ]
        params = compare.keys(params, [f"{name}{k}" for name, k in kinds], "params")
        for name, k in kinds:
            array = params[f"{name}{k}"]
            compare.shape(
                array, (sizes[k - 1], sizes[k]) if name == "w" else (sizes[k],), f"{name}{k}"
            )
            compare.require(
                array.dtype == dtype,
                f"`{name}{k}` is {array.dtype}, where {np.dtype(dtype)} was asked for.",
            )
            if name != "w":
                value = 1.0 if name in ("gamma", "running_var") else 0.0
                compare.close(
                    array, np.full(sizes[k], value), f"{name}{k}", hint="How does it begin?"
                )
    sizes = (40, 90, 30, 3)
    drawn = [
        student.init_net(sizes, np.random.default_rng(rng.integers(2**32)), True) for _ in range(3)
    ]
    for k in (1, 2):
        w = np.concatenate([params[f"w{k}"].reshape(-1) for params in drawn])
        var, n = 2 / sizes[k - 1], w.size
        compare.near_mean(w, 0.0, np.sqrt(var / n), f"w{k}")
        compare.near_mean(
            w**2, var, var * np.sqrt(2 / n), f"the variance of w{k}", hint="He's scheme."
        )
        fourth = (w / np.sqrt(var)) ** 4  # 3 on average for normal numbers, 1.8 for uniform ones
        compare.near_mean(
            fourth,
            3,
            np.sqrt(96 / n),
            f"the fourth power of w{k} / σ",
            hint="He's scheme with normal numbers.",
        )
    compare.require(
        not np.array_equal(drawn[0]["w1"], drawn[1]["w1"]),
        "two generators give the same weights.",
        "Draw from `rng`.",
    )
    one, two = (
        drawn[0][name].reshape(-1)[:2000] * np.sqrt(fan_in)
        for name, fan_in in (("w1", 40), ("w2", 90))
    )
    compare.require(
        not np.allclose(one, two),
        "two layers get the same numbers.",
        "Each layer draws from `rng` where the last one stopped.",
    )
    both = student.two_nets((4, 3, 2), np.random.default_rng(rng.integers(2**32)))
    plain, after = (
        compare.keys(params, ["w1", "b1", "w2", "b2"], "params where `batchnorm` is not given")
        for params in both
    )
    compare.require(
        plain["w1"].dtype == np.float64,
        f"`w1` is {plain['w1'].dtype} where `dtype` is not given, where float64 was expected.",
    )
    if np.array_equal(plain["w1"], after["w1"]):
        compare.cause(
            "of two nets from one `rng`, the second has the weights of the first.",
            "Draw from `rng` itself, not from a copy.",
        )
    rules.rejects(student, "init_net", (7,), np.random.default_rng(1))


@check("net", points=4)
def test_scores(student, rng):
    """`net_scores` gives the scores of a net in use, with running statistics, for one, two, four and twelve layers, and for a single example."""
    twelve = (3, 5, 4, 6, 5, 3, 4, 6, 3, 5, 4, 6, 2)
    for sizes, batchnorm in (
        ((4, 3), False),
        ((4, 5, 3), True),
        ((3, 6, 4, 5, 2), True),
        (twelve, True),
        ((3, 6, 5, 2), False),
    ):
        params, x, _ = draw(rng, sizes, batchnorm)
        got = student.net_scores(params, x)
        compare.close(
            got,
            scores_of(params, x)[0],
            "scores",
            rtol=1e-9,
            hint="affine, batch norm, ReLU; and the last layer is affine alone.",
        )
    compare.close(
        student.net_scores(params, x[:1]),
        scores_of(params, x[:1])[0],
        "scores of a single example",
        rtol=1e-9,
    )


@check("net", points=3)
def test_loss(student, rng):
    """The loss is right, with and without batch norm, with an L2 penalty on the weights, and with soft labels."""
    for sizes, batchnorm, reg in (
        ((4, 5, 3), False, 0.0),
        ((3, 6, 4, 2), True, 0.0),
        ((3, 5, 4), False, 0.3),
        ((4, 3), False, 0.7),
    ):
        params, x, y = draw(rng, sizes, batchnorm)
        loss = called(student, params, x, y, {"reg": reg} if reg else {})[0]
        want = loss_of(scores_of(params, x, train=True)[0], y)
        want += 0.5 * reg * sum(np.sum(params[name] ** 2) for name in params if name[0] == "w")
        name = f"the loss {'with' if reg else 'without'} a penalty"
        compare.close(
            loss,
            want,
            name,
            rtol=1e-9,
            hint="reg / 2 times the squares of all weights, and of nothing else." if reg else "",
        )
    soft = rng.dirichlet(np.ones(3), len(x))
    penalty = 0.1 * np.sum(params["w1"] ** 2)
    for reg, name in (
        (0.0, "the loss with soft labels"),
        (0.2, "the loss with soft labels and a penalty"),
    ):
        want = loss_of(scores_of(params, x)[0], soft) + (penalty if reg else 0)
        compare.close(called(student, params, x, soft, {"reg": reg})[0], want, name, rtol=1e-9)
    params, x, y = draw(rng, (3, 5, 4), True, N=1)
    want = loss_of(scores_of(params, x, train=True)[0], y)
    compare.close(
        called(student, params, x, y, {})[0],
        want,
        "the loss of a batch of one, with batch norm,",
        rtol=1e-9,
    )
    weights = sum(np.sum(params[name] ** 2) for name in params if name[0] == "w")
    both, one = (
        called(student, params, x, y, {"keep_prob": 0.5, **more}, np.random.default_rng(6))[0]
        for more in ({"reg": 0.4}, {})
    )
    compare.close(
        both - one,
        0.2 * weights,
        "what a penalty adds to the loss where there is dropout",
        rtol=1e-9,
    )


def gradient_check(student, rng, sizes, batchnorm, options, names, soft=False):
    params, x, y = draw(rng, sizes, batchnorm)
    y = rng.dirichlet(np.ones(sizes[-1]), len(x)) if soft else y
    masks = lambda: np.random.default_rng(5)
    grads = called(student, params, x, y, options, masks())[1]
    arguments, slices = [], {}
    for name in names:
        begin = len(arguments)
        for index in np.ndindex(params[name].shape):
            for h in (1e-6, -1e-6):
                moved = params[name].copy()
                moved[index] += h
                arguments.append(({**params, name: moved}, x, y, options, masks()))
        slices[name] = slice(begin, len(arguments))
    losses = np.array([float(value[0]) for value in student.batch("net_loss", arguments)])
    for name in names:
        pairs = losses[slices[name]].reshape(-1, 2)
        numeric = ((pairs[:, 0] - pairs[:, 1]) / 2e-6).reshape(params[name].shape)
        if name[0] == "w":
            compare.require(
                np.any(numeric),
                f"your own loss does not depend on {name}, so that no gradient can be judged.",
            )
        compare.close(
            grads[name],
            numeric,
            f"the gradient of {name}",
            rtol=1e-4,
            atol=1e-7,
            hint="Against the slope of your own loss.",
        )


@check("net", points=4)
def test_gradients(student, rng):
    """The gradients of a net without batch norm are the slopes of its loss, the penalty included."""
    gradient_check(
        student, rng, (3, 4, 5, 2), False, {"reg": 0.2}, ["w1", "b1", "w2", "b2", "w3", "b3"]
    )
    gradient_check(student, rng, (3, 3, 3), False, {"reg": 0.2}, ["w1", "b1", "w2"], soft=True)


@check("net", points=4)
def test_gradients_with_batch_norm(student, rng):
    """The gradients of a net with batch norm are the slopes of its loss in training."""
    gradient_check(
        student,
        rng,
        (3, 4, 3, 2),
        True,
        {},
        ["w1", "gamma1", "beta1", "w2", "gamma2", "beta2", "w3", "b3"],
    )
    gradient_check(student, rng, (3,) * 12, True, {}, ["beta2", "w10", "b11"])


@check("net", points=2)
def test_statistics(student, rng):
    """The statistics are the new running ones of every hidden layer, of their own names; without batch norm there are none."""
    for N in (6, 1):
        params, x, y = draw(rng, (3, 5, 4, 2), True, N)
        statistics = called(student, params, x, y, {})[2]
        for name, want in scores_of(params, x, train=True)[1].items():
            compare.close(
                statistics[name],
                want,
                name,
                hint="Where does batch norm write them, and where did it begin?",
            )
    params, x, y = draw(rng, (3, 5, 2), False)
    called(student, params, x, y, {})


def passed_on(grads, k):
    """What layer k - 1 passes on to layer k, of one example: the weights' gradient is that, times the bias's."""
    column = int(np.argmax(np.abs(grads[f"b{k}"])))
    compare.require(
        grads[f"b{k}"][column] != 0,
        f"the gradient of b{k} is zero everywhere.",
        "Are the outputs themselves dropped?",
    )
    return grads[f"w{k}"][:, column] / grads[f"b{k}"][column]


def dropped(student, rng, sizes, batchnorm, keep, seed):
    """Which units each hidden layer keeps of those above 0: each kept one passes on what it has, scaled."""
    params, x, y = draw(rng, sizes, batchnorm, N=1)
    grads = called(student, params, x, y, {"keep_prob": keep}, np.random.default_rng(seed))[1]
    last, found, h = len(sizes) - 1, [], x[0]
    for k in range(1, last):
        h = np.maximum(
            params[f"beta{k}"] if batchnorm else h @ params[f"w{k}"] + params[f"b{k}"], 0
        )  # one example is its own mean
        value = passed_on(grads, k + 1)
        alive = h > 1e-9
        kept = np.abs(value) > 1e-12
        words = f"of hidden layer {k}{' after batch norm' if batchnorm else ''}"
        spread = np.sqrt(keep * (1 - keep) / alive.sum())
        compare.near_mean(
            kept[alive],
            keep,
            spread,
            f"the share of units {words} that are kept",
            hint="After each hidden layer.",
        )
        hint = "Inverted dropout: scaled in training."
        compare.close(
            value[alive & kept],
            h[alive & kept] / keep,
            f"what kept units {words} pass on",
            hint=hint,
        )
        found.append((alive, kept))
        h = value
    compare.require(
        np.all(np.abs(grads[f"b{last}"]) > 0),
        "the scores themselves are dropped.",
        "No dropout after the last layer.",
    )
    return found


@check("net", points=3)
def test_dropout(student, rng):
    """Dropout acts on what each hidden layer passes on, scaled as in 07, with masks drawn from `rng`, first layer first; its gradients fit."""
    keep, seed = 0.6, int(rng.integers(2**32))
    ((alive, kept),) = dropped(student, rng, (4, 200, 3), False, keep, seed)
    ((also, other),) = dropped(student, rng, (4, 200, 3), False, keep, seed + 1)
    compare.require(
        np.any((kept != other)[alive & also]),
        "two generators give the same mask.",
        "Draw the masks from `rng`.",
    )
    (also, first), (third, second) = dropped(student, rng, (4, 200, 200, 3), False, keep, seed)
    compare.require(
        np.any((first != second)[also & third]),
        "two layers have the same mask.",
        "Each layer draws one of its own.",
    )
    hint = "Layer by layer, in the order of the forward pass."
    compare.require(
        np.all((first == kept)[alive & also]),
        "the first layer's mask is not the first that is drawn from `rng`.",
        hint,
    )
    dropped(student, rng, (4, 200, 3), True, keep, seed)
    params, x, y = draw(rng, (4, 200, 3), False)
    one, two = student.two_losses(params, x, y, {"keep_prob": keep}, np.random.default_rng(seed))
    if one == two:
        compare.cause(
            "of two steps with one `rng`, the second has the masks of the first.",
            "Draw from `rng` itself, not from a copy.",
        )
    gradient_check(student, rng, (3, 6, 5, 2), False, {"keep_prob": 0.7}, ["w1", "b2", "b3"])


@check("net", points=1)
def test_rules(student, rng):
    """`net_loss` and `net_scores` leave their arguments alone, keep float32, and draw nothing without dropout."""
    params, x, y = draw(rng, (3, 4, 2), True)
    rules.pure(student, "net_loss", params, x, y, {"reg": 0.1, "keep_prob": 1.0})
    rules.pure(student, "net_loss", params, x, y, {})
    rules.pure(
        student, "net_loss", params, x, y, {"keep_prob": 0.5}, np.random.default_rng(2), writes=(4,)
    )
    rules.pure(student, "net_scores", params, x)
    rules.floats(student, "net_scores", params, x, integers=False)
    rules.layouts(student, "net_scores", params, x)
    single = {name: value.astype(np.float32) for name, value in params.items()}
    for options in ({"reg": 0.1}, {"keep_prob": 0.5}):
        _, grads, statistics = called(
            student, single, x.astype(np.float32), y, options, np.random.default_rng(2)
        )
        words = "for float32 parameters" + (" and dropout" if "keep_prob" in options else "")
        for name, value in {**grads, **statistics}.items():
            if value.dtype != np.float32:
                broken(
                    HouseRule.PRECISION,
                    f"`{name}` is {value.dtype} {words}, where float32 was expected.",
                )
