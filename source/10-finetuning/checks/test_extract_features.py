"""Question `extract_features`: what the body says, stage by stage, and a head that is trained on it."""

import numpy as np

from autograder.checking import check, compare, rules


def draw(rng, sizes=(6, 5, 4, 7, 3), norm=(2,)):
    """A network; layers in `norm` have batch norm, with a memory that is far from any batch's statistics."""
    params = {}
    for k in range(1, len(sizes)):
        params[f"w{k}"], params[f"b{k}"] = (
            rng.normal(size=sizes[k - 1 : k + 1]),
            rng.normal(size=sizes[k]),
        )
        if k in norm:
            params |= {
                f"{part}{k}": rng.normal(size=sizes[k]) for part in ("gamma", "beta", "mean")
            }
            params[f"var{k}"] = rng.uniform(0.5, 4, sizes[k])
    return params


def right(params, x, stage):
    """The features, written out."""
    h = np.reshape(x, (len(x), -1)).astype(float)
    for k in range(1, stage + 1):
        h = np.einsum("nd,dm->nm", h, params[f"w{k}"]) + params[f"b{k}"]
        if f"mean{k}" in params:
            h = (
                params[f"gamma{k}"] * ((h - params[f"mean{k}"]) / (params[f"var{k}"] + 1e-5) ** 0.5)
                + params[f"beta{k}"]
            )
        h = np.where(h > 0, h, 0.0)
    return h


@check("extract_features", points=3)
def test_body(student, rng):
    """Without a stage, the features are what the body's last layer says after its ReLU; the head has no part in it."""
    for sizes in ((6, 5, 4, 7, 3), (4, 8, 5), (3,) * 11 + (2,)):
        params, x = draw(rng, sizes, ()), rng.normal(size=(5, sizes[0]))
        if len(sizes) > 10:
            params |= {
                f"b{k}": rng.uniform(0.5, 1, 3) for k in range(1, 11)
            }  # or all would die on so long a way
        got = student.extract_features(params, x)
        compare.shape(got, (5, sizes[-2]), "features")
        compare.close(
            got,
            right(params, x, len(sizes) - 2),
            "features",
            hint="Affine and ReLU, layer after layer, up to the one before the head.",
        )


@check("extract_features", points=2)
def test_stages(student, rng):
    """With a stage, the features are that layer's; stage 0 are the flattened examples themselves."""
    params = draw(rng, norm=())
    x = rng.normal(size=(4, 3, 2))
    for stage in range(4):
        compare.close(
            student.extract_features(params, x, stage),
            right(params, x, stage),
            f"features of stage {stage}",
        )


@check("extract_features", points=3)
def test_memory(student, rng):
    """Batch norm works as in test mode: with the network's running statistics, so that an example's features do not depend on the rest of the batch."""
    params = draw(rng, norm=(1, 3))
    x = rng.normal(size=(6, 6))
    whole = student.extract_features(params, x)
    hint = "mean and var from the network, eps of 1e-5 inside the root, then gamma and beta, then ReLU."
    compare.close(whole, right(params, x, 3), "features", hint=hint)
    tight = params | {
        "var1": 1e-5 * rng.uniform(0.5, 2, 5),
        "mean1": 1e-2 * rng.normal(size=5),
        "w1": 1e-3 * params["w1"],
        "b1": 1e-3 * params["b1"],
    }
    compare.close(
        student.extract_features(tight, x),
        right(tight, x, 3),
        "features where the variance is small",
        hint="eps is 1e-5, inside the root.",
    )
    compare.close(
        student.extract_features(params, x[2:3]),
        whole[2:3],
        "features of an example alone",
        hint="The result must not depend on the rest of the batch.",
    )


@check("extract_features", points=1, needs="test_body")
def test_manners(student, rng):
    """No argument is changed, the dtype is the network's, any layout will do, and a stage that is none is refused."""
    params, x = draw(rng), rng.normal(size=(5, 6))
    rules.pure(student, "extract_features", params, x)
    rules.pure(student, "extract_features", params, x, 0, new=(0,))
    rules.floats(student, "extract_features", params, x, integers=False)
    rules.layouts(student, "extract_features", params, x)
    single = {name: value.astype(np.float32) for name, value in params.items()}
    got = student.extract_features(single, x)
    compare.require(
        getattr(got, "dtype", None) == np.float32,
        "the features of a float32 network are not float32, if the examples are float64.",
    )
    got = student.extract_features(single, x, 0)
    compare.require(
        getattr(got, "dtype", None) == np.float32,
        "the features of stage 0 are not float32 in a float32 network.",
    )
    whole = rng.integers(-3, 4, (5, 6))
    for stage in (0, None):
        compare.close(
            student.extract_features(params, whole, stage),
            right(params, whole, 3 if stage is None else 0),
            "features of whole numbers",
        )
    rules.rejects(student, "extract_features", params, x, 4, mentions=("4",))
    for stage in (-1, -2):
        rules.rejects(student, "extract_features", params, x, stage, mentions=(str(stage),))


def plain(w, dw, config):
    return w - config["learning_rate"] * dw, config


def counting(w, dw, config):
    """Momentum which goes farther with each step: so a shared, lost or doubled config shows."""
    t = config.get("t", 0) + 1
    velocity = 0.7 * config.get("velocity", 0.0) + dw
    return w - config["learning_rate"] * t * velocity, {**config, "t": t, "velocity": velocity}


def probed(features, y, w, b, batches, rule, config):
    """The probe, written out."""
    configs = dict(config), dict(config)
    for rows in batches:
        scores = features[rows] @ w + b
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(rows)), y[rows]] -= 1
        dw, db = features[rows].T @ p / len(rows), p.mean(axis=0)
        (w, first), (b, second) = rule(w, dw, configs[0]), rule(b, db, configs[1])
        configs = first, second
    return w, b


def problem(rng, N=9, D=4, C=3, steps=5):
    features, y = rng.normal(size=(N, D)), rng.permutation(np.arange(N) % C)
    batches = [rng.choice(N, int(size), replace=False) for size in rng.integers(2, N, steps)]
    return features, y, rng.normal(size=(D, C)), rng.normal(size=C), batches


@check("extract_features", points=4)
def test_probe(student, rng):
    """The linear probe takes the steps that training with a frozen body takes: softmax loss, mean over each batch, a config for w and one for b."""
    for rule in (plain, counting):
        args = *problem(rng), rule, {"learning_rate": 0.2}
        w, b = compare.unpack(student.linear_probe(*args), 2, "w, b")
        want_w, want_b = probed(*args)
        compare.close(
            w,
            want_w,
            "w of the probe",
            hint="Does each step take its rows, of features and labels, and the config of the step before?",
        )
        compare.close(b, want_b, "b of the probe")
    features, y, w, b, _ = problem(rng)
    args = features, y, w, b, [np.array([2, 5, 2]), np.array([3, 3])], plain, {"learning_rate": 0.2}
    got, _ = compare.unpack(student.linear_probe(*args), 2, "w, b")
    compare.close(
        got,
        probed(*args)[0],
        "w after batches in which an example comes twice",
        hint="It counts twice.",
    )
    args = *problem(rng, steps=1), plain, {"learning_rate": 0.2}
    w, b = compare.unpack(student.linear_probe(*args), 2, "w, b")
    compare.close(w, probed(*args)[0], "w after one step")


@check("extract_features", points=2, needs="test_probe")
def test_probe_manners(student, rng):
    """Neither the start nor `config` is changed or handed back, float32 stays float32, any layout will do, and large features do not overflow."""
    args = *problem(rng), counting, {"learning_rate": 0.2}
    rules.pure(student, "linear_probe", *args)
    rules.layouts(student, "linear_probe", *args)
    features, y, w, b, *rest = args
    rules.pure(
        student, "probe_by_momentum", features, y, w, b, rest[0], {"learning_rate": 0.2}
    )  # whose rule writes into its config
    for value in student.linear_probe(
        *(part.astype(np.float32) if part.dtype == float else part for part in (features, y, w, b)),
        *rest,
    ):
        compare.require(
            getattr(value, "dtype", None) == np.float32,
            "the probe of float32 features and weights is not float32.",
        )
    rules.pure(student, "linear_probe", 1e3 * features, y, w, b, *rest)
    w, b = compare.unpack(
        rules.pure(student, "linear_probe", features, y, w, b, [], *rest[1:], new=(0, 1)), 2, "w, b"
    )
    compare.close(w, args[2], "w after no step")
    compare.close(b, args[3], "b after no step")
